"""What follows a verdict by itself: nothing, until an administrator rehearsed it and switched it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cases.action import ActionKind, ActionState, PlannedAction
from bot.moderation.cases.case import CaseState
from bot.moderation.cases.webhook import CopiedMessage
from bot.moderation.judging.decide import KeepClear, OpenCase, decide
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.consequences import (
    Automatic,
    ConsequenceMode,
    ConsequenceSet,
    ConsequenceSetting,
    RuleConsequence,
    immune,
    planned,
)
from bot.moderation.policies.in_force import PolicyInForce
from bot.moderation.policies.outcomes import Refused
from bot.moderation.review.enforcer import Declined
from classifier import Outcome, Undecided, UndecidedReason, Verdict
from guild_policies.policy import Consequence, ConsequenceKind

Seen = Callable[..., MessageSeen]
Verdicts = Callable[..., Verdict]

ADMIN = 9
OFF, REHEARSE, ON = ConsequenceMode.OFF, ConsequenceMode.REHEARSE, ConsequenceMode.ON


def setting(rule_id: str = "R1", mode: ConsequenceMode = ON, **changes: Any) -> ConsequenceSetting:
    """Rule R1 of the fixture's policy, on from 0.9."""
    usual = ConsequenceSetting(rule_id=rule_id, mode=mode, from_score=0.9, wished="timeout 10m")
    return replace(usual, **changes)


def automatic(*settings: ConsequenceSetting) -> Automatic:
    """These settings; whoever has role 50 is staff."""
    return Automatic(settings=settings or (setting(),), staff_role_ids=frozenset({50}))


@pytest.fixture
def member(seen_factory: Seen) -> MessageSeen:
    """A message of somebody who is neither staff nor the owner."""
    return seen_factory(author_is_staff=False, author_is_owner=False)


def test_a_rule_that_is_on_carries_its_line_out(
    member: MessageSeen, verdict_factory: Verdicts, in_force: PolicyInForce
) -> None:
    """The case is opened as ever; the plan says what follows, and why."""
    plan = decide(verdict_factory(score=0.97), member, in_force, automatic())
    assert isinstance(plan, OpenCase)
    assert plan.planned == (
        PlannedAction(
            kind=ActionKind.TIMEOUT, length=timedelta(minutes=10), reason="Spoilers v3, rule R1", rehearsal=False
        ),
    )


@pytest.mark.parametrize(("minutes", "follows"), [(-1, True), (0, True), (1, False)])
def test_it_follows_for_what_was_posted_since_it_was_switched_on(
    member: MessageSeen, verdict_factory: Verdicts, in_force: PolicyInForce, minutes: int, follows: bool
) -> None:
    """What waited for the judge, or was read from history, may be older: then the case is all."""
    switched_on = setting(set_at=member.posted_at + timedelta(minutes=minutes, microseconds=200))
    plan = decide(verdict_factory(score=0.97), member, in_force, automatic(switched_on))
    assert isinstance(plan, OpenCase)
    assert bool(plan.planned) is follows


@pytest.mark.parametrize(("certain", "follows"), [(False, False), (True, True)])
def test_a_copy_has_consequences_for_its_member_where_it_is_certain(
    member: MessageSeen, verdict_factory: Verdicts, in_force: PolicyInForce, certain: bool, follows: bool
) -> None:
    """Otherwise a stranger may have said the same: nobody is timed out for that."""
    copied = CopiedMessage(message_id=299, member_id=member.author_id, certain=certain)
    copy = replace(member, copy=copied)
    plan = decide(verdict_factory(score=0.97), copy, in_force, automatic())
    assert isinstance(plan, OpenCase)
    assert bool(plan.planned) is follows


@pytest.mark.parametrize(("score", "follows"), [(0.89, False), (0.9, True), (1.0, True)])
def test_a_lower_score_only_flags(
    member: MessageSeen, verdict_factory: Verdicts, in_force: PolicyInForce, score: float, follows: bool
) -> None:
    """The setting's own score counts, from itself on."""
    plan = decide(verdict_factory(score=score), member, in_force, automatic())
    assert isinstance(plan, OpenCase)
    assert bool(plan.planned) is follows


@pytest.mark.parametrize(
    "changes",
    [
        {"author_is_staff": True},
        {"author_is_owner": True},
        {"author_is_bot": True},
        {"author_role_ids": frozenset({50})},
        {"author_is_staff": None},
        {"author_is_owner": None},
    ],
    ids=str,
)
def test_some_people_are_immune(
    member: MessageSeen, verdict_factory: Verdicts, in_force: PolicyInForce, changes: dict[str, Any]
) -> None:
    """Staff, the owner, bots, the team's own role; and whoever Discord said too little about. Their case is opened."""
    someone = replace(member, **changes)
    assert immune(someone, automatic())
    plan = decide(verdict_factory(), someone, in_force, automatic())
    assert isinstance(plan, OpenCase)
    assert plan.planned == ()


