"""Messages that the judge had no time for: they wait, get another turn, or are left to their channel's history."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.moderation.messages.message_seen import MessageSeen
from classifier import Judgement, JudgeRequest, Lane, Undecided, UndecidedReason, Verdict
from classifier.scripted import clear

Seen = Callable[..., MessageSeen]
OWN = 1000


async def test_a_judge_that_was_away_gets_the_message_later(
    desk_factory: Any, seen_factory: Seen, verdict_factory: Callable[..., Verdict]
) -> None:
    """The message waits, is judged when the judge is back, and is counted once."""
    away = [True]

    def answer(request: JudgeRequest) -> Judgement:
        return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE) if away[0] else verdict_factory()

    desk = await desk_factory(answer)
    handled = await desk.pipeline.see(seen_factory(), own_id=OWN)
    assert (handled.waiting, handled.cases) == (True, ())
    assert (desk.tally.waiting, desk.tally.judged) == (1, 0)
    assert desk.waiting.is_waiting(300)
    assert await desk.pipeline.judge_waiting() == 0
    assert desk.tally.waiting == 1
    away[0] = False
    assert await desk.pipeline.judge_waiting() == 1
    assert (desk.tally.waiting, desk.tally.judged, desk.tally.violations, desk.tally.put_off) == (0, 1, 1, 0)
    assert desk.tally.adds_up()
    assert not desk.waiting.is_waiting(300)


async def test_second_turns_are_taken_together_and_behind_new_messages(
    desk_factory: Any, seen_factory: Seen, verdict_factory: Any
) -> None:
    """Several at a time, so that a judge that was away catches up as fast as it can."""
    away, together, all_there = [True], [0], asyncio.Event()

    async def answer(request: JudgeRequest) -> Judgement:
        if away[0]:
            return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
        together[0] += 1
        if together[0] == 3:
            all_there.set()
        await all_there.wait()
        return verdict_factory()

    desk = await desk_factory(answer)
    for number in range(3):
        await desk.pipeline.see(seen_factory(message_id=number, text=f"text {number}"), own_id=OWN)
    away[0] = False
    assert await desk.pipeline.judge_waiting() == 3
    assert [request.lane for request in desk.judge.requests] == [Lane.LIVE] * 3 + [Lane.AGAIN] * 3
    assert (desk.tally.waiting, desk.tally.judged, desk.tally.put_off) == (0, 3, 0)
    assert desk.tally.adds_up()


async def test_a_second_turn_that_fails_is_put_off_and_the_others_are_not(
    desk_factory: Any, seen_factory: Seen, verdict_factory: Any
) -> None:
    """The message is left to its channel's history, and whoever reads that is told."""
    away = [True]

    def answer(request: JudgeRequest) -> Judgement:
        if away[0]:
            return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
        if request.content.target.text == "text 1":
            raise ZeroDivisionError
        return verdict_factory()

    desk = await desk_factory(answer)
    for number in range(3):
        await desk.pipeline.see(seen_factory(message_id=number, text=f"text {number}"), own_id=OWN)
    away[0], told = False, []
    desk.waiting.subscribe(told.append)
    assert await desk.pipeline.judge_waiting() == 2
    assert (desk.tally.waiting, desk.tally.judged, desk.tally.put_off) == (0, 2, 1)
    assert desk.tally.adds_up()
    assert [seen.message_id for seen in told] == [1]


async def test_a_message_that_was_put_off_counts_once(desk_factory: Any, seen_factory: Seen) -> None:
    """Read from the history again it is the same message, not another one."""
    away = [True]
    desk = await desk_factory(
        lambda _: Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE) if away[0] else clear(), max_waiting=0
    )
    assert (await desk.pipeline.see(seen_factory(), own_id=OWN)).put_off
    assert (desk.tally.seen, desk.tally.put_off) == (1, 1)
    away[0] = False
    await desk.pipeline.see(seen_factory(), own_id=OWN, lane=Lane.AGAIN)
    assert (desk.tally.seen, desk.tally.put_off, desk.tally.judged) == (1, 0, 1)
    assert desk.tally.adds_up()


async def test_what_the_list_cannot_hold_is_put_off(desk_factory: Any, seen_factory: Seen) -> None:
    """The list is bounded, and each message that it could not take is counted."""
    desk = await desk_factory(lambda request: Undecided(reason=UndecidedReason.QUEUE_FULL), max_waiting=2)
    for number in range(3):
        await desk.pipeline.see(seen_factory(message_id=number, text=f"text {number}"), own_id=OWN)
    assert (desk.tally.waiting, desk.tally.put_off) == (2, 1)
    assert desk.tally.adds_up()


async def test_newcomers_get_their_turn_first_and_then_the_oldest_messages(
    desk_factory: Any, seen_factory: Seen
) -> None:
    """A member who joined within a week is a newcomer; one about whom Discord did not say when is none."""
    away = [True]
    desk = await desk_factory(lambda _: Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE) if away[0] else clear())
    joined = {3: None, 2: timedelta(days=8), 4: timedelta(days=6), 1: timedelta(days=400)}
    for message_id, ago in joined.items():
        seen = seen_factory(message_id=message_id, text=f"text {message_id}")
        await desk.pipeline.see(
            replace(seen, author_joined_at=None if ago is None else seen.posted_at - ago), own_id=OWN
        )
    away[0] = False
    desk.judge.requests.clear()
    assert await desk.pipeline.judge_waiting() == 4
    assert [request.content.target.text for request in desk.judge.requests] == ["text 4", "text 1", "text 2", "text 3"]
