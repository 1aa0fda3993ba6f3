"""Layouts with the same meaning, and what is said about verdicts that change under them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Content, Judgement, LabelledExample, Message, PolicyText, RuleText, Undecided, UndecidedReason
from classifier.scripted import clear, violation
from guild_policies.wobble import RewordingKind, Rewordings, as_json, cost_of, rewordings, wobble_of


def rule(number: int, examples: int) -> RuleText:
    """A rule with this many examples."""
    return RuleText(
        id=f"R{number}",
        title=f"Rule {number}",
        breaks_it="this.",
        does_not="that.",
        examples=tuple(
            LabelledExample(text=f"{number}.{each}", violates=each % 2 == 1) for each in range(1, examples + 1)
        ),
    )


def policy(*examples: int) -> PolicyText:
    """A policy whose rules have this many examples."""
    return PolicyText(title="Films", rules=tuple(rule(number, each) for number, each in enumerate(examples, start=1)))


def answers(flagged: str, *, ids: int = 20) -> dict[str | int, Judgement]:
    """An answer for each id: the first ones as the letters say (v, c, u), the others clear."""
    said = {"v": violation("R1"), "c": clear(), "u": Undecided(reason=UndecidedReason.UNREADABLE)}
    return {number: said[letter] for number, letter in enumerate(flagged.ljust(ids, "c"))}


def found(tried: Rewordings, **flagged: str) -> list[dict[str | int, Judgement]]:
    """Answers in each layout: those named by their kind, the others as at first."""
    return [answers(flagged.get(each.kind.value, "vvvv")) for each in tried.tried]


@given(examples=st.lists(st.integers(0, 4), min_size=1, max_size=5), most=st.integers(0, 30))
def test_a_layout_holds_the_same_words(examples: list[int], most: int) -> None:
    """Every rule is there in each, and every example but the one that was left out; the limit holds, and what it
    leaves is counted."""
    whole = policy(*examples)
    tried = rewordings(whole, most=most)
    assert tried.tried[0].policy is whole
    assert len(tried.tried) <= most + 1
    gone = [each for each in tried.tried if each.kind is RewordingKind.EXAMPLE_LEFT_OUT]
    assert len(gone) + tried.left == sum(examples)
    for each in tried.tried:
        rules = {rule.id: rule for rule in each.policy.rules}
        for before in whole.rules:
            after = rules[before.id]
            left_out = {before.examples[(each.example or 0) - 1]} if each.rule_id == before.id else set()
            assert set(after.examples) == set(before.examples) - left_out
            assert (after.title, after.breaks_it, after.does_not) == (before.title, before.breaks_it, before.does_not)
    assert len({(each.policy.fingerprint, each.variant) for each in tried.tried}) == len(tried.tried)


def test_which_layouts_there_are() -> None:
    """Order of rules, keys and examples; then one example at a time, the first of each rule before any second one."""
    kinds = [each.kind.value for each in rewordings(policy(2, 1, 0), most=4).tried]
    assert kinds == ["nothing", "rules_reversed", "rules_rotated", "keys_reversed", "examples_reversed"]
    gone = rewordings(policy(2, 1, 0), most=99).tried[5:]
    assert [(each.rule_id, each.example) for each in gone] == [("R1", 1), ("R2", 1), ("R1", 2)]
    assert [each.text for each in gone[2].policy.rules[0].examples] == ["1.1"]


def test_a_rule_that_depends_on_an_example_is_named() -> None:
    """With how many verdicts change without it."""
    tried = rewordings(policy(2), most=99)
    after = found(tried)
    after[-1] = answers("")
    said = wobble_of(tried, answers("vvvv"), after, threshold=0.5).in_words()
    assert said == ("R1 depends on example 2: without it, 4 of 20 changed.",)


def test_what_flips_anyway_is_no_finding() -> None:
    """A layout counts only if it changes more than asking again did, and that is said."""
    tried = rewordings(policy(1, 1), most=99)
    after = found(tried, nothing="vv", rules_reversed="vvc", keys_reversed="v")
    wobble = wobble_of(tried, answers("vvvv"), after, threshold=0.5)
    assert wobble.in_words() == (
        "What is allowed before what breaks a rule: 3 of 20 changed.",
        "Asked again without any change: 2 of 20 changed.",
    )


def test_undecided_texts_flip_nothing() -> None:
    """They are counted apart, whichever of the two layouts has no verdict."""
    tried = rewordings(policy(0, 0), most=1)
    wobble = wobble_of(tried, answers("uvvv"), found(tried, rules_reversed="vuuc"), threshold=0.5)
    flips = wobble.flips[1]
    assert (flips.judged, flips.undecided, flips.flipped) == (17, 3, (3,))
    assert flips.in_words == "Rules in reverse order: 1 of 17 changed."


def test_the_threshold_of_the_policy_counts() -> None:
    """A violation below it is as good as clear."""
    tried = rewordings(policy(0, 0), most=1)
    before: dict[str | int, Judgement] = {1: violation("R1", score=0.9)}
    after: list[dict[str | int, Judgement]] = [before, {1: violation("R1", score=0.6)}]
    assert wobble_of(tried, before, after, threshold=0.5).notable == ()
    assert len(wobble_of(tried, before, after, threshold=0.7).notable) == 1


def test_small_numbers_and_limits_are_said() -> None:
    """As is a policy that has nothing to reword."""
    tried = rewordings(policy(2, 2), most=2)
    few = {number: clear() for number in range(3)}
    assert wobble_of(tried, few, [few, few, few], threshold=0.5).in_words() == (
        "Verdicts do not depend on the layout: 2 layouts tried.",
        "4 more examples were not left out.",
        "3 texts are too few to conclude from.",
    )
    bare = rewordings(PolicyText(title="", rules=(RuleText(id="R1", title="x"),)), most=9)
    assert "nothing to reword" in wobble_of(bare, few, [few], threshold=0.5).in_words()[0]


def test_the_worst_come_first_and_a_list_has_an_end() -> None:
    """What is not named is counted."""
    tried = rewordings(policy(1, 1), most=99)
    after = found(tried, rules_reversed="", keys_reversed="vvv", example_left_out="v")
    said = wobble_of(tried, answers("vvvv"), after, threshold=0.5).in_words(most=2)
    assert said[0] == "Rules in reverse order: 4 of 20 changed."
    assert said[1] == "R1 depends on example 1: without it, 3 of 20 changed."
    assert said[2] == "2 more layouts change verdicts."


def test_what_it_takes_is_known_before() -> None:
    """A judgement for each text in each layout, and twice as the policy is; more texts cost more tokens."""
    tried = rewordings(policy(1, 1), most=99)
    contents = [Content(target=Message(text="word " * 40))] * 20
    cost = cost_of(tried, contents, tokens_in=len)
    assert cost.judgements == 20 * (len(tried.tried) + 1) == 20 * 6
    assert cost.tokens > cost_of(tried, contents[:10], tokens_in=len).tokens > 6 * 10 * 200


@pytest.mark.parametrize("stopped", [0, 2])
def test_a_test_that_was_stopped_tells_what_it_has(stopped: int) -> None:
    """Layouts without answers are left out, in words and in JSON."""
    tried = rewordings(policy(1, 1), most=99)
    after = [each if place < stopped else {} for place, each in enumerate(found(tried))]
    shown = as_json(wobble_of(tried, answers("vvvv"), after, threshold=0.5))
    layouts = shown["layouts"]
    assert isinstance(layouts, list)
    assert len(layouts) == stopped
