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


class Leftovers(Protocol):
    """What a database keeps besides its rows: pages of before a deletion, copies of before an upgrade, old searches."""

    async def remove(self, *, at: datetime) -> None:
        """Remove what is no longer needed at this moment."""


class Retention:
    """Purges texts, server by server, and then what a database still has of them.

    Args:
        now: a clock that a mistake on this machine cannot put forward: what is deleted does not come back.
    """

    def __init__(
        self,
        *,
        texts: tuple[KeepsTexts, ...],
        servers: ServerStore,
        now: Callable[[], datetime],
        leftovers: Leftovers | None = None,
    ) -> None:
        self._texts = texts
        self._servers = servers
        self._now = now
        self._leftovers = leftovers

    async def purge(self) -> int:
        """Delete what is older than each server allows; how many texts went."""
        purged, now = 0, self._now()
        for settings in await self._servers.all():
            before = now - timedelta(days=settings.retention_days)
            for store in self._texts:
                while gone := await store.purge_texts(settings.guild_id, before=before):
                    purged += gone
        if self._leftovers is not None:
            await self._leftovers.remove(at=now)
        return purged