def test_nothing_follows_where_nothing_was_set(
    member: MessageSeen, verdict_factory: Verdicts, in_force: PolicyInForce
) -> None:
    """Off is the default, by rule."""
    for settings in (Automatic(), automatic(setting(mode=OFF)), automatic(setting("R2"))):
        plan = decide(verdict_factory(), member, in_force, settings)
        assert isinstance(plan, OpenCase)
        assert plan.planned == ()


def test_a_rehearsal_is_planned_as_one(member: MessageSeen, verdict_factory: Verdicts, in_force: PolicyInForce) -> None:
    """So is a rule whose line is another one than when it was switched on."""
    for rehearsed in (setting(mode=REHEARSE), setting(wished="delete"), setting(wished="timeout 5m")):
        (action,) = planned(verdict_factory(), member, in_force, automatic(rehearsed))
        assert action.rehearsal


@pytest.mark.parametrize("judgement", [None, *UndecidedReason], ids=str)
def test_what_is_no_violation_has_no_consequence(
    member: MessageSeen, verdict_factory: Verdicts, in_force: PolicyInForce, judgement: UndecidedReason | None
) -> None:
    """A clear verdict and every missing one."""
    answer = Undecided(reason=judgement) if judgement else verdict_factory(Outcome.CLEAR, score=0.99)
    plan = decide(answer, member, in_force, automatic())
    assert isinstance(plan, KeepClear) or not getattr(plan, "planned", ())


def rules_of(in_force: PolicyInForce, **wishes: Consequence) -> PolicyInForce:
    """The policy with these rules."""
    first = in_force.policy.rules[0]
    rules = tuple(replace(first, id=rule_id, consequence=wish) for rule_id, wish in wishes.items())
    return replace(in_force, policy=replace(in_force.policy, rules=rules))


def test_several_rules_together_do_each_thing_once(
    member: MessageSeen, verdict_factory: Verdicts, in_force: PolicyInForce
) -> None:
    """One deletion, the longest timeout; what is done need not be rehearsed; a rule that only flags adds nothing."""
    hour = Consequence(kind=ConsequenceKind.TIMEOUT, length=timedelta(hours=1))
    delete = Consequence(kind=ConsequenceKind.DELETE)
    policy = rules_of(
        in_force,
        R1=hour,
        R2=delete,
        R3=Consequence(kind=ConsequenceKind.TIMEOUT),
        R4=Consequence(),
        R5=delete,
        R6=replace(hour, length=timedelta(days=1)),
    )
    verdict = replace(verdict_factory(), rule_ids=("R1", "R2", "R3", "R4", "R5", "R6", "R9"))
    found = planned(
        verdict,
        member,
        policy,
        automatic(
            setting("R1", wished="timeout 1h"),
            setting("R2", REHEARSE, wished="delete"),
            setting("R3", wished="timeout"),
            setting("R4", wished="flag"),
            setting("R5", wished="delete"),
            setting("R6", REHEARSE, wished="timeout 1d"),
        ),
    )
    assert [(each.kind, each.length, each.rehearsal) for each in found] == [
        (ActionKind.DELETE, None, False),
        (ActionKind.TIMEOUT, timedelta(hours=1), False),
    ]


def test_a_timeout_without_a_length_is_short(
    member: MessageSeen, verdict_factory: Verdicts, in_force: PolicyInForce
) -> None:
    """Where the line says no more than that."""
    policy = rules_of(in_force, R1=Consequence(kind=ConsequenceKind.TIMEOUT))
    (action,) = planned(verdict_factory(), member, policy, automatic(setting(wished="timeout")))
    assert action.length == timedelta(minutes=10)


async def switch(desk: Any, mode: ConsequenceMode, *, rule: str = "R1", score: float = 0.95) -> Any:
    """Set the rule of the desk's policy."""
    return await desk.consequences.set(1, "spoilers", rule, mode=mode, from_score=score, actor_id=ADMIN)


async def test_a_rule_is_rehearsed_before_it_is_switched_on(desk: Any) -> None:
    """First refused with what to do, then rehearsed, then on; off is always possible and starts over."""
    refused = await switch(desk, ON)
    assert isinstance(refused, Refused)
    assert "Start with a dry run of rule R1" in refused.why
    rehearsed = await switch(desk, REHEARSE, rule=" r1 ", score=0.9)
    assert isinstance(rehearsed, ConsequenceSet)
    assert rehearsed.setting == setting(mode=REHEARSE, from_score=0.9)
    assert (rehearsed.policy_name, rehearsed.rule.title) == ("Spoilers", "Unmarked spoiler")
    assert isinstance(await switch(desk, ON), ConsequenceSet)
    assert isinstance(await switch(desk, ON, score=0.8), ConsequenceSet)
    (shown,) = await desk.consequences.of_policy(1, "Spoilers")
    assert shown == RuleConsequence(rule=shown.rule, setting=setting(from_score=0.8), line_changed=False)
    await switch(desk, OFF)
    assert isinstance(await switch(desk, ON), Refused)


