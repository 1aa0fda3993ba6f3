"""What was measured at one size."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.workload.loop_lag import percentile_ms, watching
from bot.long_lived import set_aside_loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measure at one size."""

    seconds: float
    late_p99_ms: float  #: how late the event loop was meanwhile, because of this process's own work
    late_max_ms: float
    details: Mapping[str, float] = field(default_factory=dict)


def sample_of(seconds: float, late: Sequence[float], details: Mapping[str, float] | None = None) -> Sample:
    """From how late the loop was each time, in seconds."""
    return Sample(
        seconds=seconds,
        late_p99_ms=percentile_ms(late, 99),
        late_max_ms=percentile_ms(late, 100),
        details=details or {},
    )


async def timed(work: Callable[[], Awaitable[object]], *, rounds: int = 1) -> Sample:
    """Do it, `rounds` times one after the other; the median counts."""
    set_aside_loaded()  # as `bylaw run` does
    took = []
    async with watching(own_work=True) as late:
        for _ in range(rounds):
            begun = time.perf_counter()
            await work()
            took.append(time.perf_counter() - begun)
    return sample_of(statistics.median(took), late)
