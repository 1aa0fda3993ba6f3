"""Tells caches that policies of a server are being changed in this process."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.audit.log import record_policy_change
from guild_policies.store.port import PolicyChange


class PolicyChanges:
    """Records every change in the audit log, and tells subscribers within its transaction."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[int], None]] = []

    def subscribe(self, tell: Callable[[int], None]) -> None:
        """Call `tell` with the id of each server whose policies this process changes."""
        self._subscribers.append(tell)

    async def record(self, connection: AsyncConnection, change: PolicyChange) -> None:
        """The hook of `guild_policies.store.sql.SqlPolicyStore`."""
        await record_policy_change(connection, change)
        for tell in self._subscribers:
            tell(change.guild_id)
