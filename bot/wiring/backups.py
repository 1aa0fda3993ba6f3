"""Scheduled copies of the database, as the operator's settings want them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.settings import Settings
from bot.storage.database.scheduled_backups import BackupPlan, ScheduledBackups

BACKUPS_EVERY = 60.0  #: seconds between looks at whether a copy is due


def backup_plan(settings: Settings) -> BackupPlan | None:
    """What the settings ask for; None if they ask for no copies."""
    if settings.backup_every_hours is None:
        return None
    return BackupPlan(
        folder=settings.backups, every=timedelta(hours=settings.backup_every_hours), keep=settings.backup_keep
    )


def build_backups(settings: Settings, *, now: Callable[[], datetime]) -> ScheduledBackups | None:
    """What makes the copies; None if the settings ask for none."""
    plan = backup_plan(settings)
    return None if plan is None else ScheduledBackups(settings.database, plan, now=now)
