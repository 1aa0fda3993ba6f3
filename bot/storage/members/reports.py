"""Members' reports in the database, and who may not report for a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import UNREADABLE, Cipher
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.members.report import (
    REPORTS_PER_HOUR,
    Filed,
    FiledBefore,
    Mute,
    NewReport,
    Report,
    TooMany,
)
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.audit.entries_of_members import muted, reported, unmuted
from bot.storage.audit.log import write_entries
from bot.storage.cases.case_rows import storable
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.members import report_mutes, report_turns, reports

_HOUR = timedelta(hours=1)


class SqlReportStore:
    """`bot.moderation.members.report.ReportStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher

    async def file(self, new: NewReport, *, limit: int = REPORTS_PER_HOUR) -> Filed | FiledBefore | TooMany | Mute:
        """Store a report, unless something prevents it."""
        at = self._now()
        async with writing(self._engine) as connection:
            await self._take_turn(connection, new)
            mute = await self._mute_of(connection, new.guild_id, new.reporter_id, at=at)
            if mute is not None:
                return mute
            known = (await connection.execute(select(reports).where(_is(new)))).mappings().first()
            if known is not None:
                return FiledBefore(case_number=known["case_number"])
            recent = select(reports.c.at).where(
                reports.c.guild_id == new.guild_id, reports.c.reporter_id == new.reporter_id, reports.c.at > at - _HOUR
            )
            times = (await connection.execute(recent.order_by(reports.c.at.desc()).limit(limit))).scalars().all()
            if len(times) >= limit:
                return TooMany(again_at=times[-1] + _HOUR)
            await connection.execute(
                insert(reports).values(
                    guild_id=new.guild_id, message_id=new.message_id, edit=new.edit, reporter_id=new.reporter_id, at=at
                )
            )
            return Filed()

    async def attach(self, new: NewReport, case_number: int) -> None:
        """Attach the report to this case."""
        statement = update(reports).where(_is(new), reports.c.case_number.is_(None)).values(case_number=case_number)
        async with writing(self._engine) as connection:
            if (await connection.execute(statement)).rowcount:
                await write_entries(connection, [reported(new, case_number, at=self._now())])

    async def add_words(self, guild_id: int, message_id: int, reporter_id: int, words: str) -> Report | None:
        """Add the reporter's reason to their newest report on this message."""
        mine = and_(
            reports.c.guild_id == guild_id, reports.c.message_id == message_id, reports.c.reporter_id == reporter_id
        )
        async with writing(self._engine) as connection:
            newest = await connection.scalar(select(func.max(reports.c.id)).where(mine))
            if newest is None:
                return None
            token = self._cipher.encrypt(storable(words))
            await connection.execute(update(reports).where(reports.c.id == newest).values(words_encrypted=token))
            row = (await connection.execute(select(reports).where(reports.c.id == newest))).mappings().one()
            return self._report(row)

    async def of_case(self, guild_id: int, number: int) -> tuple[Report, ...]:
        """The reports on a case, oldest first."""
        query = select(reports).where(reports.c.guild_id == guild_id, reports.c.case_number == number)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(reports.c.id))).mappings()
            return tuple(self._report(row) for row in rows)

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, int]:
        """How many members reported each of these cases. Cases without reports are left out."""
        members = func.count(reports.c.reporter_id.distinct())
        query = select(reports.c.case_number, members).where(
            reports.c.guild_id == guild_id, reports.c.case_number.in_(numbers)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.group_by(reports.c.case_number))).all()
        return {row[0]: row[1] for row in rows}

    async def mute(self, mute: Mute) -> None:
        """Refuse this member's reports for a time. Replaces an earlier mute."""
        values = {"guild_id": mute.guild_id, "member_id": mute.member_id, "until": mute.until, "by": mute.by}
        async with writing(self._engine) as connection:
            await connection.execute(insert_if_absent(connection, report_mutes).values(values))
            named = _muted(mute.guild_id, mute.member_id)
            await connection.execute(update(report_mutes).where(named).values(until=mute.until, by=mute.by))
            await write_entries(connection, [muted(mute, at=self._now())])

    async def unmute(self, guild_id: int, member_id: int, *, by: int) -> bool:
        """Accept their reports again. False if they weren't muted."""
        at = self._now()
        async with writing(self._engine) as connection:
            if await self._mute_of(connection, guild_id, member_id, at=at) is None:
                return False
            await connection.execute(delete(report_mutes).where(_muted(guild_id, member_id)))
            await write_entries(connection, [unmuted(guild_id, member_id, by=by, at=at)])
            return True

    async def mutes(self, guild_id: int) -> tuple[Mute, ...]:
        """The current mutes, ordered by their end."""
        query = select(report_mutes).where(report_mutes.c.guild_id == guild_id, report_mutes.c.until > self._now())
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(report_mutes.c.until))).mappings()
            return tuple(Mute(**row) for row in rows)

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the words of reports made before this time. Returns how many were purged."""
        old = and_(reports.c.guild_id == guild_id, reports.c.at < before, reports.c.words_encrypted.is_not(None))
        async with writing(self._engine) as connection:
            some = select(reports.c.id, reports.c.case_number).where(old).order_by(reports.c.id).limit(limit)
            found = (await connection.execute(some.with_for_update())).all()
            gone = reports.c.id.in_([row.id for row in found])
            await connection.execute(update(reports).where(gone).values(words_encrypted=None))
            at = self._now()
            await write_entries(
                connection,
                [
                    AuditEntry(
                        guild_id=guild_id,
                        actor_id=None,
                        action=AuditAction.TEXTS_PURGED,
                        subject=f"case:{number}",
                        detail="report",
                        at=at,
                    )
                    for number in (row.case_number for row in found)
                ],
            )
        return len(found)

    async def _take_turn(self, connection: AsyncConnection, new: NewReport) -> None:
        """Lock this member's reports until the transaction ends."""
        turn = {"guild_id": new.guild_id, "member_id": new.reporter_id}
        await connection.execute(insert_if_absent(connection, report_turns).values(turn))
        mine = (report_turns.c.guild_id == new.guild_id, report_turns.c.member_id == new.reporter_id)
        await connection.execute(select(report_turns).where(*mine).with_for_update())

    async def _mute_of(
        self, connection: AsyncConnection, guild_id: int, member_id: int, *, at: datetime
    ) -> Mute | None:
        query = select(report_mutes).where(_muted(guild_id, member_id), report_mutes.c.until > at)
        row = (await connection.execute(query)).mappings().first()
        return None if row is None else Mute(**row)

    def _report(self, row: RowMapping) -> Report:
        token = row["words_encrypted"]
        new = NewReport(
            guild_id=row["guild_id"], message_id=row["message_id"], edit=row["edit"], reporter_id=row["reporter_id"]
        )
        words = None if token is None else self._cipher.decrypt(token) or UNREADABLE
        return Report(new=new, case_number=row["case_number"], words=words, at=row["at"])


def _is(new: NewReport) -> ColumnElement[bool]:
    return and_(
        reports.c.guild_id == new.guild_id,
        reports.c.message_id == new.message_id,
        reports.c.edit == new.edit,
        reports.c.reporter_id == new.reporter_id,
    )


def _muted(guild_id: int, member_id: int) -> ColumnElement[bool]:
    return and_(report_mutes.c.guild_id == guild_id, report_mutes.c.member_id == member_id)
