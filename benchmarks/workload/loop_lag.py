"""How late an event loop is: a task that sleeps for a few milliseconds notes when it really gets its turn."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

NAP_S = 0.005


@asynccontextmanager
async def watching(*, own_work: bool = False) -> AsyncIterator[list[float]]:
    """How late the loop came back, in seconds, again and again until the block ends.

    Args:
        own_work: no more than the processor worked for this process meanwhile: so other programs on a busy machine do
            not count.
    """
    late: list[float] = []
    task = asyncio.create_task(_nap(late, own_work=own_work))
    await asyncio.sleep(0)  # it has begun to sleep
    try:
        yield late
        await asyncio.sleep(2 * NAP_S)  # what the block did last is noticed, too
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _nap(late: list[float], *, own_work: bool) -> None:
    while True:
        before, worked_before = time.perf_counter(), time.process_time()
        await asyncio.sleep(NAP_S)
        waited, worked = time.perf_counter() - before - NAP_S, time.process_time() - worked_before
        late.append(min(waited, worked) if own_work else waited)


def percentile_ms(seconds: Sequence[float], percent: int) -> float:
    """In milliseconds; 0 if nothing was measured."""
    if len(seconds) < 2:
        return round(1000 * sum(seconds), 2)
    if percent == 100:
        return round(1000 * max(seconds), 2)
    return round(1000 * statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1], 2)
