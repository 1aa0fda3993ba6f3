"""What changed in a policy is told in the reader's language; the policy's own words stay."""

from __future__ import annotations

from bot.cogs.interactions.wording import _OF_CHANGES, changes_in_words
from bot.languages.language import Language
from bot.languages.translation import speaking
from guild_policies.diff import OUR_WORDS, diff
from guild_policies.policy import Policy, Rule

OLD = Policy(title="Spam", rules=(Rule(id="R1", title="Adverts", breaks_it="changed"),))
NEW = Policy(
    title="Adverts",
    purpose="Peace",
    rules=(Rule(id="R1", title="Adverts", breaks_it="removed"), Rule(id="R2", title="")),
)


def test_in_german() -> None:
    """Names of parts and what happened to them are German; the words before a line's colon are those of the form."""
    with speaking(Language.GERMAN):
        said = changes_in_words(diff(OLD, NEW)).split("\n")
    assert "Titel: geändert" in said
    assert "Zweck: hinzugefügt" in said
    assert "R1 Adverts: geändert" in said
    assert "R2: hinzugefügt" in said
    assert "  Breaks it: changed → removed" in said
    with speaking(Language.GERMAN):
        assert changes_in_words(()) == "Keine Änderungen."


def test_every_word_is_listed() -> None:
    """Whatever a comparison may say."""
    assert set(_OF_CHANGES) == OUR_WORDS