@pytest.mark.parametrize("score", [0.0, 0.49, 1.01, float("nan")])
async def test_a_score_must_mean_something(desk: Any, score: float) -> None:
    """Below one half a verdict is none."""
    refused = await switch(desk, REHEARSE, score=score)
    assert isinstance(refused, Refused)
    assert "from 0.5 to 1" in refused.why


async def test_what_cannot_be_set_says_why(desk: Any) -> None:
    """No such policy, no such rule, not published."""
    unknown = await desk.consequences.set(1, "nothing", "R1", mode=REHEARSE, from_score=0.9, actor_id=ADMIN)
    assert isinstance(unknown, Refused)
    assert isinstance(await desk.consequences.of_policy(1, "nothing"), Refused)
    refused = await switch(desk, REHEARSE, rule="R7")
    assert refused == Refused(why="“Spoilers” has no such rule. Its rules: R1.")
    text = (await desk.policies.find(1, "Spoilers")).published.text
    await desk.policy_desk.create(1, "Draft", text, actor_id=ADMIN)
    draft = await desk.consequences.set(1, "Draft", "R1", mode=REHEARSE, from_score=0.9, actor_id=ADMIN)
    assert draft == Refused(why="“Draft” is not published, so it has no automatic actions.")


async def publish(desk: Any, line: str) -> None:
    """A new version whose rule R1 has this line."""
    stored = await desk.policies.find(1, "Spoilers")
    text = stored.published.text.replace("Consequence: timeout 10m", line)
    await desk.policy_desk.save_draft(
        1, "Spoilers", text, seen_revision=None, seen_number=stored.published.number, actor_id=ADMIN
    )
    await desk.policy_desk.publish(1, "Spoilers", actor_id=ADMIN)


async def test_a_new_line_has_to_be_rehearsed_again(desk: Any) -> None:
    """Nobody switched the new one on; a line that only flags cannot be."""
    await switch(desk, REHEARSE)
    await switch(desk, ON)
    await publish(desk, "Consequence: delete")
    (shown,) = await desk.consequences.of_policy(1, "Spoilers")
    assert shown.line_changed
    assert isinstance(await switch(desk, ON), Refused)
    assert isinstance(await switch(desk, REHEARSE), ConsequenceSet)
    assert isinstance(await switch(desk, ON), ConsequenceSet)


async def test_a_rule_that_only_flags_has_nothing_to_carry_out(desk: Any) -> None:
    """The answer says what to write into the policy."""
    await publish(desk, "Consequence: flag")
    refused = await switch(desk, REHEARSE)
    assert isinstance(refused, Refused)
    assert "Consequence: delete" in refused.why
    assert isinstance(await switch(desk, OFF), ConsequenceSet)


async def test_the_pipeline_carries_out_what_was_switched_on(desk: Any, seen_factory: Seen) -> None:
    """Once per case, before its card is shown; the card says what was done, and the case is open."""
    await switch(desk, REHEARSE)
    ordinary = {"author_is_staff": False, "author_is_owner": False}
    await desk.pipeline.see(seen_factory(**ordinary), own_id=1000)
    assert [each.state for each in desk.board.faces[-1].actions] == [ActionState.REHEARSED]
    assert desk.enforcer.carried_out == []
    await switch(desk, ON)
    await desk.pipeline.see(seen_factory(message_id=301, author_id=8, **ordinary), own_id=1000)
    face = desk.board.faces[-1]
    assert [(each.state, each.new.kind, each.new.by) for each in face.actions] == [
        (ActionState.DONE, ActionKind.TIMEOUT, None)
    ]
    assert face.case.state is CaseState.OPEN
    await desk.pipeline.see(seen_factory(message_id=301, author_id=8, **ordinary), own_id=1000)
    assert len(desk.enforcer.carried_out) == 1
    reviewer = seen_factory(message_id=302, author_id=9, author_role_ids=frozenset({50}), **ordinary)
    await desk.pipeline.see(reviewer, own_id=1000)
    assert desk.board.faces[-1].actions == ()


async def test_a_refusal_of_what_follows_by_itself_is_shown(desk: Any, seen_factory: Seen) -> None:
    """The case is there all the same."""
    await switch(desk, REHEARSE)
    await switch(desk, ON)
    desk.enforcer.refusal = Declined(why="Bylaw may not time anybody out.")
    await desk.pipeline.see(seen_factory(author_is_staff=False, author_is_owner=False), own_id=1000)
    (action,) = desk.board.faces[-1].actions
    assert (action.state, action.why) == (ActionState.REFUSED, "Bylaw may not time anybody out.")


async def test_a_server_that_was_never_set_up_has_no_staff_role(desk: Any) -> None:
    """And nothing that follows by itself."""
    assert await desk.consequences.automatic(7, 1) == Automatic()
