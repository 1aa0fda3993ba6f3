"""The language that each member was last seen with, in the database. Holds no words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.languages.language import Language, known_language
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.members import member_languages


class SqlMemberLanguages:
    """`bot.moderation.servers.interface_language.MemberLanguageStore` over SQLite or PostgreSQL. Raises
    `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def get(self, guild_id: int, member_id: int) -> Language | None:
        """None if it is not known, or was stored by a newer version of Bylaw with more languages."""
        query = select(member_languages.c.language).where(_of(guild_id, member_id))
        async with reading(self._engine) as connection:
            return known_language((await connection.execute(query)).scalar() or "")

    async def note(self, guild_id: int, member_id: int, language: Language) -> None:
        """Store it."""
        seen = {"language": language.value, "seen_at": self._now()}
        row = {"guild_id": guild_id, "member_id": member_id, **seen}
        async with writing(self._engine) as connection:
            await connection.execute(insert_if_absent(connection, member_languages).values(row))
            await connection.execute(update(member_languages).where(_of(guild_id, member_id)).values(seen))

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete some members who weren't seen since this time. Writes no audit entry, because nothing was said or
        decided."""
        columns = (member_languages.c.guild_id, member_languages.c.member_id)
        old = select(*columns).where(member_languages.c.guild_id == guild_id, member_languages.c.seen_at < before)
        async with writing(self._engine) as connection:
            gone = delete(member_languages).where(tuple_(*columns).in_(old.limit(limit)))
            return (await connection.execute(gone)).rowcount


def _of(guild_id: int, member_id: int) -> ColumnElement[bool]:
    return and_(member_languages.c.guild_id == guild_id, member_languages.c.member_id == member_id)
