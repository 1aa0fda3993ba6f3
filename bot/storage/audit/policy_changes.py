"""Tells whoever remembers policies that some of a server are being changed here."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.audit.log import record_policy_change
from guild_policies.store.port import PolicyChange


class PolicyChanges:
    """Records every change in the audit log, and tells of it within its transaction."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[int], None]] = []

    def listen(self, tell: Callable[[int], None]) -> None:
        """Tell somebody from now on of servers whose policies are changed."""
        self._listeners.append(tell)

    async def record(self, connection: AsyncConnection, change: PolicyChange) -> None:
        """The hook of `guild_policies.store.sql.SqlPolicyStore`."""
        await record_policy_change(connection, change)
        for tell in self._listeners:
            tell(change.guild_id)
