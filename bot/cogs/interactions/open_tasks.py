"""Tracks tasks in progress, so that closing the bot can wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LAST_STEPS = 3.0  #: seconds, part of the time that closing waits for open tasks


class OpenTasks:
    """Tracks the tasks inside `tracking`, and accepts no new ones once `finish` was called."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._last_from: float | None = None
        self.closing = False

    def may_go_on(self) -> bool:
        """May a task begin its next step? For tasks with many separate steps: when the bot closes, they have
        `LAST_STEPS` seconds left, and then say what they didn't finish."""
        if not self.closing:
            return True
        now = asyncio.get_running_loop().time()
        if self._last_from is None:
            self._last_from = now
        return now - self._last_from < LAST_STEPS

    @contextmanager
    def tracking(self) -> Iterator[None]:
        """Track the current task inside this block."""
        task = asyncio.current_task()
        if task is None or task in self._tasks:
            yield
            return
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    async def finish(self, *, seconds: float) -> int:
        """Accept no new tasks, wait for the open ones, and cancel those that take longer. Returns how many were
        cancelled."""
        self.closing = True
        others = self._tasks - {asyncio.current_task()}
        if not others:
            return 0
        _, late = await asyncio.wait(others, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)
