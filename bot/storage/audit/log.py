"""The audit log in the database: one function that adds an entry within a transaction, and the read side."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.storage.audit.entries import policy_changed
from bot.storage.database.engine import reading
from bot.storage.tables.cases import audit_entries
from guild_policies.store.port import PolicyChange


async def write_entries(connection: AsyncConnection, entries: Iterable[AuditEntry]) -> None:
    """Add entries within the current transaction: they are written with their change or not at all."""
    rows = [
        {
            "guild_id": entry.guild_id,
            "actor_id": entry.actor_id,
            "action": entry.action.value,
            "subject": entry.subject,
            "detail": entry.detail,
            "at": entry.at,
        }
        for entry in entries
    ]
    if rows:
        await connection.execute(insert(audit_entries), rows)


async def record_policy_change(connection: AsyncConnection, change: PolicyChange) -> None:
    """The hook of `guild_policies.store.sql.SqlPolicyStore`: its changes go into the same audit log."""
    await write_entries(connection, [policy_changed(change)])


class SqlAuditLog:
    """Reads what the stores wrote (`bot.moderation.cases.audit.AuditLog`)."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def entries(self, guild_id: int, *, subject: str | None = None, limit: int = 50) -> tuple[AuditEntry, ...]:
        """Entries of a server, newest first."""
        query = select(audit_entries).where(audit_entries.c.guild_id == guild_id)
        if subject is not None:
            query = query.where(audit_entries.c.subject == subject)
        query = query.order_by(audit_entries.c.id.desc()).limit(limit)
        async with reading(self._engine) as connection:
            return tuple(entry_of(row) for row in (await connection.execute(query)).mappings())


def entry_of(row: RowMapping) -> AuditEntry:
    """The entry of a row."""
    return AuditEntry(
        guild_id=row["guild_id"],
        actor_id=row["actor_id"],
        action=AuditAction(row["action"]),
        subject=row["subject"],
        detail=row["detail"],
        at=row["at"],
    )
