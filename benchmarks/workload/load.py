"""Send work to a side and time it, in the same way for every side."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from benchmarks.workload.jobs import Job

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
PATIENCE_S = 600.0  #: a side that says nothing for this long is broken


class Answering(Protocol[T_contra]):
    """Something that answers: a peer or Bylaw."""

    async def answer(self, job: T_contra) -> None:
        """Do all of the job. Many may be under way at once; a side that can do one at a time lets them wait."""


class Side(Answering[Job], Protocol):
    """A side of the comparison, while it runs."""

    @property
    def settings(self) -> str:
        """What it was started with, for people."""

    def memory(self) -> int:
        """Bytes in memory, weights included."""

    async def close(self) -> None:
        """End it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long answers took while messages came at a fixed rate; seconds."""

    rate: float  #: messages a second
    p50: float
    p95: float


async def take_turns(turns: Sequence[Callable[[], Awaitable[None]]], round_number: int) -> None:
    """One round: each takes its turn, another one first in every round, so that nobody always goes first."""
    first = round_number % len(turns)
    for turn in (*turns[first:], *turns[:first]):
        await turn()


async def all_at_once(side: Answering[T], work: Sequence[T], *, patience_s: float = PATIENCE_S) -> float:
    """Messages a second, from the first question to the last answer, when everything waits at the start."""
    begun = time.perf_counter()
    await _all((side.answer(job) for job in work), patience_s=patience_s)
    return len(work) / (time.perf_counter() - begun)


async def as_they_come(side: Answering[T], work: Sequence[T], times: Sequence[float], *, rate: float) -> Latency:
    """How long each answer takes, when messages come at these times (seconds from now) whatever the side does."""
    begun = time.perf_counter()
    took: list[float] = []

    async def come(job: T, at: float) -> None:
        await asyncio.sleep(max(0.0, begun + at - time.perf_counter()))
        await side.answer(job)
        took.append(time.perf_counter() - begun - at)

    await _all(come(job, at) for job, at in zip(work, times, strict=True))
    return Latency(rate=rate, p50=percentile(took, 50), p95=percentile(took, 95))


async def _all(answers: Iterable[Awaitable[None]], *, patience_s: float = PATIENCE_S) -> None:
    tasks = [asyncio.create_task(_done(answer)) for answer in answers]
    try:
        async with asyncio.timeout(patience_s):
            await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _done(answer: Awaitable[None]) -> None:
    await answer


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` percent do not exceed."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
