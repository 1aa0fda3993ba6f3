"""Closing waits for what is in hand, but not for ever."""

from __future__ import annotations

import asyncio

from bot.cogs.interactions.open_tasks import InHand


async def test_finishing_waits_for_what_is_in_hand() -> None:
    """Nested work of one task counts once; afterwards nothing new is taken in."""
    in_hand, go, done = InHand(), asyncio.Event(), []

    async def work() -> None:
        with in_hand.dealing(), in_hand.dealing():
            await go.wait()
            done.append(1)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    finishing = asyncio.create_task(in_hand.finish(seconds=60))
    await asyncio.sleep(0)
    assert (in_hand.closing, finishing.done()) == (True, False)
    go.set()
    assert await finishing == 0
    assert done == [1]
    await task


async def test_what_takes_too_long_is_cancelled() -> None:
    """How many were cut short is told."""
    in_hand = InHand()

    async def work() -> None:
        with in_hand.dealing():
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    assert await in_hand.finish(seconds=0) == 1
    assert task.cancelled()


async def test_nothing_in_hand_is_finished_at_once() -> None:
    """Even from inside a task that is in hand itself."""
    in_hand = InHand()
    with in_hand.dealing():
        assert await in_hand.finish(seconds=60) == 0
