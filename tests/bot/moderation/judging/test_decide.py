"""The table from judgements to plans."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.moderation.cases.case import CaseKind, ContextLine
from bot.moderation.judging.decide import PASSING_TROUBLE, KeepClear, OpenCase, TryAgain, decide, why_undecided
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import Answered, MessageSeen
from bot.moderation.policies.in_force import PolicyInForce
from classifier import Outcome, Undecided, UndecidedReason, Verdict

Seen = Callable[..., MessageSeen]
Verdicts = Callable[..., Verdict]


def test_a_violation_opens_a_case_with_the_rule_as_it_read(
    seen_factory: Seen, verdict_factory: Verdicts, in_force: PolicyInForce
) -> None:
    """The case carries version, rule title and severity, score, rationale and the text judged."""
    plan = decide(verdict_factory(score=0.9), seen_factory(edit=5), in_force)
    assert isinstance(plan, OpenCase)
    judged, evidence = plan.new.judged, plan.new.evidence
    assert plan.new.kind is CaseKind.VIOLATION
    assert [(rule.id, rule.title, rule.severity) for rule in judged.rules] == [("R1", "Unmarked spoiler", "high")]
    assert (judged.policy_name, judged.version_number, judged.version_id) == ("Spoilers", 3, 33)
    assert (judged.score, judged.method) == (0.9, "scripted")
    assert (evidence.text, evidence.edit, evidence.gone) == ("the butler did it", 5, False)


def test_a_clear_verdict_keeps_no_text(seen_factory: Seen, verdict_factory: Verdicts, in_force: PolicyInForce) -> None:
    """What is kept of a clear message are numbers."""
    plan = decide(verdict_factory(Outcome.CLEAR, score=0.02), seen_factory(text="SECRET"), in_force)
    assert isinstance(plan, KeepClear)
    assert "SECRET" not in repr(plan)
    assert plan.clear.version_id == 33


@pytest.mark.parametrize("reason", list(UndecidedReason))
def test_undecided_never_becomes_a_violation(
    seen_factory: Seen, in_force: PolicyInForce, reason: UndecidedReason
) -> None:
    """A missing verdict waits or asks a person, names no rule and has no score."""
    plan = decide(Undecided(reason=reason), seen_factory(), in_force)
    if reason in PASSING_TROUBLE:
        assert isinstance(plan, TryAgain)
    else:
        assert isinstance(plan, OpenCase)
        assert plan.new.kind is CaseKind.UNDECIDED
        assert (plan.new.judged.rules, plan.new.judged.score) == ((), None)
        assert plan.new.judged.rationale == why_undecided(reason)


def test_a_rule_that_left_the_policy_is_still_named(
    seen_factory: Seen, verdict_factory: Verdicts, in_force: PolicyInForce
) -> None:
    """A judge that names a rule without text gives a case with the bare id rather than an error."""
    bare = PolicyInForce(
        name="Bare", version=in_force.version, policy=type(in_force.policy)(title="Bare"), text=in_force.text
    )
    plan = decide(verdict_factory(), seen_factory(), bare)
    assert isinstance(plan, OpenCase)
    assert plan.new.judged.rules[0].id == "R1"


def test_a_case_knows_who_the_letters_of_the_prompt_are(
    seen_factory: Callable[..., MessageSeen], in_force: PolicyInForce, verdict_factory: Callable[..., Verdict]
) -> None:
    """In the order in which the judge read them: answered, said before, and then the message itself."""
    seen = seen_factory(
        answers=Answered(message_id=1, author_id=4, text="who did it?"),
        context=(ContextLine(author_id=5, text="hm"), ContextLine(author_id=7, text="well")),
    )
    plan = decide(verdict_factory(), seen, in_force)
    assert isinstance(plan, OpenCase)
    assert plan.new.judged.speakers == (("A", 4), ("B", 5), ("C", 7))
    assert content_of(seen).target.author == "C"
