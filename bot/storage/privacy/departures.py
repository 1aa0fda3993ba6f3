"""Servers that the bot left, in the database, and the deletion of everything that belongs to one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.cases import audit_entries, metadata
from bot.storage.tables.privacy import departures
from guild_policies.store.tables import policies, policy_publications, policy_versions

#: Tables that the database refuses to delete from, and those they refer to: ids, and published policies.
KEPT = (audit_entries, policies, policy_versions, policy_publications)


class SqlDepartureStore:
    """`bot.moderation.servers.departures.DepartureStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def left(self, guild_id: int) -> bool:
        """Store that the bot left, with the first time."""
        at = self._now()
        async with writing(self._engine) as connection:
            row = insert_if_absent(connection, departures).values(guild_id=guild_id, left_at=at)
            is_new = bool((await connection.execute(row)).rowcount)
            if is_new:
                await write_entries(connection, [_entry(guild_id, AuditAction.SERVER_LEFT, at)])
            return is_new

    async def back(self, guild_id: int) -> bool:
        """Delete the record that it left."""
        async with writing(self._engine) as connection:
            row = delete(departures).where(departures.c.guild_id == guild_id)
            was_gone = bool((await connection.execute(row)).rowcount)
            if was_gone:
                await write_entries(connection, [_entry(guild_id, AuditAction.SERVER_BACK, self._now())])
            return was_gone

    async def gone(self) -> frozenset[int]:
        """All servers that were left."""
        async with reading(self._engine) as connection:
            return frozenset((await connection.execute(select(departures.c.guild_id))).scalars())

    async def due(self, *, before: datetime) -> tuple[int, ...]:
        """Those left before this time, earliest first."""
        query = select(departures.c.guild_id).where(departures.c.left_at < before).order_by(departures.c.left_at)
        async with reading(self._engine) as connection:
            return tuple((await connection.execute(query)).scalars())

    async def delete_some(self, guild_id: int, *, limit: int) -> int:
        """Delete rows of one table in a transaction. The last transaction writes the audit entry and deletes the
        departure."""
        async with writing(self._engine) as connection:
            mine = departures.c.guild_id == guild_id
            if (await connection.execute(select(departures).where(mine).with_for_update())).first() is None:
                return 0
            for table in deleted_tables():
                if rows := await _delete_from(connection, table, guild_id, limit):
                    return rows
            await self._forget_policies(connection, guild_id)
            await connection.execute(delete(departures).where(mine))
            await write_entries(connection, [_entry(guild_id, AuditAction.SERVER_DELETED, self._now())])
            return 0

    async def _forget_policies(self, connection: AsyncConnection, guild_id: int) -> None:
        """Mark policies as deleted, as if an admin had done it: versions stay, so their policies do, too."""
        standing = (policies.c.guild_id == guild_id, policies.c.deleted_at.is_(None))
        values: dict[str, Any] = {"deleted_at": self._now(), "name_key": None, "place": None, "settings": {}}
        await connection.execute(update(policies).where(*standing).values(values))


def deleted_tables() -> tuple[Table, ...]:
    """The tables whose rows of a server are deleted, those that refer to others first."""
    return tuple(table for table in reversed(metadata.sorted_tables) if table not in (*KEPT, departures))


def of_server(table: Table, guild_id: int) -> ColumnElement[bool]:
    """The condition for the server's rows: those with its id, or those that refer to one of its rows.

    Raises:
        LookupError: the table has neither.
    """
    if "guild_id" in table.columns:
        return table.c.guild_id == guild_id
    for key in sorted(table.foreign_keys, key=lambda each: each.parent.name):
        parent = key.column.table
        return key.parent.in_(select(key.column).where(of_server(parent, guild_id)))
    raise LookupError(f"the rows of {table.name} belong to no server")


async def _delete_from(connection: AsyncConnection, table: Table, guild_id: int, limit: int) -> int:
    key: Any = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(of_server(table, guild_id)).limit(limit)
    return (await connection.execute(delete(table).where(key.in_(some)))).rowcount


def _entry(guild_id: int, action: AuditAction, at: datetime) -> AuditEntry:
    return AuditEntry(guild_id=guild_id, actor_id=None, action=action, subject="server", at=at)
