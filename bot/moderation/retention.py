"""Keeps as little as possible: texts of cases go when the server's retention time is over; the case stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.moderation.cases import CaseStore
from bot.moderation.servers import ServerStore


class Retention:
    """Purges texts, server by server."""

    def __init__(self, *, cases: CaseStore, servers: ServerStore, now: Callable[[], datetime]) -> None:
        self._cases = cases
        self._servers = servers
        self._now = now

    async def purge(self) -> int:
        """Delete what is older than each server allows; how many cases lost their text."""
        purged = 0
        for settings in await self._servers.all():
            before = self._now() - timedelta(days=settings.retention_days)
            purged += await self._cases.purge_texts(settings.guild_id, before=before)
        return purged
