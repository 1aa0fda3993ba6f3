"""The supervisor's clock, passed in so that no test waits for real time."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Seconds since some moment; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""
        await asyncio.sleep(seconds)


async def done_within(future: asyncio.Future[Any], seconds: float, clock: Clock) -> bool:
    """Wait for a future for at most `seconds`; whether it is done. It is not cancelled if it is not."""
    limit = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((future, limit), return_when=asyncio.FIRST_COMPLETED)
    finally:
        limit.cancel()
        await asyncio.gather(limit, return_exceptions=True)
    return future.done()
