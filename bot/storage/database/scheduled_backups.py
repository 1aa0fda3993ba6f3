"""Scheduled backups: the running bot copies the database from time to time, and deletes old copies.

The names of the copies in the folder tell when one is due, so a bot that is restarted often still makes them.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.storage.database.backup import backup
from bot.storage.database.engine import database_url
from bot.storage.database.errors import StorageError

_log = logging.getLogger(__name__)

TRIED_AGAIN_AFTER = timedelta(minutes=15)  #: delay after a failure, so that a full disk isn't filled every minute
LATE_AFTER = timedelta(hours=1)  #: tolerated delay before anybody is told

_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"bylaw-(\d{8}T\d{6}Z)\.(?:sqlite3|dump)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """The operator's settings for backups."""

    folder: Path
    every: timedelta
    keep: int  #: copies; older ones are deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy, identified by its name."""

    file: Path
    at: datetime


def copies_in(folder: Path, *, now: datetime) -> tuple[Copy, ...]:
    """The scheduled copies in a folder, newest last. Copies dated in the future by a wrong clock count as the oldest.

    Raises:
        OSError: the folder exists but can't be read.
    """
    found = []
    for file in folder.iterdir() if folder.is_dir() else ():
        name = _NAME.fullmatch(file.name)
        if name and file.is_file():
            found.append(Copy(file=file, at=datetime.strptime(name[1], _STAMP).replace(tzinfo=UTC)))
    return tuple(sorted(found, key=lambda copy: (copy.at <= now, copy.at)))


def newest(copies: tuple[Copy, ...], *, now: datetime) -> datetime | None:
    """When the last copy was made; None if there is none."""
    return copies[-1].at if copies and copies[-1].at <= now else None


def is_late(last: datetime | None, plan: BackupPlan, *, now: datetime) -> bool:
    """Should a running bot have made a newer copy by now?"""
    return last is None or now - last > plan.every + LATE_AFTER


class ScheduledBackups:
    """Makes a copy when one is due. A failure is logged once, until it works again."""

    def __init__(self, address: str, plan: BackupPlan, *, now: Callable[[], datetime]) -> None:
        self._address = address
        self._plan = plan
        self._now = now
        self._tried_at: datetime | None = None
        self._failing = False
        self._last: datetime | None = None

    @property
    def failing(self) -> bool:
        """Did the last attempt fail?"""
        return self._failing

    @property
    def last(self) -> datetime | None:
        """When the newest copy was made, as far as known; None if there is none."""
        return self._last

    async def make_if_due(self) -> bool:
        """Make a copy if the newest one is old enough, and delete surplus ones. True if one was made."""
        now = self._now()
        try:
            self._last = newest(await self._copies(now), now=now)
            if not self._is_due(now):
                return False
            self._tried_at = now
            made = await backup(self._address, self._plan.folder / self._name_at(now))
            self._last = now
            _log.info("backup made file=%s", made.name)
            self._failing = False
            await asyncio.to_thread(self._prune, now)
        except (StorageError, OSError) as error:
            self._tell(error)
            return False
        return True

    def _is_due(self, now: datetime) -> bool:
        if self._failing and self._tried_at and timedelta() <= now - self._tried_at < TRIED_AGAIN_AFTER:
            return False
        return self._last is None or now - self._last >= self._plan.every

    async def _copies(self, now: datetime) -> tuple[Copy, ...]:
        return await asyncio.to_thread(copies_in, self._plan.folder, now=now)

    def _name_at(self, now: datetime) -> str:
        ending = "dump" if database_url(self._address).get_backend_name() == "postgresql" else "sqlite3"
        return f"bylaw-{now.astimezone(UTC):{_STAMP}}.{ending}"

    def _prune(self, now: datetime) -> None:
        for copy in copies_in(self._plan.folder, now=now)[: -self._plan.keep]:
            try:
                copy.file.unlink()
                _log.info("deleted an old backup file=%s", copy.file.name)
            except OSError as error:
                _log.warning("an old backup could not be deleted file=%s error=%s", copy.file.name, error.strerror)

    def _tell(self, error: StorageError | OSError) -> None:
        why = str(error) if isinstance(error, StorageError) else f"{self._plan.folder}: {error.strerror}"
        if not self._failing:
            _log.error("backup failed, older ones are kept and it is tried again every 15 minutes why=%s", why)
        self._failing = True
