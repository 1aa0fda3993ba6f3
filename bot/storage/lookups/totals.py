"""Counts over all servers, for the metrics."""

from __future__ import annotations

from sqlalchemy import Column, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.metrics.totals import Totals
from bot.moderation.cases.case import CardState
from bot.storage.database.engine import reading
from bot.storage.tables.cases import cases, servers
from bot.storage.tables.members import appeals

_CARDS_WAITING = select(func.count()).where(cases.c.card_state == CardState.PENDING.value).select_from(cases)


class SqlTotals:
    """`bot.metrics.totals.TotalsStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def totals(self) -> Totals:
        """The current counts, from one state of the database."""
        async with reading(self._engine) as connection:
            return Totals(
                servers=await connection.scalar(select(func.count()).select_from(servers)) or 0,
                cases=await _by_state(connection, cases.c.state),
                cards_waiting=await connection.scalar(_CARDS_WAITING) or 0,
                appeals=await _by_state(connection, appeals.c.state),
            )


async def _by_state(connection: AsyncConnection, state: Column[str]) -> dict[str, int]:
    rows = await connection.execute(select(state, func.count()).group_by(state))
    return {row[0]: row[1] for row in rows}
