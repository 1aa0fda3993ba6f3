"""Searches the audit log in the database, page by page, by id, which is also the order of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.lookups.audit_search import BOT, PAGE, AuditQuery, FoundEntry, actions_of, policy_id_of
from bot.storage.audit.log import entry_of, write_entries
from bot.storage.database.engine import reading, writing
from bot.storage.tables.cases import audit_entries
from guild_policies.store.tables import policies

_LARGEST = 2**63 - 1  #: the largest value of the column; a button may be forged


class SqlAuditSearch:
    """`bot.moderation.lookups.audit_search.AuditSearch` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def find(
        self,
        guild_id: int,
        query: AuditQuery,
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
        limit: int = PAGE,
    ) -> tuple[FoundEntry, ...]:
        """Entries, newest first, or those next to an entry."""
        table = audit_entries
        wanted = select(table).where(table.c.guild_id == guild_id, *_conditions(query))
        if older_than is not None:
            wanted = wanted.where(table.c.id < min(older_than, _LARGEST))
        if newer_than is not None:
            wanted = wanted.where(table.c.id > min(newer_than, _LARGEST))
        order = table.c.id.desc() if newer_than is None else table.c.id.asc()
        async with reading(self._engine) as connection:
            rows = (await connection.execute(wanted.order_by(order).limit(limit))).mappings().all()
            names = await _policy_names(connection, guild_id) if rows else {}
        entries = [(row["id"], entry_of(row)) for row in rows]
        found = tuple(
            FoundEntry(id=place, entry=entry, policy=names.get(policy_id_of(entry) or 0, ""))
            for place, entry in entries
        )
        return found if newer_than is None else found[::-1]

    async def exported(self, guild_id: int, *, actor_id: int, what: str) -> None:
        """Write an audit entry."""
        entry = AuditEntry(
            guild_id=guild_id,
            actor_id=actor_id,
            action=AuditAction.AUDIT_EXPORTED,
            subject="audit",
            detail=what,
            at=self._now(),
        )
        async with writing(self._engine) as connection:
            await write_entries(connection, [entry])


async def _policy_names(connection: AsyncConnection, guild_id: int) -> dict[int, str]:
    """The names of a server's policies by their ids, those of deleted ones included."""
    wanted = select(policies.c.id, policies.c.name).where(policies.c.guild_id == guild_id)
    return {row.id: row.name for row in await connection.execute(wanted)}


def _conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    table = audit_entries
    conditions: list[ColumnElement[bool]] = []
    if query.person_id is not None:
        by_bot = query.person_id == BOT
        conditions.append(table.c.actor_id.is_(None) if by_bot else table.c.actor_id == query.person_id)
        conditions.append(table.c.action != AuditAction.MESSAGE_REPORTED.value)
    if query.kind is not None:
        conditions.append(table.c.action.in_(sorted(actions_of(query.kind))))
    if query.since is not None:
        conditions.append(table.c.at >= query.since)
    if query.until is not None:
        conditions.append(table.c.at < query.until)
    return conditions
