"""From a policy to what a judge reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import LabelledExample
from guild_policies.compile import NotJudgeable, compile_policy, fingerprint, left_out
from guild_policies.lint import lint
from guild_policies.policy import Consequence, ConsequenceKind, LooksAt, Policy, Rule, Severity
from guild_policies.text.parse import render

RULE = Rule(
    id="R1",
    title="Spoiler",
    breaks_it="telling",
    does_not="hinting",
    patterns=("x",),
    examples=(LabelledExample(text="he dies", violates=True),),
    notes="be kind",
)
POLICY = Policy(
    title="Club",
    purpose="why",
    definitions=("a: b",),
    rules=(RULE,),
    when_unclear="allow",
    guidance=(("Mood", "calm"),),
)


def test_everything_that_a_judge_needs_is_there() -> None:
    """Notes become guidance under their rule's id, before the policy's own."""
    text = compile_policy(POLICY)
    (rule,) = text.rules
    assert (text.title, text.purpose, text.definitions, text.when_unclear) == ("Club", "why", ("a: b",), "allow")
    assert text.guidance == (("About R1", "be kind"), ("Mood", "calm"))
    assert (rule.id, rule.title, rule.breaks_it, rule.does_not) == ("R1", "Spoiler", "telling", "hinting")
    assert (rule.examples, rule.patterns) == (RULE.examples, ("x",))


def test_a_policy_without_a_title_gets_one() -> None:
    """The model is given a name for what it applies."""
    assert compile_policy(replace(POLICY, title="")).title == "Server rules"


@pytest.mark.parametrize(
    ("looks_at", "ids"),
    [
        (LooksAt.MESSAGES, ("R1", "R3")),
        (LooksAt.CONVERSATIONS, ("R2", "R3")),
        (LooksAt.BOTH, ("R1", "R2", "R3")),
    ],
)
def test_rules_about_something_else_stay_out(looks_at: LooksAt, ids: tuple[str, ...]) -> None:
    """Single messages are not judged by rules about conversations, nor the other way round."""
    rules = tuple(
        replace(RULE, id=f"R{number}", looks_at=kind)
        for number, kind in enumerate((LooksAt.MESSAGES, LooksAt.CONVERSATIONS, LooksAt.BOTH), start=1)
    )
    text = compile_policy(replace(POLICY, rules=rules), looks_at=looks_at)
    assert text.rule_ids == ids
    assert [name for name, _ in text.guidance] == [*(f"About {rule_id}" for rule_id in ids), "Mood"]


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ((), "has no rule"),
        (
            (replace(RULE, looks_at=LooksAt.CONVERSATIONS),),
            "No rule of this policy looks at messages: it can only judge conversations.",
        ),
        ((RULE, replace(RULE, id="")), "needs an id"),
        ((RULE, RULE), "same id"),
        ((RULE, replace(RULE, looks_at=LooksAt.CONVERSATIONS)), "same id"),
    ],
)
def test_what_no_judge_can_work_with(rules: tuple[Rule, ...], says: str) -> None:
    """The refusal says in one line what is lacking."""
    with pytest.raises(NotJudgeable, match=says) as refusal:
        compile_policy(replace(POLICY, rules=rules))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        ((LooksAt.MESSAGES, LooksAt.BOTH), ""),
        ((LooksAt.MESSAGES, LooksAt.CONVERSATIONS), "R2 looks only at conversations."),
        ((LooksAt.CONVERSATIONS, LooksAt.BOTH, LooksAt.CONVERSATIONS), "R1, R3 look only at conversations."),
        ((LooksAt.CONVERSATIONS,), "No rule of this policy looks at messages: it can only judge conversations."),
    ],
)
def test_rules_that_are_left_out_are_named(kinds: tuple[LooksAt, ...], sentence: str) -> None:
    """In the words of the refusal, where no rule is left."""
    rules = tuple(replace(RULE, id=f"R{number}", looks_at=kind) for number, kind in enumerate(kinds, start=1))
    policy = replace(POLICY, rules=rules)
    assert left_out(policy) == sentence
    if sentence.startswith("No rule"):
        with pytest.raises(NotJudgeable, match=sentence):
            compile_policy(policy)


def test_the_fingerprint_is_of_what_is_read() -> None:
    """It changes with the words and not with what follows from a violation."""
    mark = fingerprint(render(POLICY))
    assert mark == compile_policy(POLICY).fingerprint
    harder = replace(RULE, severity=Severity.HIGH, consequence=Consequence(kind=ConsequenceKind.DELETE))
    assert fingerprint(render(replace(POLICY, rules=(harder,)))) == mark
    assert fingerprint(render(replace(POLICY, rules=(replace(RULE, breaks_it="told"),)))) != mark
    with pytest.raises(NotJudgeable):
        fingerprint("")


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_what_lint_lets_pass_compiles(policies: st.SearchStrategy[Policy], data: st.DataObject) -> None:
    """No blocking finding means that a judge can work with it, and the other way round for ids and rules."""
    policy = data.draw(policies)
    findings = lint(render(policy))
    if not any(finding.blocking for finding in findings):
        assert compile_policy(policy, looks_at=LooksAt.BOTH).rules
