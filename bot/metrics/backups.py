"""Metrics of scheduled backups."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Backups(Protocol):
    """The state of the backups."""

    @property
    def last(self) -> datetime | None:
        """When the newest was made; None if there is none."""

    @property
    def failing(self) -> bool:
        """Did the last attempt fail?"""


class BackupMetrics(Collector):
    """Metrics that exist if backups are scheduled."""

    def __init__(self, backups: Backups) -> None:
        self._backups = backups

    def collect(self) -> Iterable[Metric]:
        """Collect the current values."""
        last = self._backups.last
        yield GaugeMetricFamily(
            "bylaw_backup_failing", "1 while the last attempt to copy the database failed.", self._backups.failing
        )
        yield GaugeMetricFamily(
            "bylaw_backup_timestamp_seconds",
            "When the newest scheduled copy of the database was made; 0 where there is none.",
            last.timestamp() if last else 0.0,
        )
