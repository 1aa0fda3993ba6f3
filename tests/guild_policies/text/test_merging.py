"""Three-way merges of policies: what both sides changed is there, and only real conflicts are asked about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import LabelledExample
from guild_policies.policy import Policy, Rule, Severity
from guild_policies.sentences import in_english
from guild_policies.text.merging import Side, merge
from guild_policies.text.parse import policy_of
from guild_policies.text.render import render
from tests.guild_policies.conftest import any_policy

INSULT = LabelledExample(text="you fool", violates=True)
JOKE = LabelledExample(text="silly me", violates=False)
R1 = Rule(id="R1", title="Insults", breaks_it="insulting others", does_not="jokes", examples=(INSULT, JOKE))
R2 = Rule(id="R2", title="Threats", breaks_it="threats", severity=Severity.HIGH)
BASE = Policy(title="Manners", purpose="Be kind.", rules=(R1, R2), guidance=(("Tone", "Calm."),))


def merged(ours: Policy, theirs: Policy, *choices: Side) -> tuple[Policy, list[str]]:
    """What both policies make of `BASE`, and the names of the conflicts."""
    found = merge(render(BASE), render(ours), render(theirs), choices)
    return policy_of(found.text), [each.told(in_english) for each in found.conflicts]


def with_rule(policy: Policy, number: int, **changes: object) -> Policy:
    """The policy with one of its rules changed."""
    rules = list(policy.rules)
    rules[number] = replace(rules[number], **changes)  # type: ignore[arg-type]  # fields of a rule, as the test says
    return replace(policy, rules=tuple(rules))


def test_changes_of_both_sides_come_together() -> None:
    """In different rules, in different fields of one rule, in sections, and rules that are new."""
    r3, r4 = Rule(id="R3", title="Spam", breaks_it="spam"), Rule(id="R4", title="Doxing", breaks_it="addresses")
    ours = with_rule(with_rule(BASE, 0, breaks_it="insulting anybody"), 1, title="Threats of harm")
    ours = replace(ours, rules=(*ours.rules, r3))
    theirs = with_rule(replace(BASE, guidance=(("Tone", "Calm and short."),)), 0, does_not="jokes among friends")
    theirs = replace(theirs, rules=(*theirs.rules, r4), when_unclear="Let it pass.")
    both, conflicts = merged(ours, theirs)
    assert conflicts == []
    assert set(both.rules[2:]) == {r3, r4}
    assert both == replace(
        BASE,
        rules=(
            replace(R1, breaks_it="insulting anybody", does_not="jokes among friends"),
            replace(R2, title="Threats of harm"),
            *both.rules[2:],
        ),
        when_unclear="Let it pass.",
        guidance=(("Tone", "Calm and short."),),
    )


def test_examples_are_merged_one_by_one() -> None:
    """Added here, removed there, and added there."""
    mine, other = (LabelledExample(text=text, violates=True) for text in ("you clown", "you oaf"))
    ours = with_rule(BASE, 0, examples=(INSULT, JOKE, mine))
    theirs = with_rule(BASE, 0, examples=(INSULT, other))
    both, conflicts = merged(ours, theirs)
    assert conflicts == []
    assert both.rules[0].examples == (INSULT, mine, other)


@pytest.mark.parametrize(("choice", "kept"), [(Side.OURS, "insults, and jokes"), (Side.THEIRS, "name-calling")])
def test_what_both_changed_differently_is_chosen(choice: Side, kept: str) -> None:
    """By its name in the policy; until somebody chose, our side is there."""
    ours, theirs = with_rule(BASE, 0, breaks_it="insults, and jokes"), with_rule(BASE, 0, breaks_it="name-calling")
    unchosen, conflicts = merged(ours, theirs)
    assert conflicts == ["R1 Insults, breaks it"]
    assert unchosen == ours
    chosen, still = merged(ours, theirs, choice)
    assert chosen.rules[0].breaks_it == kept
    assert still == conflicts


@pytest.mark.parametrize(("choice", "left"), [(Side.OURS, ["R1", "R2"]), (Side.THEIRS, ["R1"])])
def test_a_rule_that_one_side_removed_and_the_other_changed(choice: Side, left: list[str]) -> None:
    """The whole rule is the conflict."""
    ours, theirs = with_rule(BASE, 1, breaks_it="threats of any kind"), replace(BASE, rules=(R1,))
    both, conflicts = merged(ours, theirs, choice)
    assert conflicts == ["R2 Threats"]
    assert [rule.id for rule in both.rules] == left


def test_a_rule_that_one_side_removed_goes() -> None:
    """Where the other side left it alone, whichever side it was."""
    without = replace(BASE, rules=(R1,))
    changed = with_rule(BASE, 0, title="Name-calling")
    for ours, theirs in ((without, changed), (changed, without)):
        both, conflicts = merged(ours, theirs)
        assert (conflicts, [rule.title for rule in both.rules]) == ([], ["Name-calling"])


def test_a_new_order_of_theirs_is_kept() -> None:
    """Where ours is as it was."""
    both, conflicts = merged(with_rule(BASE, 0, title="Name-calling"), replace(BASE, rules=(R2, R1)))
    assert (conflicts, [rule.id for rule in both.rules]) == ([], ["R2", "R1"])


def test_our_own_text_stays_to_the_letter_where_they_changed_nothing() -> None:
    """However it is written."""
    text = "# Manners\n\n\nwritten   oddly\n### R1: x\nBreaks it: y"
    assert merge(render(BASE), text, render(BASE)).text == text
    assert merge(text, text, render(BASE)).text == render(BASE)


@settings(max_examples=60)
@given(base=any_policy, ours=any_policy, theirs=any_policy, takes=st.lists(st.sampled_from(Side), max_size=40))
def test_any_three_policies_merge(base: Policy, ours: Policy, theirs: Policy, takes: list[Side]) -> None:
    """Whatever is chosen: conflicts stay the same in number and order, and without one no side loses a change."""
    three = (render(base), render(ours), render(theirs))
    first = merge(*three)
    chosen = merge(*three, takes)
    assert [each.told(in_english) for each in chosen.conflicts] == [each.told(in_english) for each in first.conflicts]
    assert policy_of(merge(three[0], three[0], three[2]).text) == theirs
    assert policy_of(merge(three[0], three[1], three[0]).text) == ours
    if base.title == ours.title:
        assert policy_of(chosen.text).title == theirs.title
    if not first.conflicts:
        assert chosen.text == first.text
