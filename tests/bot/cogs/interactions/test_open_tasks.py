"""Closing waits for what is in hand, but not forever."""

from __future__ import annotations

import asyncio

import pytest

from bot.cogs.interactions.open_tasks import LAST_STEPS, OpenTasks


async def test_finishing_waits_for_what_is_in_hand() -> None:
    """Nested work of one task counts once; afterwards nothing new is taken in."""
    open_tasks, go, done = OpenTasks(), asyncio.Event(), []

    async def work() -> None:
        with open_tasks.tracking(), open_tasks.tracking():
            await go.wait()
            done.append(1)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    finishing = asyncio.create_task(open_tasks.finish(seconds=60))
    await asyncio.sleep(0)
    assert (open_tasks.closing, finishing.done()) == (True, False)
    go.set()
    assert await finishing == 0
    assert done == [1]
    await task


async def test_what_takes_too_long_is_cancelled() -> None:
    """How many were cut short is told."""
    open_tasks = OpenTasks()

    async def work() -> None:
        with open_tasks.tracking():
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    assert await open_tasks.finish(seconds=0) == 1
    assert task.cancelled()


async def test_nothing_in_hand_is_finished_at_once() -> None:
    """Even from inside a task that is in hand itself."""
    open_tasks = OpenTasks()
    with open_tasks.tracking():
        assert await open_tasks.finish(seconds=60) == 0


async def test_work_in_steps_has_a_little_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """From its first look after the bot began to close; before that it has all the time."""
    open_tasks, loop = OpenTasks(), asyncio.get_running_loop()
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now)
    assert open_tasks.may_go_on()
    open_tasks.closing = True
    assert open_tasks.may_go_on()
    now += LAST_STEPS + 0.1
    assert not open_tasks.may_go_on()
