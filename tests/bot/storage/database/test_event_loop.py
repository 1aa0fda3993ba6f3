"""Long lists do not hold up the event loop."""

from __future__ import annotations

import asyncio

from bot.storage.database.event_loop import AT_ONCE, yielding


async def test_everything_comes_in_its_order() -> None:
    """Nothing is left out, whatever the length."""
    for length in (0, 1, AT_ONCE, AT_ONCE + 1, 5 * AT_ONCE):
        assert [item async for item in yielding(range(length))] == list(range(length))


async def test_others_get_their_turns_meanwhile() -> None:
    """A task that wants one turn after the other gets one for every few items."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    async for _ in yielding(range(10 * AT_ONCE)):
        pass
    task.cancel()
    assert turns >= 10
