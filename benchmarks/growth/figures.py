"""From samples at several sizes to how a measure grows, and to lines for people. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.growth.sample import Sample

FASTER = 1.2  #: a larger exponent is faster than the input grows; what is above 1 below that is noise of a busy machine
LATEST_MS = 50.0  #: the event loop, in 99 of 100 turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One line: the same work at several sizes, the smallest first."""

    name: str
    unit: str  #: what the sizes count
    samples: Mapping[int, Sample]

    @property
    def exponent(self) -> float:
        """Time grows like the size to the power of this: 0 is flat, 1 is in proportion, 2 is quadratic."""
        return exponent([(size, sample.seconds) for size, sample in self.samples.items()])

    @property
    def late_p99_ms(self) -> float:
        """At the size where it was worst."""
        return max(sample.late_p99_ms for sample in self.samples.values())

    @property
    def late_max_ms(self) -> float:
        """At the size where it was worst."""
        return max(sample.late_max_ms for sample in self.samples.values())

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is not as it should be."""
        found = []
        if self.exponent > FASTER:
            found.append("grows faster than its input")
        if self.late_p99_ms > LATEST_MS:
            found.append("holds up the event loop")
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "name": self.name,
            "unit": self.unit,
            "sizes": list(self.samples),
            "seconds": [round(sample.seconds, 5) for sample in self.samples.values()],
            "exponent": round(self.exponent, 2),
            "loop_late_p99_ms": self.late_p99_ms,
            "loop_late_max_ms": self.late_max_ms,
            "troubles": list(self.troubles),
            "details": [dict(sample.details) for sample in self.samples.values()],
        }


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the line through the logarithms of sizes and times (least squares).

    Raises:
        ValueError: fewer than two sizes.
    """
    if len({size for size, _ in points}) < 2:
        raise ValueError("growth needs two sizes")
    sizes = [math.log(size) for size, _ in points]
    times = [math.log(max(seconds, 1e-9)) for _, seconds in points]
    size_mean, time_mean = sum(sizes) / len(sizes), sum(times) / len(times)
    above = sum((size - size_mean) * (time - time_mean) for size, time in zip(sizes, times, strict=True))
    return above / sum((size - size_mean) ** 2 for size in sizes)


def table(measures: Iterable[Measure]) -> str:
    """A line for each measure."""
    rows = [("measure", "time by size", "grows like", "loop late p99 / max")]
    for each in measures:
        by_size = ", ".join(f"{size:,}: {in_words(sample.seconds)}" for size, sample in each.samples.items())
        late = f"{each.late_p99_ms:.0f} / {each.late_max_ms:.0f} ms"
        rows.append((each.name, f"{by_size} ({each.unit})", f"n^{each.exponent:.2f}", late))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def in_words(seconds: float) -> str:
    """Short and readable."""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"
