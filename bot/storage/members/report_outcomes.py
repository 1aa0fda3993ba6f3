"""Stores in the database who is waiting for the outcome of a report. Each method is one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.case import CaseState
from bot.moderation.members.report_outcome import AwaitedOutcome, OutcomeWish
from bot.storage.audit.entries_of_members import reporter_told
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import reading, writing
from bot.storage.tables.cases import cases
from bot.storage.tables.members import reports

_WAITS = and_(reports.c.outcome_asked_at.is_not(None), reports.c.outcome_told.is_(None))
_others = reports.alias("other_reports")


class SqlReportOutcomes:
    """`bot.moderation.members.report_outcome.OutcomeStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def want(self, guild_id: int, message_id: int, reporter_id: int) -> OutcomeWish:
        """Store that the member wants to know the outcome of their newest report on this message."""
        mine = and_(
            reports.c.guild_id == guild_id, reports.c.message_id == message_id, reports.c.reporter_id == reporter_id
        )
        async with writing(self._engine) as connection:
            newest = await connection.scalar(select(func.max(reports.c.id)).where(mine))
            if newest is None:
                return OutcomeWish.NOT_REPORTED
            heard = select(reports.c.id).where(
                reports.c.id == newest, or_(reports.c.outcome_told.is_not(None), _heard_before())
            )
            if await connection.scalar(heard) is not None:
                return OutcomeWish.TOLD_BEFORE
            await connection.execute(
                update(reports)
                .where(reports.c.id == newest, reports.c.outcome_asked_at.is_(None))
                .values(outcome_asked_at=self._now())
            )
            return OutcomeWish.KEPT

    async def servers(self) -> frozenset[int]:
        """The servers with waiting reporters."""
        async with reading(self._engine) as connection:
            return frozenset(await connection.scalars(select(reports.c.guild_id).where(_WAITS).distinct()))

    async def due(self, guild_id: int, *, since: datetime, before: datetime, limit: int) -> tuple[AwaitedOutcome, ...]:
        """Reporters waiting for a case that was decided between these times and is still decided."""
        of_case = and_(cases.c.guild_id == reports.c.guild_id, cases.c.number == reports.c.case_number)
        query = (
            select(reports.c.case_number, reports.c.reporter_id, func.min(reports.c.at).label("reported_at"))
            .join(cases, of_case)
            .where(
                reports.c.guild_id == guild_id,
                _WAITS,
                ~_heard_before(),
                cases.c.state != CaseState.OPEN.value,
                cases.c.decided_at >= since,
                cases.c.decided_at < before,
            )
            .group_by(reports.c.case_number, reports.c.reporter_id)
            .order_by(reports.c.case_number, reports.c.reporter_id)
            .limit(limit)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).mappings()
            return tuple(AwaitedOutcome(guild_id=guild_id, **row) for row in rows)

    async def begin(self, awaited: AwaitedOutcome) -> bool:
        """Mark the reporter as told. If two processes call this, only one gets True."""
        told = update(reports).where(_of(awaited), _WAITS).values(outcome_told=NoticeState.UNKNOWN.value)
        async with writing(self._engine) as connection:
            return bool((await connection.execute(told)).rowcount)

    async def note(self, awaited: AwaitedOutcome, state: NoticeState) -> None:
        """Record whether telling them worked."""
        told = update(reports).where(_of(awaited), reports.c.outcome_told.is_not(None))
        async with writing(self._engine) as connection:
            await connection.execute(told.values(outcome_told=state.value))
            await write_entries(connection, [reporter_told(awaited, state, at=self._now())])


def _of(awaited: AwaitedOutcome) -> ColumnElement[bool]:
    return and_(
        reports.c.guild_id == awaited.guild_id,
        reports.c.case_number == awaited.case_number,
        reports.c.reporter_id == awaited.reporter_id,
    )


def _heard_before() -> ColumnElement[bool]:
    """Was the same reporter told about this case because of another report?"""
    return exists().where(
        _others.c.guild_id == reports.c.guild_id,
        _others.c.case_number == reports.c.case_number,
        _others.c.reporter_id == reports.c.reporter_id,
        _others.c.outcome_told.is_not(None),
    )
