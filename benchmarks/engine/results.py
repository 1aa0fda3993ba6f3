"""What was measured, as values, and the one JSON object that holds it all. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.workload.ceiling import Speed
from benchmarks.workload.load import Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """One side on one workload."""

    settings: str
    rounds: tuple[float, ...]  #: messages a second, in the order in which they were measured
    memory: int = 0  #: bytes
    latency: Latency | None = None
    others: Mapping[str, float] = field(default_factory=dict)  #: messages a second with settings that were slower

    @property
    def rate(self) -> float:
        """Messages a second: the median of the rounds."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float:
        """How far the rounds lie apart, as a share of their median."""
        return spread(self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All sides on one workload."""

    about: str
    bylaw: Rates
    llama_server: Rates
    sequential: Rates | None
    ceilings: tuple[float, ...]  #: of each round, at the speed that was measured in it
    speed: Speed  #: what the ceilings rest on: its median

    @property
    def ceiling(self) -> float:
        """Messages a second that no engine beats: the median of the rounds."""
        return statistics.median(self.ceilings)

    @property
    def share_of_ceiling(self) -> float:
        """What Bylaw reached of it: the median of the rounds' own shares, which a slow hour hardly moves."""
        pairs = zip(self.bylaw.rounds, self.ceilings, strict=True)
        return statistics.median(rate / ceiling for rate, ceiling in pairs)

    def as_json(self) -> dict[str, Any]:
        """The rates by name, with their details under ``detail``."""
        rate = self.bylaw.rate
        alone = self.sequential.rate if self.sequential else None
        sides = {"bylaw": self.bylaw, "llama_server": self.llama_server, "sequential": self.sequential}
        return {
            "bylaw": round(rate, 3),
            "sequential": None if alone is None else round(alone, 3),
            "llama_server": round(self.llama_server.rate, 3),
            "ceiling": round(self.ceiling, 3),
            "share_of_ceiling": round(self.share_of_ceiling, 3),
            "times_llama_server": round(rate / self.llama_server.rate, 2),
            "times_sequential": None if alone is None else round(rate / alone, 2),
            "spread": {
                "bylaw": round(self.bylaw.spread, 3),
                "llama_server": round(self.llama_server.spread, 3),
                "ceiling": round(spread(self.ceilings), 3),
            },
            "about": self.about,
            "speed": speed_as_json(self.speed),
            "detail": {name: _detail(side) for name, side in sides.items() if side is not None},
        }


def spread(rounds: Sequence[float]) -> float:
    """The distance between the fastest and the slowest round, as a share of their median."""
    return (max(rounds) - min(rounds)) / statistics.median(rounds)


def _detail(side: Rates) -> dict[str, Any]:
    return {
        "settings": side.settings,
        "rounds": [round(value, 3) for value in side.rounds],
        "memory_mb": round(side.memory / 1e6),
        "latency": side.latency and {key: round(value, 2) for key, value in asdict(side.latency).items()},
        "other_settings": {name: round(value, 3) for name, value in side.others.items()},
    }


def speed_as_json(speed: Speed) -> dict[str, Any]:
    """A line of llama-batched-bench: tokens a second."""
    return {
        "settings": speed.settings,
        "sequences": speed.sequences,
        "prompt": round(speed.prompt, 1),
        "decode": round(speed.decode, 1),
    }


def share_of_bandwidth(speed: Speed, *, weights: int, gb_per_s: float) -> float | None:
    """How much of the memory's speed decoding takes, if each step reads all weights once; None if that is not known.

    With 16 sequences or more nearly every expert of a layer has a token, so the whole file is read at each step.
    """
    if not gb_per_s:
        return None
    steps_per_s = speed.decode / speed.sequences
    return round(steps_per_s * weights / 1e9 / gb_per_s, 3)
