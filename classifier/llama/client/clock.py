"""The time that the engine's supervisor lives by, handed in so that no test waits for it."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Seconds since some moment; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed."""
        await asyncio.sleep(seconds)


async def done_within(future: asyncio.Future[Any], seconds: float, clock: Clock) -> bool:
    """Wait for a future, but no longer than so many seconds; whether it is done. It goes on if it is not."""
    limit = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((future, limit), return_when=asyncio.FIRST_COMPLETED)
    finally:
        limit.cancel()
        await asyncio.gather(limit, return_exceptions=True)
    return future.done()
