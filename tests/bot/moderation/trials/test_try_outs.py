"""A draft judges live messages silently: nothing is shown, nothing is held up, differences are kept without texts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.policies.outcomes import Blocked, Refused
from bot.moderation.trials import try_outs as module
from bot.moderation.trials.try_out import TryOut, TryOutReport
from bot.moderation.trials.try_outs import TryOuts
from classifier import Judgement, JudgeRequest, Lane, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear, violation
from guild_policies.scope import PolicySettings, Scope

Desk = Any  # the fixture's own class, which no test can import
SeenFactory = Callable[..., MessageSeen]
DRAFT = "# Spoilers\n## Rules\n### R1 Draft\nBreaks it: draft."
HOUR = timedelta(hours=1)


def answer(request: JudgeRequest) -> Judgement:
    """In force, "butler" is flagged; by the draft, "cook" is; "maybe" is beyond the draft."""
    text, draft = request.content.target.text, request.policy.rules[0].title == "Draft"
    if draft and "maybe" in text:
        return Undecided(reason=UndecidedReason.UNREADABLE)
    if draft and "error" in text:
        raise RuntimeError("the judge is broken")
    return violation("R1", score=0.9) if ("cook" if draft else "butler") in text else clear(score=0.1)


@pytest.fixture
async def desk(desk_factory: Callable[..., Awaitable[Desk]]) -> Desk:
    """The server with this judge, and a draft of "Spoilers"."""
    desk = await desk_factory(answer)
    await desk.policies.save_draft(guild_id=1, policy_id=1, text=DRAFT, actor_id=9, seen_revision=None)
    return desk


async def start(desk: Desk, **options: Any) -> TryOut:
    """Try the draft out for an hour."""
    values = {"channel_id": None, "length": HOUR, "report_channel_id": 99, "actor_id": 9}
    started = await desk.try_outs.start(1, "Spoilers", **{**values, **options})
    assert isinstance(started, TryOut)
    return started


async def post(desk: Desk, seen_factory: SeenFactory, *texts: str, **values: Any) -> None:
    """Members write."""
    for text in texts:
        desk.now[0] += timedelta(seconds=1)
        number = 1_000 + desk.tally.seen
        await desk.pipeline.see(seen_factory(message_id=number, text=text, **values), own_id=999)
    await desk.try_outs.settled()


async def finish(desk: Desk) -> TryOutReport:
    """Let the hour pass; the one report."""
    desk.later(hours=2)
    (report,) = await desk.try_outs.finish_due()
    return report


async def test_differences_are_found_and_reported(desk: Desk, seen_factory: SeenFactory) -> None:
    """What the draft would newly flag and no longer flag, with links and without texts; no card is shown for it."""
    await start(desk)
    await post(desk, seen_factory, "the butler", "the cook", "butler and cook", "tea", "maybe")
    assert len(desk.board.posted) == 2
    assert {request.lane for request in desk.judge.requests if request.policy.rules[0].title == "Draft"} == {
        Lane.BACKGROUND
    }
    report = await finish(desk)
    counts = report.try_out.counts
    assert (counts.judged, counts.newly_flagged, counts.no_longer_flagged, counts.undecided) == (4, 1, 1, 1)
    assert [(each.newly_flagged, each.message_id, each.rule_ids) for each in report.differences] == [
        (True, 1_001, ("R1",)),
        (False, 1_000, ("R1",)),
    ]
    assert report.jump_link(report.differences[0]) == "https://discord.com/channels/1/20/1001"
    assert report.in_words == (
        "The draft judged 4 messages: it would newly flag 1 and no longer flag 1 of them. 1 more got no verdict."
    )
    assert "butler" not in repr(report.differences)


async def test_a_report_is_given_until_it_is_told(desk: Desk) -> None:
    """Then never again."""
    try_out = await start(desk)
    assert await desk.try_outs.finish_due() == ()
    report = await finish(desk)
    assert report.in_words == "The draft judged no message in this time."
    assert await desk.try_outs.finish_due() == (report,)
    await desk.try_outs.told(1, try_out.id)
    assert await desk.try_outs.finish_due() == ()


async def test_it_survives_a_restart(desk: Desk, seen_factory: SeenFactory) -> None:
    """What was counted stays; the next process goes on from its first turn."""
    await start(desk)
    await post(desk, seen_factory, "the cook")
    await desk.try_outs.close()
    await post(desk, seen_factory, "tea")
    later = TryOuts(
        store=desk.try_outs._store,
        policies=desk.policies,
        judge=desk.judge,
        requests=JudgeRequests(),
        now=lambda: desk.now[0],
    )
    assert await later.finish_due() == ()
    later.passed(seen_factory(message_id=5, text="the cook"), {1: clear()})
    await later.settled()
    (running,) = await later.running(1)
    assert (running.counts.judged, running.counts.newly_flagged) == (2, 2)


async def test_only_what_is_covered_is_tried(desk: Desk, seen_factory: SeenFactory) -> None:
    """The channel with its threads, and the policy's own scope as it is now."""
    await start(desk, channel_id=20)
    await post(desk, seen_factory, "the cook", channel_id=21)
    await post(desk, seen_factory, "the cook", channel_id=5, parent_id=20)
    scope = Scope(exempt_roles=frozenset({4}))
    await desk.life.change_settings(1, "Spoilers", PolicySettings(scope=scope), seen=PolicySettings(), actor_id=9)
    await desk.try_outs.finish_due()
    await post(desk, seen_factory, "the cook", author_role_ids=frozenset({4}))
    assert (await finish(desk)).try_out.counts.judged == 1


