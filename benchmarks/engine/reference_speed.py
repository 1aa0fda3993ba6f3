"""How fast llama.cpp computes at the moment: the settings are found once, the speeds are measured again and again.

A shared machine is not equally fast all day. So the yardstick takes its turn in every round, like a side, and each
round has a ceiling of its own.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.peers.batched_bench import BatchedBench
from benchmarks.workload.ceiling import Speed, Work


@dataclass(slots=True, kw_only=True)
class ReferenceSpeed:
    """llama-batched-bench with every setting that is tried, and with the one that suits the workload best."""

    bench: BatchedBench
    tried: tuple[Speed, ...]
    chosen: Speed
    latest: list[Speed] = field(default_factory=list)  #: with the chosen settings, since they were chosen

    @classmethod
    async def find(
        cls, bench: BatchedBench, settings: Sequence[Sequence[str]], sequences: Sequence[int]
    ) -> ReferenceSpeed:
        """Try all settings."""
        tried = tuple([speed for each in settings for speed in await bench.measure(each, sequences)])
        return cls(bench=bench, tried=tried, chosen=tried[0])

    def choose(self, work: Work) -> None:
        """Take the settings with which this work is done soonest, and forget what was measured."""
        self.chosen = max(self.tried, key=work.ceiling)
        self.latest = []

    async def measure(self) -> None:
        """Measure with the chosen settings once more."""
        self.latest += await self.bench.measure(self.chosen.settings.split(), [self.chosen.sequences])

    def ceilings(self, works: Sequence[Work]) -> tuple[float, ...]:
        """Messages a second that no engine beats, for the work of each round at the speed measured in it."""
        return tuple(work.ceiling(speed) for work, speed in zip(works, self.latest, strict=True))

    def speed(self) -> Speed:
        """The median of what was measured since the settings were chosen."""
        return Speed(
            settings=self.chosen.settings,
            sequences=self.chosen.sequences,
            prompt=statistics.median(speed.prompt for speed in self.latest),
            decode=statistics.median(speed.decode for speed in self.latest),
        )
