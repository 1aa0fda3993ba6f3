"""After a publication pins and decided cases are judged under layouts that mean the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.moderation.cases.case import CaseState, Decision
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.trials.wobbles import MOST_LAYOUTS, MOST_TEXTS, Wobbles
from classifier import Judgement, JudgeRequest, Lane, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear, violation

Desk = Any  # the fixture's own class, which no test can import
SeenFactory = Callable[..., MessageSeen]


def flags_butlers(request: JudgeRequest) -> Judgement:
    """Flags the butler, but only where the policy has its second example."""
    known = any("ship" in example.text for rule in request.policy.rules for example in rule.examples)
    return violation("R1") if known and "butler" in request.content.target.text else clear()


@pytest.fixture
async def desk(desk_factory: Callable[..., Awaitable[Desk]]) -> Desk:
    """The server, with nothing pinned or decided yet."""
    return await desk_factory(flags_butlers)


async def decided_case(desk: Desk, seen: MessageSeen) -> None:
    """A case about this message that a moderator decided."""
    (case,) = (await desk.pipeline.see(seen, own_id=999)).cases
    await desk.cases.decide(1, case.number, Decision(state=CaseState.VIOLATION, moderator_id=9, at=desk.now[0]))


def wobbles_of(desk: Desk, judge: ScriptedJudge) -> Wobbles:
    """The service, with a judge of its own."""
    return Wobbles(pins=desk.pins, cases=desk.cases, judge=judge, requests=JudgeRequests(), now=lambda: desk.now[0])


async def published(desk: Desk) -> Any:
    """The policy and its version in force."""
    policy = await desk.policy_desk.find(1, "Spoilers")
    return policy, policy.published


async def test_pins_and_cases_are_judged_in_the_background(desk: Desk, seen_factory: SeenFactory) -> None:
    """Each text twice as the policy is and once in each layout, behind everything else; the cost was known before."""
    await decided_case(desk, seen_factory(text="the old butler"))
    await desk.pins.add(1, "Spoilers", "it was the butler", rule_id="R1", actor_id=9)
    judge = ScriptedJudge(flags_butlers)
    wobbles, done = wobbles_of(desk, judge), list[int]()
    plan = await wobbles.plan(*await published(desk))
    assert plan is not None
    assert [content.target.text for content in plan.contents] == ["it was the butler", "the old butler"]

    async def progress(judgements: int) -> None:
        done.append(judgements)

    found = await wobbles.run(plan, progress=progress)
    assert found is not None
    assert len(judge.requests) == plan.cost.judgements == 2 * (2 + 6)
    assert done == [2, 4, 6, 8, 10, 12, 14]
    assert {request.lane for request in judge.requests} == {Lane.BACKGROUND}
    assert {request.server for request in judge.requests} == {1}
    assert any(request.variant and request.variant.does_not_first for request in judge.requests)
    assert found.in_words()[0] == "R1 depends on example 2: without it, 2 of 2 changed."


async def test_without_pins_and_cases_there_is_nothing_to_judge(desk: Desk) -> None:
    """Nor for a policy without a rule about messages."""
    wobbles = wobbles_of(desk, ScriptedJudge(flags_butlers))
    policy, version = await published(desk)
    assert await wobbles.plan(policy, version) is None
    await desk.pins.add(1, "Spoilers", "it was the butler", rule_id="R1", actor_id=9)
    assert await wobbles.plan(policy, version) is not None
    assert await wobbles.plan(policy, replace(version, text="# Empty\n")) is None
    bare = "# Bare\n## Rules\n### R1 Bare\nBreaks it: x.\n"
    assert await wobbles.plan(policy, replace(version, text=bare)) is None


async def test_it_is_bounded(desk: Desk) -> None:
    """However many pins and examples there are."""
    for number in range(MOST_TEXTS + 5):
        await desk.pins.add(1, "Spoilers", f"the butler, {number}", rule_id="R1", actor_id=9)
    policy, version = await published(desk)
    examples = "".join(f'- violates: "example {number}"\n' for number in range(40))
    plan = await wobbles_of(desk, ScriptedJudge(flags_butlers)).plan(
        policy, replace(version, text=version.text + examples)
    )
    assert plan is not None
    assert (len(plan.contents), len(plan.tried.tried)) == (MOST_TEXTS, MOST_LAYOUTS + 1)
    assert plan.cost.judgements == MOST_TEXTS * (MOST_LAYOUTS + 2)


@pytest.mark.parametrize("answered", [0, 1, 3])
async def test_a_judge_that_goes_away_gives_no_result(desk: Desk, answered: int) -> None:
    """And is not asked any further."""
    await desk.pins.add(1, "Spoilers", "it was the butler", rule_id="R1", actor_id=9)
    gone = Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
    judge = ScriptedJudge(lambda request: flags_butlers(request) if len(judge.requests) <= answered else gone)
    wobbles = wobbles_of(desk, judge)
    plan = await wobbles.plan(*await published(desk))
    assert plan is not None
    assert await wobbles.run(plan) is None
    assert len(judge.requests) == answered + 1


async def test_publishing_and_rolling_back_tell_subscribers(desk: Desk) -> None:
    """Once for each version that came into force, and never for one that did not."""
    told = list[tuple[str, int]]()
    desk.policy_desk.subscribe(lambda policy, version: told.append((policy.name, version.number)))
    await desk.policy_desk.publish(1, "Spoilers", actor_id=9)
    text = "# Spoilers\n## Rules\n### R1 Lax\nBreaks it: lax."
    await desk.policy_desk.save_draft(1, "Spoilers", text, seen_revision=None, seen_number=1, actor_id=9)
    assert told == []
    await desk.policy_desk.publish(1, "Spoilers", actor_id=9)
    await desk.policy_desk.roll_back(1, "Spoilers", to_number=1, seen_number=2, actor_id=9)
    assert told == [("Spoilers", 2), ("Spoilers", 1)]
