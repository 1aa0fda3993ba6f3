"""The text of a flash rule."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.policies.flash import MAX_SENTENCE, TITLE_WIDTH, flash_text
from guild_policies.policy import ConsequenceKind
from guild_policies.text.parse import policy_of

WORDS = st.lists(st.text(st.characters(whitelist_categories=("L", "N", "P")), min_size=1, max_size=12), min_size=1)


@given(WORDS.map(" ".join).filter(lambda text: len(text) <= MAX_SENTENCE))
def test_it_is_one_rule_that_only_flags(sentence: str) -> None:
    """Whatever an admin writes is what breaks the rule, or nothing is started; it never asks for an action."""
    rules = policy_of(flash_text(sentence)).rules
    kept = len(rules) == 1 and rules[0].breaks_it == sentence
    assert kept or sentence.strip("#*_-:>` ") != sentence or not sentence.isascii()
    assert all(rule.consequence.kind is ConsequenceKind.FLAG for rule in rules)
    assert all(len(rule.title) <= TITLE_WIDTH for rule in rules if kept)


def test_a_sentence_as_people_write_it() -> None:
    """The title is its beginning."""
    (rule,) = policy_of(
        flash_text("links to the leaked build, pictures of it, and where to get them: all of that")
    ).rules
    assert rule.id == "R1"
    assert rule.title == "links to the leaked build, pictures of it, and where to get…"
    assert rule.breaks_it.endswith("all of that")
