"""The history of a policy, in the language of whoever reads it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.cogs.policies.lists import history_of
from bot.languages.language import Language
from bot.languages.translation import speaking
from guild_policies.examples import Pin, PinOutcome, PinResult, failing_in_words
from guild_policies.versions import PolicyVersion, Publication, StoredPolicy

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
POLICY = StoredPolicy(id=1, guild_id=1, name="Spoilers", published=None, draft=None, created_at=NOW)
VERSION = PolicyVersion(id=1, policy_id=1, number=2, text="# A", fingerprint="f", author_id=9, created_at=NOW)


def history(overruled: str) -> str:
    """The history of a policy with one publication."""
    publication = Publication(version=VERSION, kind="published", actor_id=9, at=NOW, overruled=overruled)
    return history_of(POLICY, [publication]).text


def results(count: int) -> list[PinResult]:
    """Pins that do not hold: the first fails, the others have no verdict."""
    pins = [
        Pin(id=number, policy_id=1, text="x", rule_id=None, author_id=9, created_at=NOW)
        for number in range(1, count + 1)
    ]
    return [PinResult(pin=pin, outcome=PinOutcome.FAILS if pin.id == 1 else PinOutcome.UNDECIDED) for pin in pins]


def test_pins_that_were_overruled_are_named_in_the_language() -> None:
    """What is stored is English; the reason is a moderator's own words and stays."""
    stored = f"it is fine (really) ({failing_in_words(results(8))})"
    assert "it is fine (really) (pin 1 fails, pin 2 undecided," in history(stored).replace("\\", "")
    with speaking(Language.GERMAN):
        said = history(stored).replace("\\", "")
        assert "it is fine (really) (Beispiel 1 scheitert, Beispiel 2 ohne Urteil, " in said
        assert "weitere Beispiele: 2)" in said


@pytest.mark.parametrize("overruled", ["pin 1 fails", "so (2 more)", "( pin 1 fails", "a (b", " (pin 1 fails", "so ()"])
def test_other_reasons_stay_as_they_are(overruled: str) -> None:
    """Those of an older version, and what only looks like ours."""
    with speaking(Language.GERMAN):
        assert history(overruled).replace("\\", "").endswith(overruled.strip())
