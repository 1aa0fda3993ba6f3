"""Weekly samples of quiet messages in the database: ids and answers, no texts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import RowMapping, case, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.lookups.samples import SampleAnswer, SampleMessage, SampleSums, SampleWeek
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.cases import cases, clear_verdicts
from bot.storage.tables.lookups import sample_messages, sample_weeks

_LARGEST = 2**63 - 1


class SqlSampleStore:
    """`bot.moderation.lookups.samples.SampleStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def draw(self, guild_id: int, week: date, *, count: int, since: datetime) -> SampleWeek:
        """Draw a week's sample, once."""
        async with writing(self._engine) as connection:
            first = insert_if_absent(connection, sample_weeks).values(guild_id=guild_id, week=week, quiet=0)
            if (await connection.execute(first)).rowcount:
                await self._draw(connection, guild_id, week, count, since)
            row = (
                (
                    await connection.execute(
                        select(sample_weeks).where(sample_weeks.c.guild_id == guild_id, sample_weeks.c.week == week)
                    )
                )
                .mappings()
                .one()
            )
            drawn = select(func.count()).where(sample_messages.c.guild_id == guild_id, sample_messages.c.week == week)
            return SampleWeek(
                guild_id=guild_id,
                week=week,
                quiet=row["quiet"],
                card_message_id=row["card_message_id"],
                drawn=(await connection.execute(drawn)).scalar_one(),
            )

    async def posted(self, guild_id: int, week: date, *, channel_id: int, message_id: int) -> None:
        """Record that moderators were told of the week's sample."""
        which = update(sample_weeks).where(sample_weeks.c.guild_id == guild_id, sample_weeks.c.week == week)
        async with writing(self._engine) as connection:
            await connection.execute(which.values(card_channel_id=channel_id, card_message_id=message_id))

    async def left(self, guild_id: int, week: date) -> tuple[SampleMessage, ...]:
        """The messages without an answer, in the order they were drawn."""
        query = (
            select(sample_messages)
            .where(
                sample_messages.c.guild_id == guild_id,
                sample_messages.c.week == week,
                sample_messages.c.answer.is_(None),
            )
            .order_by(sample_messages.c.place)
        )
        async with reading(self._engine) as connection:
            return tuple(map(_message, (await connection.execute(query)).mappings()))

    async def get(self, guild_id: int, sample_id: int) -> SampleMessage | None:
        """One message of a sample."""
        query = select(sample_messages).where(
            sample_messages.c.guild_id == guild_id, sample_messages.c.id == min(sample_id, _LARGEST)
        )
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _message(row)

    async def answer(self, guild_id: int, sample_id: int, answer: SampleAnswer, *, by: int | None) -> bool:
        """Store an answer if there is none yet."""
        at = self._now()
        which = update(sample_messages).where(
            sample_messages.c.guild_id == guild_id,
            sample_messages.c.id == min(sample_id, _LARGEST),
            sample_messages.c.answer.is_(None),
        )
        async with writing(self._engine) as connection:
            done = await connection.execute(which.values(answer=answer.value, answered_by=by, answered_at=at))
            if done.rowcount:
                await write_entries(connection, [sample_answered(guild_id, sample_id, answer, by=by, at=at)])
            return bool(done.rowcount)

    async def sums(self, guild_id: int, *, since: date) -> tuple[SampleSums, ...]:
        """The totals of these weeks' samples, oldest first."""
        counted = [
            func.sum(case((sample_messages.c.answer == answer.value, 1), else_=0)).label(answer.value)
            for answer in (SampleAnswer.VIOLATION, SampleAnswer.FINE)
        ]
        same_week = (sample_messages.c.guild_id == sample_weeks.c.guild_id) & (
            sample_messages.c.week == sample_weeks.c.week
        )
        query = (
            select(sample_weeks.c.week, sample_weeks.c.quiet, *counted)
            .select_from(sample_weeks)
            .join(sample_messages, same_week)
            .where(sample_weeks.c.guild_id == guild_id, sample_weeks.c.week >= since)
            .group_by(sample_weeks.c.week, sample_weeks.c.quiet)
            .order_by(sample_weeks.c.week)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(
            SampleSums(week=row["week"], quiet=row["quiet"], violations=row["violation"], fine=row["fine"])
            for row in rows
        )

    async def _draw(self, connection: AsyncConnection, guild_id: int, week: date, count: int, since: datetime) -> None:
        table = clear_verdicts
        flagged = exists().where(cases.c.guild_id == table.c.guild_id, cases.c.message_id == table.c.message_id)
        quiet = (
            select(table.c.message_id, func.max(table.c.channel_id).label("channel_id"))
            .where(table.c.guild_id == guild_id, table.c.message_id >= first_id_since(since))
            .where(~flagged.correlate(table))
            .group_by(table.c.message_id)
        )
        there_are = (await connection.execute(select(func.count()).select_from(quiet.subquery()))).scalar_one()
        chosen = (await connection.execute(quiet.order_by(func.random()).limit(count))).mappings().all()
        which = (sample_weeks.c.guild_id == guild_id, sample_weeks.c.week == week)
        await connection.execute(update(sample_weeks).where(*which).values(quiet=there_are))
        rows = [
            {
                "guild_id": guild_id,
                "week": week,
                "channel_id": row["channel_id"],
                "message_id": row["message_id"],
                "place": place,
            }
            for place, row in enumerate(chosen)
        ]
        if rows:
            await connection.execute(insert(sample_messages), rows)
            at = self._now()
            await write_entries(connection, [sample_drawn(guild_id, week, drawn=len(rows), quiet=there_are, at=at)])


def first_id_since(moment: datetime) -> int:
    """The smallest id that Discord gives to something created at this time."""
    return max(0, int(moment.timestamp() * 1_000) - 1_420_070_400_000) << 22


def sample_drawn(guild_id: int, week: date, *, drawn: int, quiet: int, at: datetime) -> AuditEntry:
    """The text of the audit entry about a sample."""
    return AuditEntry(
        guild_id=guild_id,
        actor_id=None,
        action=AuditAction.SAMPLE_DRAWN,
        subject=f"sample:{week.isoformat()}",
        detail=f"{drawn} of {quiet} quiet messages",
        at=at,
    )


def sample_answered(guild_id: int, sample_id: int, answer: SampleAnswer, *, by: int | None, at: datetime) -> AuditEntry:
    """The text of the audit entry about an answer."""
    return AuditEntry(
        guild_id=guild_id,
        actor_id=by,
        action=AuditAction.SAMPLE_ANSWERED,
        subject=f"sample:{sample_id}",
        detail=answer.value,
        at=at,
    )


def _message(row: RowMapping) -> SampleMessage:
    return SampleMessage(
        id=row["id"],
        guild_id=row["guild_id"],
        week=row["week"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        answer=None if row["answer"] is None else SampleAnswer(row["answer"]),
        answered_by=row["answered_by"],
    )
