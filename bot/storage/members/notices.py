"""Stores in the database whether members were told about actions; and reads the cases of a member."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher
from bot.moderation.appeals.notices import Noted
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import Action
from bot.moderation.cases.case import Case
from bot.storage.audit.entries_of_members import notice_noted
from bot.storage.audit.log import write_entries
from bot.storage.cases.case_rows import cases_of
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.cases import cases
from bot.storage.tables.members import notices


class SqlNoticeStore:
    """`bot.moderation.appeals.notices.NoticeStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def note(self, action: Action, state: NoticeState) -> None:
        """Record whether telling the member about an action worked. A second note replaces the first."""
        at = self._now()
        values = {
            "action_id": action.id, "guild_id": action.new.guild_id, "case_number": action.new.case_number,
            "state": state.value, "at": at,
        }  # fmt: skip
        async with writing(self._engine) as connection:
            await connection.execute(insert_if_absent(connection, notices).values(values))
            mine = notices.c.action_id == action.id
            await connection.execute(update(notices).where(mine).values(state=state.value, at=at))
            await write_entries(connection, [notice_noted(action, state, at=at)])

    async def of_case(self, guild_id: int, number: int) -> tuple[Noted, ...]:
        """The notices of a case, by action."""
        query = select(notices).where(notices.c.guild_id == guild_id, notices.c.case_number == number)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(notices.c.action_id))).mappings().all()
        return tuple(Noted(action_id=row["action_id"], state=NoticeState(row["state"]), at=row["at"]) for row in rows)

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, NoticeState]:
        """The result of the newest notice of each of these cases. Cases without notices are left out."""
        query = select(notices.c.case_number, notices.c.state).where(
            notices.c.guild_id == guild_id, notices.c.case_number.in_(numbers)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(notices.c.action_id))).all()
        return {number: NoticeState(state) for number, state in rows}


class SqlMemberCases:
    """`bot.moderation.members.record.MemberCases` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, cipher: Cipher) -> None:
        self._engine = engine
        self._cipher = cipher

    async def of_member(self, member_id: int, *, guild_id: int | None = None, limit: int = 100) -> tuple[Case, ...]:
        """A member's cases, newest first."""
        query = select(cases).where(cases.c.author_id == member_id)
        if guild_id is not None:
            query = query.where(cases.c.guild_id == guild_id)
        query = query.order_by(cases.c.opened_at.desc(), cases.c.guild_id, cases.c.number.desc()).limit(limit)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).mappings()
            return await cases_of(rows, self._cipher)
