"""Keeps as little as possible: texts go when the server's retention time is over; the facts of a case stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.moderation.servers.server import ServerStore

PURGED_AT_A_TIME = 200  #: things in one transaction, so that nothing else waits long for its turn


class KeepsTexts(Protocol):
    """A store that holds texts about members, or in their words."""

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the texts of up to `limit` things that are older than this, with an audit entry for each; how many
        lost theirs. 0 once there are none."""


class Retention:
    """Purges texts, server by server."""

    def __init__(self, *, texts: tuple[KeepsTexts, ...], servers: ServerStore, now: Callable[[], datetime]) -> None:
        self._texts = texts
        self._servers = servers
        self._now = now

    async def purge(self) -> int:
        """Delete what is older than each server allows; how many texts went."""
        purged = 0
        for settings in await self._servers.all():
            before = self._now() - timedelta(days=settings.retention_days)
            for store in self._texts:
                while gone := await store.purge_texts(settings.guild_id, before=before):
                    purged += gone
        return purged
