"""One more example: a line in the author's own text, and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import LabelledExample
from guild_policies import templates
from guild_policies.text.add_example import with_example
from guild_policies.text.parse import policy_of

WITH_EXAMPLES = """# Spoilers
## Rules
### R1 Unmarked spoiler
Breaks it: telling how the film ends.
Examples:
- violates: "the butler did it"
  on two lines
- allowed: "lovely film"

### R2 Begging
Breaks it: asking for gems.

## When it is unclear
Count it as allowed.
"""


def added(text: str, rule_id: str, words: str, *, violates: bool = True) -> str | None:
    """The text with an example."""
    return with_example(text, rule_id, LabelledExample(text=words, violates=violates))


def test_it_comes_behind_the_last_example() -> None:
    """Whose further lines stay with it."""
    new = added(WITH_EXAMPLES, "R1", "it was the gardener")
    assert new == WITH_EXAMPLES.replace(
        '- allowed: "lovely film"\n', '- allowed: "lovely film"\n- violates: "it was the gardener"\n'
    )


def test_a_rule_without_examples_gets_a_list() -> None:
    """Behind its last line."""
    new = added(WITH_EXAMPLES, "R2", "how do I get gems", violates=False)
    assert new == WITH_EXAMPLES.replace("gems.\n", 'gems.\nExamples:\n- allowed: "how do I get gems"\n')


@pytest.mark.parametrize(
    ("rule_id", "words"),
    [("R9", "x"), ("R1", "lovely film"), ("R1", ""), ("R1", "two\nlines"), ("R1", 'half a "quote')],
)
def test_what_cannot_be_added_is_none_or_exact(rule_id: str, words: str) -> None:
    """An unknown rule, an example that is there, or words that a line cannot hold: never another policy than wished."""
    new = added(WITH_EXAMPLES, rule_id, words)
    if rule_id == "R9" or words in {"lovely film", ""}:
        assert new is None
    elif new is not None:
        assert policy_of(new).rules[0].examples[-1] == LabelledExample(text=words, violates=True)


@given(name=st.sampled_from(templates.names()), words=st.text(min_size=1, max_size=80), violates=st.booleans())
def test_one_line_more_and_nothing_else(name: str, words: str, violates: bool) -> None:
    """In every starter policy and every rule, whatever the words."""
    text = templates.load(name)
    before = policy_of(text)
    for rule in before.rules:
        new = added(text, rule.id, words, violates=violates)
        if new is None:
            continue
        after = policy_of(new)
        assert not Counter(text.split("\n")) - Counter(new.split("\n"))
        assert len(new.split("\n")) - len(text.split("\n")) in {1, 2}
        changed = after.rule(rule.id)
        assert changed is not None
        assert changed.examples == (*rule.examples, LabelledExample(text=words, violates=violates))
        assert [each for each in after.rules if each.id != rule.id] == [
            each for each in before.rules if each.id != rule.id
        ]
