"""Builds the scheduled backups, from the operator's settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.settings import Settings
from bot.storage.database.scheduled_backups import BackupPlan, ScheduledBackups

BACKUPS_EVERY = 60.0  #: seconds between checks whether a copy is due


def backup_plan(settings: Settings) -> BackupPlan | None:
    """The backup plan in the settings; None if they ask for no copies."""
    if settings.backup_every_hours is None:
        return None
    return BackupPlan(
        folder=settings.backups, every=timedelta(hours=settings.backup_every_hours), keep=settings.backup_keep
    )


def build_backups(settings: Settings, *, now: Callable[[], datetime]) -> ScheduledBackups | None:
    """The backup service; None if the settings ask for no copies."""
    plan = backup_plan(settings)
    return None if plan is None else ScheduledBackups(settings.database, plan, now=now)