async def test_a_draft_without_a_version_in_force(desk: Desk, seen_factory: SeenFactory) -> None:
    """It is compared with nothing: whatever it flags is new."""
    await desk.life.pause(1, "Spoilers", actor_id=9)
    await start(desk)
    await post(desk, seen_factory, "the cook", "tea")
    report = await finish(desk)
    assert (report.try_out.counts.judged, [each.score_published for each in report.differences]) == (2, [None])


async def test_stopping_reports_at_once(desk: Desk, seen_factory: SeenFactory) -> None:
    """And that report counts as told."""
    started = await start(desk)
    await post(desk, seen_factory, "tea")
    report = await desk.try_outs.stop(1, "spoilers", actor_id=9)
    assert isinstance(report, TryOutReport)
    assert report.try_out.told
    assert report.in_words == "The draft judged 1 message and would have changed nothing."
    assert isinstance(await desk.try_outs.stop(1, "Spoilers", actor_id=9), Refused)
    assert isinstance(await desk.try_outs.stop(1, "Nope", actor_id=9), Refused)
    assert await desk.try_outs.finish_due() == ()
    assert await desk.try_outs.report(1, started.id) == report
    assert await desk.try_outs.report(2, started.id) is None


async def test_what_stands_in_the_way(desk: Desk) -> None:
    """One at a time, with a draft that can be judged, for a sensible time."""
    options = {"channel_id": None, "length": HOUR, "report_channel_id": 99, "actor_id": 9}
    assert isinstance(await desk.try_outs.start(1, "Nope", **options), Refused)
    for length in (timedelta(minutes=1), timedelta(days=15)):
        assert isinstance(await desk.try_outs.start(1, "Spoilers", **{**options, "length": length}), Refused)
    await start(desk)
    assert isinstance(await desk.try_outs.start(1, "Spoilers", **options), Refused)
    talk = "# C\n## Rules\n### R1 Rows\nLooks at: conversations\nBreaks it: rows."
    await desk.policies.create(guild_id=1, name="Rows", text=talk, actor_id=9)
    assert isinstance(await desk.try_outs.start(1, "Rows", **options), Blocked)
    await desk.life.discard(1, "Rows", seen_revision=1, actor_id=9)
    assert isinstance(await desk.try_outs.start(1, "Rows", **options), Refused)


