"""Scheduled work. The only module that uses apscheduler.

The schedule has no state of its own: the database stores what is due, and a job that is missed, late or interrupted
finds the same work in its next run. So late runs happen anyway, several missed ones are merged, and nothing is stored
on disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.log import traceback_of
from classifier.errors import is_outage

_log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[object]]

LOGGED_EVERY = 60.0  #: seconds between log lines about failures of the same job


class Schedule:
    """Runs jobs at fixed intervals, each at most once at a time.

    A job that raises is logged and runs again at its next time; others aren't affected. A job that keeps failing, as on
    a full disk, is logged once in `LOGGED_EVERY` seconds.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged_at: dict[str, float] = {}
        self._scheduler = AsyncIOScheduler(timezone=UTC, executors={"default": AsyncIOExecutor()})
        self._jobs: dict[str, Job] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._running: set[asyncio.Task[Any] | None] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """The jobs, in the order added."""
        return tuple(self._jobs)

    def every(self, seconds: float, name: str, job: Job) -> None:
        """Run the job at this interval, in seconds, once the schedule is started; the first time after one interval.

        Raises:
            ValueError: there is a job with this name, or the interval isn't positive.
        """
        if name in self._jobs:
            raise ValueError(f"there is a job called {name} already")
        if seconds <= 0:
            raise ValueError("an interval is longer than nothing")
        self._jobs[name] = job
        self._turns[name] = asyncio.Lock()
        self._scheduler.add_job(
            self._scheduled,
            IntervalTrigger(seconds=seconds, timezone=UTC),
            args=(name,),
            id=name,
            name=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,  # however late: the work is still due
        )

    async def run_now(self, name: str) -> bool:
        """Run the job now, after a run in progress if there is one. True if it ran without an error.

        Raises:
            KeyError: there is no such job.
        """
        job, turn = self._jobs[name], self._turns[name]
        task = asyncio.current_task()
        async with turn:
            self._running.add(task)
            try:
                await job()
            except Exception as error:  # noqa: BLE001 - whatever a job raises, the schedule goes on
                self._log_failure(name, error)
                return False
            finally:
                self._running.discard(task)
        return True

    def _log_failure(self, name: str, error: Exception) -> None:
        now = self._clock()
        if is_outage(error):  # logged when it began
            return
        if now - self._logged_at.get(name, -LOGGED_EVERY) < LOGGED_EVERY:
            return
        self._logged_at[name] = now
        _log.error("job failed, it gets its next turn job=%s\n%s", name, traceback_of(error))

    async def _scheduled(self, name: str) -> None:
        try:
            await self.run_now(name)
        except asyncio.CancelledError:  # the task ends either way; apscheduler would report it as an error
            _log.info("job cut short by the end of the schedule job=%s", name)

    def start(self) -> None:
        """Start the schedule. Needs a running event loop; safe to call twice."""
        if not self._scheduler.running:
            self._scheduler.start()

    async def stop(self, *, patience: float = 0.0) -> None:
        """Start no more runs, and wait for those in progress. Safe to call twice.

        Args:
            patience: seconds before they are cancelled, perhaps in the middle of a statement.
        """
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        under_way = [task for task in self._running if task and task is not asyncio.current_task()]
        if under_way and patience:
            await asyncio.wait(under_way, timeout=patience)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await asyncio.sleep(0)  # apscheduler shuts down in the loop's next iteration
