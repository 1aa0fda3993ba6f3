"""Concurrent callers with the same question share one answer: forty reports of one message are one question to the
judge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Future[T]
    waiting: int = 0


class SingleFlight(Generic[K, T]):
    """Shares the work that is under way, by key, and remembers nothing of it afterwards."""

    def __init__(self) -> None:
        self._flights: dict[K, _Flight[T]] = {}

    async def share(self, key: K, begin: Callable[[], Awaitable[T]]) -> T:
        """The result of the running work for this key; starts the work if none is running.

        Cancelling one caller leaves the work to the others; when the last one is cancelled, so is the work. What the
        work raises, every caller gets.
        """
        flight = self._flights.get(key) or self._take_off(key, begin)
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                flight.task.cancel()  # without effect on work that is done
                self._forget(key, flight)

    def _take_off(self, key: K, begin: Callable[[], Awaitable[T]]) -> _Flight[T]:
        flight = self._flights[key] = _Flight(asyncio.ensure_future(begin()))

        def landed(_: asyncio.Future[T]) -> None:
            self._forget(key, flight)  # before those who wait go on, so that they may ask once more

        flight.task.add_done_callback(landed)
        return flight

    def _forget(self, key: K, flight: _Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