async def test_a_deleted_policy_is_not_tried_on(desk: Desk, seen_factory: SeenFactory) -> None:
    """The try-out ends at the next turn."""
    await start(desk)
    await desk.life.delete(1, "Spoilers", actor_id=9)
    (report,) = await desk.try_outs.finish_due()
    assert report.try_out.ended_at is not None


async def test_a_busy_judge_leaves_messages_out(desk: Desk, seen_factory: SeenFactory) -> None:
    """This many at a time and no more; an error of the judge's is one, too. The pipeline notices neither."""
    gate = asyncio.Event()
    judge = ScriptedJudge(answer, gate=gate)
    try_outs = TryOuts(
        store=desk.try_outs._store,
        policies=desk.policies,
        judge=judge,
        requests=JudgeRequests(),
        now=lambda: desk.now[0],
    )
    await try_outs.start(1, "Spoilers", channel_id=None, length=HOUR, report_channel_id=99, actor_id=9)
    for number in range(module.MAX_PER_SERVER + 2):
        try_outs.passed(seen_factory(message_id=number, text="error" if number == 0 else "tea"), {1: clear()})
    gate.set()
    await try_outs.settled()
    (running,) = await try_outs.running(1)
    assert (running.counts.judged, running.counts.left_out) == (module.MAX_PER_SERVER - 1, 3)


async def test_a_busy_server_leaves_others_their_places(desk: Desk, seen_factory: SeenFactory) -> None:
    """A raid in one server that tries a draft out does not end the try-outs of the others."""
    await desk.policies.create(guild_id=2, name="Spoilers", text=DRAFT, actor_id=9)
    gate = asyncio.Event()
    judge = ScriptedJudge(answer, gate=gate)
    try_outs = TryOuts(
        store=desk.try_outs._store,
        policies=desk.policies,
        judge=judge,
        requests=JudgeRequests(),
        now=lambda: desk.now[0],
    )
    for guild_id in (1, 2):
        await try_outs.start(guild_id, "Spoilers", channel_id=None, length=HOUR, report_channel_id=99, actor_id=9)
    for number in range(1_000):
        try_outs.passed(seen_factory(message_id=number, text="tea"), {1: clear()})
    try_outs.passed(seen_factory(guild_id=2, text="tea"), {})
    gate.set()
    await try_outs.settled()
    (running,) = await try_outs.running(2)
    assert (running.counts.judged, running.counts.left_out) == (1, 0)


async def test_what_is_with_the_judge_at_the_end_is_left_out(desk: Desk, seen_factory: SeenFactory) -> None:
    """Stopping does not wait for it."""
    judge = ScriptedJudge(answer, gate=asyncio.Event())
    try_outs = TryOuts(
        store=desk.try_outs._store,
        policies=desk.policies,
        judge=judge,
        requests=JudgeRequests(),
        now=lambda: desk.now[0],
    )
    await try_outs.start(1, "Spoilers", channel_id=None, length=HOUR, report_channel_id=99, actor_id=9)
    try_outs.passed(seen_factory(), {1: clear()})
    await judge.asked()
    report = await try_outs.stop(1, "Spoilers", actor_id=9)
    assert isinstance(report, TryOutReport)
    assert report.try_out.counts.left_out == 1


async def test_a_message_that_waits_is_compared_once(
    desk_factory: Callable[..., Awaitable[Desk]], seen_factory: SeenFactory
) -> None:
    """Only when the version in force has its verdict."""
    first = iter([Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)])
    desk = await desk_factory(lambda request: next(first, None) or answer(request))
    await desk.policies.save_draft(guild_id=1, policy_id=1, text=DRAFT, actor_id=9, seen_revision=None)
    await start(desk)
    await post(desk, seen_factory, "the cook")
    assert len(desk.judge.requests) == 1
    await desk.pipeline.judge_waiting()
    await desk.try_outs.settled()
    assert (await finish(desk)).try_out.counts.newly_flagged == 1
