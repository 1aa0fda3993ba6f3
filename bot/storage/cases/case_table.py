"""Base of all stores of cases: finds rows, and changes them together with their audit entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import Case, NoSuchCase
from bot.storage.audit import entries
from bot.storage.audit.log import write_entries
from bot.storage.cases.case_queries import batches
from bot.storage.cases.case_rows import cases_of
from bot.storage.database.engine import reading, writing
from bot.storage.tables.cases import cases
from bot.storage.tables.pictures import case_pictures

_LARGEST_NUMBER = 2**63 - 1  #: the largest value of the column; a moderator may type a larger one


class CaseTable:
    """A `bot.moderation.cases.case.CaseReader` that also changes rows of cases together with their audit entries."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher
        self._without_texts: dict[int, int] = {}  # by server: no case up to this number has texts left

    async def get(self, guild_id: int, number: int) -> Case | None:
        """The case with this number."""
        if not possible(number):
            return None
        async with reading(self._engine) as connection:
            return await self._first(connection, select(cases).where(key_of(guild_id, number)))

    async def _change(
        self,
        guild_id: int,
        number: int,
        *,
        where: ColumnElement[bool],
        values: dict[str, Any],
        entry: Callable[[Case], AuditEntry],
    ) -> tuple[Case, bool]:
        """Change one case if the condition holds, with its audit entry. Returns whether it was changed."""
        if not possible(number):
            raise no_such_case(number)
        async with writing(self._engine) as connection:
            done = await connection.execute(update(cases).where(key_of(guild_id, number), where).values(values))
            case = await self._one(connection, guild_id, number)
            if done.rowcount:
                await write_entries(connection, [entry(case)])
            return case, bool(done.rowcount)

    async def _change_all(
        self,
        connection: AsyncConnection,
        guild_id: int,
        where: ColumnElement[bool],
        values: dict[str, Any],
        action: AuditAction,
    ) -> list[Case]:
        """Change all cases of a server for which the condition holds, each with its audit entry."""
        query = select(cases.c.number).where(cases.c.guild_id == guild_id, where).order_by(cases.c.number)
        numbers = (await connection.execute(query.with_for_update())).scalars().all()
        changed: list[Case] = []
        for batch in batches(numbers):
            named = and_(cases.c.guild_id == guild_id, cases.c.number.in_(batch))
            await connection.execute(update(cases).where(named).values(values))
            changed += await self._all(connection, select(cases).where(named).order_by(cases.c.number))
        at = self._now()
        await write_entries(connection, [entries.of_case(case, action, at=at) for case in changed])
        return changed

    async def _set(self, connection: AsyncConnection, case: Case, values: dict[str, Any]) -> Case:
        key = key_of(case.guild_id, case.number)
        await connection.execute(update(cases).where(key).values(values))
        return await self._one(connection, case.guild_id, case.number)

    async def _one(self, connection: AsyncConnection, guild_id: int, number: int, *, lock: bool = False) -> Case:
        """The case; locked until the end of the transaction on request."""
        query = select(cases).where(key_of(guild_id, number))
        case = await self._first(connection, query.with_for_update() if lock else query) if possible(number) else None
        if case is None:
            raise no_such_case(number)
        return case

    async def _first(self, connection: AsyncConnection, query: Select[Any]) -> Case | None:
        found = await self._all(connection, query)
        return found[0] if found else None

    async def _all(self, connection: AsyncConnection, query: Select[Any]) -> tuple[Case, ...]:
        rows = (await connection.execute(query)).mappings()
        return await cases_of(rows, self._cipher)


def possible(number: int) -> bool:
    """Can there be a case with this number?"""
    return 0 < number <= _LARGEST_NUMBER


def no_such_case(number: int) -> NoSuchCase:
    """The error to raise if there is no such case."""
    return NoSuchCase(f"there is no case {number} in this server")


async def forget_pictures(connection: AsyncConnection, guild_id: int, numbers: Sequence[int]) -> None:
    """Delete the fingerprints and copies of these cases' pictures: they are no violation, or their texts are
    deleted."""
    for batch in batches(numbers):
        which = and_(case_pictures.c.guild_id == guild_id, case_pictures.c.case_number.in_(batch))
        await connection.execute(delete(case_pictures).where(which))


def key_of(guild_id: int, number: int) -> ColumnElement[bool]:
    """The condition that names one case."""
    return and_(cases.c.guild_id == guild_id, cases.c.number == number)
