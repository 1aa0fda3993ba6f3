"""The settings of all servers in the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.servers.server import ServerSettings
from bot.storage.audit.entries import settings_saved
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.cases import servers


class SqlServerStore:
    """`bot.moderation.servers.server.ServerStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def get(self, guild_id: int) -> ServerSettings | None:
        """The server's settings; None before its first ``/setup``."""
        async with reading(self._engine) as connection:
            rows = await connection.execute(select(servers).where(servers.c.guild_id == guild_id))
            row = rows.mappings().first()
            return None if row is None else _settings(row)

    async def all(self) -> tuple[ServerSettings, ...]:
        """The settings of every server that was set up."""
        async with reading(self._engine) as connection:
            rows = await connection.execute(select(servers).order_by(servers.c.guild_id))
            return tuple(_settings(row) for row in rows.mappings())

    async def save(self, settings: ServerSettings, *, actor_id: int) -> None:
        """Keep the settings and write an audit entry, in one transaction."""
        values = asdict(settings)
        async with writing(self._engine) as connection:
            rows = await connection.execute(select(servers).where(servers.c.guild_id == settings.guild_id))
            row = rows.mappings().first()
            before = None if row is None else _settings(row)
            await connection.execute(insert_if_absent(connection, servers).values(values))
            await connection.execute(update(servers).where(servers.c.guild_id == settings.guild_id).values(values))
            await write_entries(
                connection, [settings_saved(settings, before=before, actor_id=actor_id, at=self._now())]
            )

    async def tell_once(self, guild_id: int) -> bool:
        """Set `card_trouble_told`. True for the one caller that set it; that one tells an admin."""
        return await self._set_told(guild_id, True)

    async def trouble_over(self, guild_id: int) -> None:
        """Clear `card_trouble_told`, because cards can be posted again."""
        await self._set_told(guild_id, False)

    async def _set_told(self, guild_id: int, told: bool) -> bool:
        other = servers.c.card_trouble_told.is_(not told)
        statement = update(servers).where(servers.c.guild_id == guild_id, other).values(card_trouble_told=told)
        async with writing(self._engine) as connection:
            return bool((await connection.execute(statement)).rowcount)


def _settings(row: RowMapping) -> ServerSettings:
    return ServerSettings(**row)
