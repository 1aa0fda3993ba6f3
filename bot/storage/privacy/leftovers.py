"""Removes what a database keeps besides its rows: the write-ahead log, copies from before upgrades, old searches."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.database.engine import database_file, empty_log, writing
from bot.storage.database.migrate import copies_of
from bot.storage.lookups.search import KEPT_FOR
from bot.storage.tables.lookups import case_queries

_log = logging.getLogger(__name__)

MOST_DAYS = 30  #: days that a copy from before an upgrade is kept


class SqlLeftovers:
    """`bot.moderation.servers.retention.Leftovers` for SQLite; on PostgreSQL only searches. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, copies_for: timedelta) -> None:
        self._engine = engine
        self._copies_for = copies_for

    async def remove(self, *, at: datetime) -> None:
        """Delete searches and copies that are too old, and empty the write-ahead log."""
        async with writing(self._engine) as connection:
            await connection.execute(delete(case_queries).where(case_queries.c.at < at - KEPT_FOR))
        await empty_log(self._engine)
        file = database_file(self._engine.url)
        if file is not None:
            await asyncio.to_thread(_delete_copies, file, at - self._copies_for)


def _delete_copies(file: Path, before: datetime) -> None:
    for copy in copies_of(file):
        try:
            if datetime.fromtimestamp(copy.stat().st_mtime, tz=UTC) < before:
                copy.unlink()
                _log.info("deleted an old copy of the database file=%s", copy.name)
        except OSError as error:
            _log.warning("an old copy of the database could not be deleted file=%s error=%s", copy.name, error.strerror)
