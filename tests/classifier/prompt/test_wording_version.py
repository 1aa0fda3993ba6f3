"""The version of the wording changes with the words, so that nobody has to remember it."""

from __future__ import annotations

import pytest

from classifier.prompt import wording
from classifier.prompt.wording_version import wording_version


def test_this_is_the_version_of_the_present_wording() -> None:
    """Whoever changes a word of the prompt meets this line: say so in CHANGELOG.md, for moderators will be told that
    their judge changed, and write the new version here."""
    assert wording_version() == "db497666"


@pytest.mark.parametrize("name", ["INSTRUCTIONS", "ANSWER", "EXAMPLES", "USER_OPENING", "USER_CLOSING"])
def test_every_fixed_text_has_a_part_in_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another word in any of them is another version."""
    before = wording_version()
    monkeypatch.setattr(wording, name, f"{getattr(wording, name)} more")
    assert wording_version() != before


@pytest.mark.parametrize("name", ["policy_body", "opening_mark", "part_mark", "closing_mark", "system_text"])
def test_every_text_with_gaps_has_a_part_in_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks and the policy's layout count as well."""
    before, original = wording_version(), getattr(wording, name)
    monkeypatch.setattr(wording, name, lambda *given: f"{original(*given)} more")
    assert wording_version() != before
