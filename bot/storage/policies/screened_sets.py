"""Stores in the database what was learned about sets of policies. Numbers only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.cascade.audit import Period
from bot.moderation.cascade.screened_set import Mode, ScreenedSet
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.trials import screened_sets

KEPT = 50  #: sets kept per server; each new version of a policy makes new ones


class SqlScreenedSetStore:
    """`bot.moderation.cascade.cascade.ScreenedSetStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def get(self, guild_id: int, set_key: str) -> ScreenedSet | None:
        """What was learned about a set; None if nothing was."""
        table = screened_sets.c
        query = select(table.known).where(table.guild_id == guild_id, table.set_key == set_key)
        async with reading(self._engine) as connection:
            found = await connection.scalar(query)
        return None if found is None else _read(found)

    async def save(self, guild_id: int, set_key: str, known: ScreenedSet, version_ids: Sequence[int]) -> None:
        """Store it, and delete sets beyond the limit."""
        table = screened_sets.c
        values = {
            "guild_id": guild_id,
            "set_key": set_key,
            "version_ids": sorted(version_ids),
            "known": asdict(known),
            "changed_at": self._now(),
        }
        mine = (table.guild_id == guild_id, table.set_key == set_key)
        latest = select(table.set_key).where(table.guild_id == guild_id).order_by(table.changed_at.desc()).limit(KEPT)
        async with writing(self._engine) as connection:
            added = await connection.execute(insert_if_absent(connection, screened_sets).values(values))
            await connection.execute(update(screened_sets).where(*mine).values(values))
            if added.rowcount:
                old = delete(screened_sets).where(table.guild_id == guild_id, table.set_key.not_in(latest))
                await connection.execute(old)

    async def of_server(self, guild_id: int) -> tuple[tuple[tuple[int, ...], ScreenedSet], ...]:
        """All sets of a server with the ids of their policies' versions, the latest first."""
        table = screened_sets.c
        query = select(table.version_ids, table.known).where(table.guild_id == guild_id)
        async with reading(self._engine) as connection:
            rows = await connection.execute(query.order_by(table.changed_at.desc(), table.set_key))
            return tuple((tuple(version_ids), _read(known)) for version_ids, known in rows)

    async def forget(self, guild_id: int) -> None:
        """Delete what was learned in this server."""
        async with writing(self._engine) as connection:
            await connection.execute(delete(screened_sets).where(screened_sets.c.guild_id == guild_id))


def _read(known: Mapping[str, Any]) -> ScreenedSet:
    periods = (Period(**{**period, "misses": tuple(period["misses"])}) for period in known["periods"])
    numbers = {name: tuple(known[name]) for name in ("violation_scores", "learned", "recent")}
    return ScreenedSet(**{**known, **numbers, "mode": Mode(known["mode"]), "periods": tuple(periods)})
