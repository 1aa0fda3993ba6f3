"""Whether the bot is ready, and how many of its connections to Discord are up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How the bot is at this moment."""

    why_not: str = ""  #: a few words; empty if the bot is ready
    shards: int = 0  #: connections to Discord that this process is to have
    connected: int = 0  #: of these, those that are up


class ReadinessMetrics(Collector):
    """Readiness as Prometheus reads it."""

    def __init__(self, readiness: Callable[[], Readiness]) -> None:
        self._readiness = readiness

    def collect(self) -> Iterable[Metric]:
        """As it is now."""
        now = self._readiness()
        yield GaugeMetricFamily("bylaw_ready", "1 while the bot is connected and its judge answers.", not now.why_not)
        yield GaugeMetricFamily("bylaw_shards", "Connections to Discord that there are to be.", now.shards)
        yield GaugeMetricFamily("bylaw_shards_connected", "Connections to Discord that are up.", now.connected)
