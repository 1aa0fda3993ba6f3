"""All metrics of one bot, and the page that shows them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Info, ProcessCollector
from prometheus_client.registry import Collector

from bot.metrics.discord_responses import DiscordResponses
from bot.metrics.page import MetricsPage
from bot.metrics.readiness import Readiness, ReadinessMetrics
from bot.metrics.verdicts import VerdictMetrics


class Monitoring:
    """Counts from the start; publishes nothing until the page is opened."""

    def __init__(self, readiness: Callable[[], Readiness]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        Info("bylaw_build", "The version that runs.", registry=self.registry).info({"version": bylaw_version()})
        self.registry.register(ReadinessMetrics(readiness))
        self.responses = DiscordResponses(self.registry)
        self.verdicts = VerdictMetrics(self.registry)
        self.page = MetricsPage(self.registry, readiness)

    def watch(self, more: Collector) -> None:
        """Add a collector."""
        self.registry.register(more)


def bylaw_version() -> str:
    """The version of this package; ``unknown`` if it isn't installed."""
    try:
        return version("bylaw")
    except PackageNotFoundError:
        return "unknown"
