"""What happens to the data of a server that the bot left: it is kept for a while, and then deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.moderation.servers.server import ServerStore

KEPT_FOR = timedelta(days=30)  #: a bot is also removed by mistake, or for an afternoon
ROWS_AT_A_TIME = 500


class DepartureStore(Protocol):
    """Which servers the bot left, and their end. Every method may be repeated."""

    async def left(self, guild_id: int) -> bool:
        """The bot is no longer in this server. False if that was known: the first moment counts."""

    async def back(self, guild_id: int) -> bool:
        """The bot is in this server. False if it was not known to have left."""

    async def gone(self) -> frozenset[int]:
        """The servers that the bot left and whose data is still there."""

    async def due(self, *, before: datetime) -> tuple[int, ...]:
        """Those that it left before this moment."""

    async def delete_some(self, guild_id: int, *, limit: int) -> int:
        """Delete this many rows of a server that is still left; how many were deleted. 0 at the end, which is written
        down, and where the bot is back."""


class Departures:
    """Keeps track of where the bot is, and deletes what belongs to servers that it left long ago."""

    def __init__(self, *, store: DepartureStore, servers: ServerStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._servers = servers
        self._now = now

    async def left(self, guild_id: int) -> None:
        """The bot was removed. An outage of Discord's is no departure."""
        await self._store.left(guild_id)

    async def back(self, guild_id: int) -> None:
        """The bot was added again."""
        await self._store.back(guild_id)

    async def compare(self, present: frozenset[int], *, is_ours: Callable[[int], bool]) -> None:
        """Notice what happened while nobody listened.

        Args:
            present: the servers that Discord says the bot is in, those with an outage included.
            is_ours: whether a server, if the bot were in it, would be among `present`.
        """
        for settings in await self._servers.all():
            if settings.guild_id not in present and is_ours(settings.guild_id):
                await self._store.left(settings.guild_id)
        for guild_id in await self._store.gone() & present:
            await self._store.back(guild_id)

    async def delete_due(self) -> int:
        """Delete what is due, in small batches; how many rows went."""
        deleted = 0
        for guild_id in await self._store.due(before=self._now() - KEPT_FOR):
            while rows := await self._store.delete_some(guild_id, limit=ROWS_AT_A_TIME):
                deleted += rows
        return deleted
