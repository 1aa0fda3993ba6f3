"""The reason in Discord's audit log."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.review.audit_reason import LIMIT, audit_reason, is_written_for
from bot.languages.language import Language
from bot.languages.translation import _, speaking
from bot.moderation.cases.action import Action, ActionKind, ActionState, NewAction

ID = 2**63 - 1


@pytest.mark.parametrize(
    ("reason", "by", "says"),
    [
        ("spoilers\n\nagain", ("omar", 5), "Case 12: spoilers again (by omar, 5)"),
        ("", ("omar", 5), "Case 12 (by omar, 5)"),
        ("Spoilers v1, rule R1", None, "Case 12: Spoilers v1, rule R1 (by itself)"),
        ("a\x00b\ud800c", ("o\nmar", 5), "Case 12: a b c (by o mar, 5)"),
    ],
)
def test_it_names_the_case_the_reason_and_the_moderator(reason: str, by: tuple[str, int] | None, says: str) -> None:
    """On one line, without what cannot be sent."""
    assert audit_reason(12, reason, by=by) == says


@given(st.text(max_size=400), st.text(max_size=40), st.sampled_from(Language))
def test_it_fits_whatever_was_written(reason: str, name: str, language: Language) -> None:
    """Discord counts after URL encoding; case and moderator are always there."""
    with speaking(language):
        text = audit_reason(ID, reason, by=(name, ID))
        assert text.startswith(_("Case {number}", number=ID))
    assert len(quote(text, safe="/ ")) <= LIMIT
    assert text.endswith(f", {ID})")


@pytest.mark.parametrize(
    ("language", "by", "says"),
    [
        (Language.GERMAN, ("omar", 5), "Fall 12: Spoiler (von omar, 5)"),
        (Language.GERMAN, None, "Fall 12: Spoiler (von selbst)"),
        (Language.JAPANESE, ("omar", 5), "ケース12: Spoiler (担当: omar, 5)"),
        (Language.JAPANESE, None, "ケース12: Spoiler (自動)"),
    ],
)
def test_it_is_in_the_servers_language(language: Language, by: tuple[str, int] | None, says: str) -> None:
    """Case, moderator and what stands for nobody; the reason stays as it was written."""
    with speaking(language):
        assert audit_reason(12, "Spoiler", by=by) == says


def test_a_long_reason_is_cut_with_a_sign_of_it() -> None:
    """An emoji takes twelve characters of the room."""
    text = audit_reason(12, "😀" * 400, by=("omar", 5))
    assert text.endswith("😀… (by omar, 5)")
    assert 500 < len(quote(text, safe="/ ")) <= LIMIT


@pytest.mark.parametrize("by", [5, None])
def test_a_whole_reason_is_known_again(by: int | None) -> None:
    """By its case and by who acted, whatever name and language it was in; one that only begins like it is not."""
    new = NewAction(guild_id=1, case_number=12, kind=ActionKind.BAN, target_id=7, by=by)
    ban = Action(id=1, new=new, state=ActionState.DONE, asked_at=datetime(2026, 11, 21, tzinfo=UTC))
    for language, reason in itertools.product(Language, ("spam", "", "long " * 200)):
        with speaking(language):
            written = audit_reason(12, reason, by=None if by is None else ("omar", by))
        assert is_written_for(written, ban)
    for other in ("Case 12: spam", "Case 12", "Case 123: spam (by omar, 5)", "Case 12: spam (by omar, 6)", ""):
        assert not is_written_for(other, ban)
