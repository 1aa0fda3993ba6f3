"""Stores in the database which judge each server was last told about."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.trials.drift import JudgeMark
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.trials import judge_marks


class SqlDriftStore:
    """`bot.moderation.trials.drift.DriftStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def mark(self, guild_id: int) -> JudgeMark | None:
        """The server's mark; None before its first."""
        async with reading(self._engine) as connection:
            rows = await connection.execute(select(judge_marks).where(judge_marks.c.guild_id == guild_id))
            row = rows.mappings().one_or_none()
        return None if row is None else JudgeMark(**row)

    async def remember(self, mark: JudgeMark) -> None:
        """Replace the server's mark."""
        values = {"guild_id": mark.guild_id, "identity": mark.identity, "at": mark.at}
        async with writing(self._engine) as connection:
            await connection.execute(insert_if_absent(connection, judge_marks).values(values))
            await connection.execute(update(judge_marks).where(judge_marks.c.guild_id == mark.guild_id).values(values))
