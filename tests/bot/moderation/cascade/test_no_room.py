"""Where the judge has no memory for the policies together there is no look, and moderators can read why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.moderation.cascade.screened_set import Mode, ScreenedSet, with_recall
from bot.moderation.cascade.words import described
from bot.moderation.servers.options import CascadeOptions
from classifier import JudgeRequest, Lane, Outcome, PolicyFit, PolicyText, Verdict, Way
from classifier.scripted import ScriptedJudge

Factory = Callable[..., Any]
SPAM = "# Spam\n\n## Rules\n### R1 Advertising\nBreaks it: advertising.\n"


class Cramped(ScriptedJudge):
    """Keeps policies of up to this many rules; longer ones fit, but are read again for every message."""

    room = 1
    most = 1_000

    async def prepare(self, policy: PolicyText, **_: object) -> PolicyFit:
        """Says so."""
        return PolicyFit(tokens=100 * len(policy.rules), most=self.most, kept=len(policy.rules) <= self.room)


@pytest.fixture
async def desk(desk_factory: Factory, verdict_factory: Callable[..., Verdict]) -> Any:
    """A server with two policies that wants a look, and a judge that can keep one of them at a time."""

    def clear(request: JudgeRequest) -> Verdict:
        verdict = verdict_factory(Outcome.CLEAR, score=0.02)
        return replace(verdict, provenance=replace(verdict.provenance, policy_fingerprint=request.policy.fingerprint))

    made = await desk_factory(clear, judge=Cramped(clear))
    await made.policy_desk.create(1, "Spam", SPAM, actor_id=9)
    await made.policy_desk.publish(1, "Spam", actor_id=9)
    await made.options.save(1, CascadeOptions(recall=0.95), actor_id=9)
    return made


async def test_each_policy_is_judged_alone(desk: Any, seen_factory: Factory) -> None:
    """No look is asked for, and every message is judged as without one."""
    for number in range(3):
        await desk.pipeline.see(seen_factory(message_id=300 + number, text=f"hello {number}"), own_id=5)
    assert [request.way for request in desk.judge.requests] == [Way.REASON] * 6


async def test_moderators_can_read_why(desk: Any, seen_factory: Factory) -> None:
    """In the line about the set; until the server begins again."""
    await desk.pipeline.see(seen_factory(text="hello"), own_id=5)
    ((ids, known),) = await desk.cascade.of_server(1)
    assert ids == tuple(sorted(policy.version.id for policy in await desk.in_force.of(1)))
    assert "too little memory" in described(known)
    assert "too little memory" in described(with_recall(known, 0.99))
    await desk.cascade.start_over(1)
    assert await desk.cascade.of_server(1) == ()


async def test_policies_that_fit_only_in_groups_need_room_for_each(desk: Any, seen_factory: Factory) -> None:
    """Groups that push each other out of the memory would be read again for every message."""
    desk.judge.room, desk.judge.most = 0, 100
    assert await desk.cascade.look(seen_factory(), await desk.in_force.of(1), Lane.LIVE) is None
    assert not desk.judge.requests


async def test_what_was_learned_is_kept(desk: Any, seen_factory: Factory, desk_factory: Factory) -> None:
    """With more memory, after a restart, the set carries on from where it was."""
    desk.judge.room = 2
    policies = await desk.in_force.of(1)
    look = await desk.cascade.look(seen_factory(), policies, Lane.LIVE)
    on = ScreenedSet(recall=0.95, mode=Mode.ON, threshold=0.5)
    await desk.screened_sets.save(*look.key, on, [policy.version.id for policy in policies])
    desk.cascade._groups.clear()
    desk.judge.room = 1
    desk.cascade.remember(look.key, on)
    assert await desk.cascade.look(seen_factory(), policies, Lane.LIVE) is None
    assert [known.mode for _, known in await desk.cascade.of_server(1)] == [Mode.NO_ROOM]
    assert await desk.screened_sets.get(*look.key) == on
