"""Moderators' own choices in the database."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.review.shield import ShieldLevel
from bot.storage.database.engine import reading, writing
from bot.storage.tables.members import moderator_settings


class SqlShieldLevels:
    """`bot.moderation.review.shield.ShieldLevels` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def level(self, guild_id: int, member_id: int) -> ShieldLevel:
        """The choice; SERVER if there is none, or a newer version of Bylaw stored it."""
        query = select(moderator_settings.c.shield).where(_of(guild_id, member_id))
        async with reading(self._engine) as connection:
            kept = (await connection.execute(query)).scalar()
        return ShieldLevel(kept) if kept in set(ShieldLevel) else ShieldLevel.SERVER

    async def choose(self, guild_id: int, member_id: int, level: ShieldLevel) -> None:
        """Store it."""
        row = {"guild_id": guild_id, "member_id": member_id, "shield": level.value}
        async with writing(self._engine) as connection:
            await connection.execute(delete(moderator_settings).where(_of(guild_id, member_id)))
            if level is not ShieldLevel.SERVER:
                await connection.execute(insert(moderator_settings).values(row))


def _of(guild_id: int, member_id: int) -> ColumnElement[bool]:
    return and_(moderator_settings.c.guild_id == guild_id, moderator_settings.c.member_id == member_id)
