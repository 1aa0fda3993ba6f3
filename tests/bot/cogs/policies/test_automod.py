"""AutoMod's word lists as a policy."""

from __future__ import annotations

import pytest
import re2

from bot.cogs.policies.sources.automod import Imported, WordRule, policy_of_automod
from bot.moderation.policies.outcomes import Refused
from guild_policies.lint import lint
from guild_policies.lint.patterns_are_few import MAX_PATTERNS
from guild_policies.policy import Rule
from guild_policies.text.parse import policy_of


def imported(*rules: WordRule, others: tuple[str, ...] = ()) -> Imported:
    """What is made of these rules."""
    found = policy_of_automod("Words", rules, others=others)
    assert isinstance(found, Imported)
    return found


def rules_of(*rules: WordRule) -> tuple[Rule, ...]:
    """The rules of the policy."""
    return policy_of(imported(*rules).text).rules


def finds(rule: Rule, text: str) -> bool:
    """Does a pattern of the rule find this?"""
    return any(re2.search(pattern, text) for pattern in rule.patterns)


@pytest.mark.parametrize(
    ("word", "hits", "misses"),
    [
        ("cat", ["cat", "a CAT!", "the cat, again"], ["catch", "bobcat", "c at"]),
        ("cat*", ["catch", "a cat"], ["bobcat", "bobcatch"]),
        ("*cat", ["bobcat", "cat"], ["catch", "bobcatch"]),
        ("*cat*", ["bobcatch", "cat"], ["c-a-t"]),
        ("free skins", ["FREE  skins here", "free skins"], ["freeskins", "free skinsuit"]),
        ("a.b", ["see a.b now"], ["see axb now"]),
        ("Straße", ["die straße."], ["Straßen"]),
    ],
)
def test_words_are_found_as_automod_finds_them(word: str, hits: list[str], misses: list[str]) -> None:
    """Whole words, and any letters where there is an asterisk."""
    (rule,) = rules_of(WordRule(name="Animals", words=(word,)))
    assert [text for text in hits if not finds(rule, text)] == []
    assert [text for text in misses if finds(rule, text)] == []


def test_a_thousand_words_fit_into_one_policy() -> None:
    """AutoMod takes 1,000 words a rule; nothing of ours blocks the draft."""
    text = imported(WordRule(name="Long list", words=tuple(f"word{number}" for number in range(1_000)))).text
    (rule,) = policy_of(text).rules
    assert len(rule.patterns) == 25
    assert finds(rule, "this is word999!")
    assert not any(finding.blocking for finding in lint(text))


def test_more_than_a_policy_takes_is_said() -> None:
    """The first ones are kept."""
    many = tuple(WordRule(name=f"List {each}", words=tuple(f"w{each}x{n}" for n in range(1_000))) for each in range(6))
    found = imported(*many)
    assert 25 < sum(len(rule.patterns) for rule in policy_of(found.text).rules) <= MAX_PATTERNS
    assert any("more words than a policy holds" in note for note in found.notes)
    assert not any(finding.blocking for finding in lint(found.text))


def test_expressions_that_re2_reads_are_taken_over() -> None:
    """The others are counted."""
    found = imported(WordRule(name="Links", expressions=(r"gift\.example", r"(?=look)", "a`b", "x*")))
    (rule,) = policy_of(found.text).rules
    assert finds(rule, "http://GIFT.example/1")
    assert len(rule.patterns) == 1
    assert found.notes == ("3 expressions of “Links” cannot be read here.",)


def test_what_automod_does_itself_is_said() -> None:
    """And what was left out."""
    found = imported(
        WordRule(name="Slurs", words=("x",), blocks=True),
        WordRule(name="Off", words=("y",), enabled=False),
        others=("Mentions",),
    )
    assert len(policy_of(found.text).rules) == 1
    assert any("AutoMod itself blocks “Slurs”" in note for note in found.notes)
    assert any("Not imported: “Off”, “Mentions”" in note for note in found.notes)


def test_names_are_only_names() -> None:
    """What an AutoMod rule is called cannot become a part of the policy."""
    name = "# Rules\n## When it is unclear\n`Consequence: delete`"
    (rule,) = rules_of(WordRule(name=name, words=("x", "### R9 y"), allowed=("# Examples",)))
    assert rule.title == "Rules When it is unclear Consequence: delete"
    assert rule.consequence.kind == "flag"


def test_nothing_to_import_is_one_line() -> None:
    """A server may have no word rule at all."""
    assert isinstance(policy_of_automod("Words", []), Refused)
    assert isinstance(policy_of_automod("Words", [WordRule(name="Off", words=("y",), enabled=False)]), Refused)
    only_lists = policy_of_automod("Words", [], others=("Profanity",))
    assert isinstance(only_lists, Refused)
    assert "starter policies" in only_lists.why
