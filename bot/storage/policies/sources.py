"""Stores in the database where imported policies come from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.policies.imports import ImportedFrom
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.policies import policy_sources
from guild_policies.text.origin import Origin


class SqlPolicySources:
    """`bot.moderation.policies.imports.PolicySources` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def keep(self, guild_id: int, policy_id: int, origin: Origin, text: str, *, actor_id: int) -> None:
        """Store it, replacing the previous import."""
        at, table = self._now(), policy_sources.c
        values: dict[str, Any] = {
            "source": origin.source,
            "source_version": origin.version,
            "text": text,
            "imported_by": actor_id,
            "imported_at": at,
        }
        entry = AuditEntry(
            guild_id=guild_id,
            actor_id=actor_id,
            action=AuditAction.POLICY_IMPORTED,
            subject=f"policy:{policy_id}",
            detail=f"source {origin.source} version {origin.version}",
            at=at,
        )
        async with writing(self._engine) as connection:
            new = {"guild_id": guild_id, "policy_id": policy_id, **values}
            await connection.execute(insert_if_absent(connection, policy_sources).values(new))
            mine = (table.guild_id == guild_id, table.policy_id == policy_id)
            await connection.execute(update(policy_sources).where(*mine).values(values))
            await write_entries(connection, [entry])

    async def of_policy(self, guild_id: int, policy_id: int) -> ImportedFrom | None:
        """The latest import of this policy."""
        found = await self._read(policy_sources.c.guild_id == guild_id, policy_sources.c.policy_id == policy_id)
        return found[0] if found else None

    async def of_source(self, guild_id: int, source: str) -> tuple[ImportedFrom, ...]:
        """The policies of a server imported from this source, latest import first."""
        return await self._read(policy_sources.c.guild_id == guild_id, policy_sources.c.source == source)

    async def _read(self, *where: Any) -> tuple[ImportedFrom, ...]:
        table = policy_sources.c
        query = select(policy_sources).where(*where).order_by(table.imported_at.desc(), table.policy_id.desc())
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).mappings()
            return tuple(
                ImportedFrom(
                    guild_id=row["guild_id"],
                    policy_id=row["policy_id"],
                    origin=Origin(source=row["source"], version=row["source_version"]),
                    text=row["text"],
                    imported_by=row["imported_by"],
                    imported_at=row["imported_at"],
                )
                for row in rows
            )
