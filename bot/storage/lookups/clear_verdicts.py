"""Deletes clear verdicts that are no longer needed. There is one for each message and policy, so otherwise they would
outgrow everything else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.servers.retention import VERDICTS_AT_A_TIME
from bot.storage.database.engine import writing
from bot.storage.lookups.samples import first_id_since
from bot.storage.tables.cases import clear_verdicts


class SqlOldVerdicts:
    """`bot.moderation.servers.retention.OldVerdicts` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def forget(self, guild_id: int, *, before: datetime, limit: int = VERDICTS_AT_A_TIME) -> int:
        """Delete those of old messages, a limited number at a time. Returns how many."""
        table = clear_verdicts
        # Ids rise with time and come first in the table's key, so newer messages aren't scanned. Titles have negative
        # ids.
        of_old = or_(table.c.message_id < 0, table.c.message_id.between(0, first_id_since(before) - 1))
        key: Any = tuple_(*table.primary_key.columns)
        old = and_(table.c.guild_id == guild_id, of_old, table.c.judged_at < before)
        some = select(*table.primary_key.columns).where(old).limit(limit)
        async with writing(self._engine) as connection:
            return (await connection.execute(delete(table).where(key.in_(some)))).rowcount
