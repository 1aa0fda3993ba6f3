"""Metrics of the bot's readiness, and of its connections to Discord."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The bot's current readiness."""

    why_not: str = ""  #: why not, in a few words; empty if the bot is ready
    shards: int = 0  #: connections to Discord that this process should have
    connected: int = 0  #: of these, those that are up


class ReadinessMetrics(Collector):
    """Prometheus metrics of readiness."""

    def __init__(self, readiness: Callable[[], Readiness]) -> None:
        self._readiness = readiness

    def collect(self) -> Iterable[Metric]:
        """Collect the current values."""
        now = self._readiness()
        yield GaugeMetricFamily("bylaw_ready", "1 while the bot is connected and its judge answers.", not now.why_not)
        yield GaugeMetricFamily("bylaw_shards", "Connections to Discord that there are to be.", now.shards)
        yield GaugeMetricFamily("bylaw_shards_connected", "Connections to Discord that are up.", now.connected)
