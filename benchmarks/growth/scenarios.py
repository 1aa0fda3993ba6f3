"""What is measured, and at which sizes. Not in `__main__`, which new processes cannot import."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from benchmarks.growth.backtests import backtests
from benchmarks.growth.case_lists import case_lists
from benchmarks.growth.deletions import channel_deleted, member_data, purges
from benchmarks.growth.figures import Measure
from benchmarks.growth.sample import Sample
from benchmarks.growth.start import bare_start, catch_up, start
from bot.log import configure_logging

Work = Callable[[int], Awaitable[dict[str, Sample]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Work, and the sizes at which it is measured."""

    work: Work
    unit: str
    sizes: tuple[int, ...]
    full: tuple[int, ...]


SCENARIOS = {
    "start": Scenario(work=start, unit="servers", sizes=(100, 300, 1_000), full=(500, 1_500, 5_000)),
    "bare_start": Scenario(work=bare_start, unit="servers", sizes=(100, 300, 1_000), full=(500, 1_500, 5_000)),
    "catch_up": Scenario(work=catch_up, unit="servers", sizes=(100, 300, 1_000), full=(500, 1_500, 5_000)),
    "case_lists": Scenario(
        work=case_lists, unit="cases", sizes=(2_000, 10_000, 40_000), full=(100_000, 300_000, 1_000_000)
    ),
    "backtests": Scenario(work=backtests, unit="decisions", sizes=(125, 500, 2_000), full=(125, 500, 2_000)),
    "member_data": Scenario(
        work=member_data, unit="messages of the member", sizes=(300, 1_000, 3_000), full=(1_000, 3_000, 10_000)
    ),
    "purges": Scenario(work=purges, unit="cases", sizes=(300, 1_000, 3_000), full=(1_000, 3_000, 10_000)),
    "channel_deleted": Scenario(
        work=channel_deleted, unit="cases", sizes=(300, 1_000, 3_000), full=(1_000, 3_000, 10_000)
    ),
}


def measure_one(name: str, size: int) -> dict[str, Sample]:
    """One scenario at one size, in this process."""
    configure_logging("error")
    return asyncio.run(_awaited(SCENARIOS[name].work, size))


async def _awaited(work: Work, size: int) -> dict[str, Sample]:
    return await work(size)


def measure(name: str, *, full: bool) -> Iterator[Measure]:
    """One scenario at all of its sizes."""
    scenario = SCENARIOS[name]
    sizes = scenario.full if full else scenario.sizes
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), max_tasks_per_child=1) as process:
        by_size = {size: process.submit(measure_one, name, size).result() for size in sizes}
    for line in by_size[sizes[0]]:
        yield Measure(name=line, unit=scenario.unit, samples={size: found[line] for size, found in by_size.items()})
