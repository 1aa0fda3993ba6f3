"""Departed servers: their data is kept for a while after the bot left, then deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.moderation.servers.server import ServerStore

KEPT_FOR = timedelta(days=30)  #: bots are also removed by mistake, or just for an afternoon
ROWS_AT_A_TIME = 500


class DepartureStore(Protocol):
    """Records which servers the bot left, and deletes them. Every method is idempotent."""

    async def left(self, guild_id: int) -> bool:
        """The bot is no longer in this server. False if that was known: the first moment counts."""

    async def back(self, guild_id: int) -> bool:
        """The bot is in this server. False if it wasn't recorded as left."""

    async def gone(self) -> frozenset[int]:
        """The servers that the bot left and whose data still exists."""

    async def due(self, *, before: datetime) -> tuple[int, ...]:
        """Those that it left before this time."""

    async def delete_some(self, guild_id: int, *, limit: int) -> int:
        """Delete up to this many rows of a departed server. Returns how many. 0 at the end, which is recorded, and if
        the bot is back."""


class Departures:
    """Tracks which servers the bot is in, and deletes the data of those it left long ago."""

    def __init__(self, *, store: DepartureStore, servers: ServerStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._servers = servers
        self._now = now

    async def left(self, guild_id: int) -> None:
        """The bot was removed. A Discord outage doesn't count."""
        await self._store.left(guild_id)

    async def back(self, guild_id: int) -> None:
        """The bot was added again."""
        await self._store.back(guild_id)

    async def compare(self, present: frozenset[int], *, is_ours: Callable[[int], bool]) -> None:
        """Detect joins and departures during downtime.

        Args:
            present: the servers that Discord says the bot is in, including those with an outage.
            is_ours: whether a server, if the bot were in it, would be among `present`.
        """
        for settings in await self._servers.all():
            if settings.guild_id not in present and is_ours(settings.guild_id):
                await self._store.left(settings.guild_id)
        for guild_id in await self._store.gone() & present:
            await self._store.back(guild_id)

    async def delete_due(self) -> int:
        """Delete what is due, in small batches. Returns how many rows were deleted."""
        deleted = 0
        for guild_id in await self._store.due(before=self._now() - KEPT_FOR):
            while rows := await self._store.delete_some(guild_id, limit=ROWS_AT_A_TIME):
                deleted += rows
        return deleted
