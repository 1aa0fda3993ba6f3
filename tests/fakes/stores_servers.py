"""Settings of servers in memory, for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.moderation.servers.server import ServerSettings
from bot.storage.audit import entries
from tests.fakes.stores_audit import MemoryAuditLog


class MemoryServerStore:
    """`bot.moderation.servers.server.ServerStore` as a dictionary."""

    def __init__(self, *, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._now = now
        self._audit = audit
        self._servers: dict[int, ServerSettings] = {}

    async def get(self, guild_id: int) -> ServerSettings | None:
        """The server's settings; None before its first ``/setup``."""
        return self._servers.get(guild_id)

    async def all(self) -> tuple[ServerSettings, ...]:
        """The settings of every server that was set up."""
        return tuple(self._servers[guild_id] for guild_id in sorted(self._servers))

    async def save(self, settings: ServerSettings, *, actor_id: int) -> None:
        """Keep the settings and write an audit entry."""
        before = self._servers.get(settings.guild_id)
        self._servers[settings.guild_id] = settings
        self._audit.add([entries.settings_saved(settings, before=before, actor_id=actor_id, at=self._now())])

    async def tell_once(self, guild_id: int) -> bool:
        """Set `card_trouble_told`. True for the one caller that set it; that one tells an admin."""
        settings = self._servers.get(guild_id)
        if settings is None or settings.card_trouble_told:
            return False
        self._servers[guild_id] = replace(settings, card_trouble_told=True)
        return True

    async def trouble_over(self, guild_id: int) -> None:
        """Clear `card_trouble_told`, because cards can be posted again."""
        settings = self._servers.get(guild_id)
        if settings is not None:
            self._servers[guild_id] = replace(settings, card_trouble_told=False)
