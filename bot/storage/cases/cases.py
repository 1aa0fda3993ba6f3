"""Cases and clear verdicts in the database. Each method is one transaction, audit entries included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, and_, exists, func, literal, or_, select
from sqlalchemy import case as case_when
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import UNREADABLE, Cipher
from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.case import DECIDED_BY_MODERATORS, Case, Clear, Earlier, Edited, NewCase
from bot.moderation.cases.webhook import CopiedMessage
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.cases.case_cards import SqlCaseCards
from bot.storage.cases.case_queries import batches, earlier_of
from bot.storage.cases.case_rows import ERASED, EXPIRED, NO_TEXT, author_values, edit_values
from bot.storage.cases.case_table import forget_pictures
from bot.storage.cases.further_messages import (
    Wanted,
    is_about,
    mark_further_author,
    mark_further_gone,
    open_or_join,
)
from bot.storage.cases.reviews import SqlCaseReviews
from bot.storage.cases.stale_cards import mark_stale
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.database.group_commit import GroupCommit
from bot.storage.tables.actions import case_actions
from bot.storage.tables.cases import cases, clear_verdicts
from bot.storage.tables.shared_cards import case_messages
from classifier.content import clean_text

_TEXTS = (
    cases.c.text_encrypted, cases.c.reasoning_encrypted, cases.c.context_encrypted, cases.c.before_encrypted,
    cases.c.edited_encrypted, cases.c.versions_encrypted, cases.c.first_answer_encrypted, cases.c.files_encrypted,
    cases.c.ground_encrypted,
    cases.c.reading_encrypted,
)  # fmt: skip
_RATIONALE = cases.c.rationale_encrypted
_HAS_TEXTS = or_(_RATIONALE.not_in(NO_TEXT), *(text.is_not(None) for text in _TEXTS))
MARKED_AT_A_TIME = 200  #: cases in one transaction


class SqlCaseStore(SqlCaseReviews, SqlCaseCards):
    """`bot.moderation.cases.case.CaseStore` over SQLite or PostgreSQL. Raises `StorageError` as well."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        super().__init__(engine, now=now, cipher=cipher)
        self._clear: GroupCommit[dict[str, Any]] = GroupCommit(self._write_clear)

    async def was_judged(self, *, guild_id: int, message_id: int, edit: int, version_id: int) -> bool:
        """Is there a clear verdict or a case for exactly this version?"""
        found = [
            exists().where(
                table.c.guild_id == guild_id,
                table.c.message_id == message_id,
                table.c.edit == edit,
                table.c.version_id == version_id,
            )
            for table in (clear_verdicts, cases, case_messages)
        ]
        async with reading(self._engine) as connection:
            return bool(await connection.scalar(select(or_(*found))))

    async def record_clear(self, clear: Clear) -> None:
        """Store a clear verdict. Idempotent."""
        await self._clear.add({**asdict(clear), "judged_at": self._now()})

    async def _write_clear(self, rows: list[dict[str, Any]]) -> None:
        async with writing(self._engine) as connection:
            await connection.execute(insert_if_absent(connection, clear_verdicts), rows)

    async def open(self, new: NewCase) -> tuple[Case, bool]:
        """Open a case, or return the existing one for the same message, edit and version."""
        wanted = Wanted(new=new)
        async with writing(self._engine) as connection:
            await open_or_join(connection, [wanted], at=self._now(), cipher=self._cipher)
        opened = wanted.became()
        return opened.case, opened.is_new

    async def latest_for_message(self, guild_id: int, message_id: int) -> Case | None:
        """The newest case about a message."""
        query = (
            select(cases)
            .where(cases.c.guild_id == guild_id, is_about(guild_id, message_id))
            .order_by(cases.c.number.desc())
            .limit(1)
        )
        async with reading(self._engine) as connection:
            return await self._first(connection, query)

    async def decided(self, guild_id: int, *, policy_id: int, since: datetime, limit: int = 1_000) -> tuple[Case, ...]:
        """Decided cases of a policy whose text is still stored, newest first."""
        query = select(cases).where(
            cases.c.guild_id == guild_id,
            cases.c.policy_id == policy_id,
            cases.c.opened_at >= since,
            cases.c.state.in_([state.value for state in DECIDED_BY_MODERATORS]),
            cases.c.text_encrypted.is_not(None),
        )
        async with reading(self._engine) as connection:
            found = await self._all(connection, query.order_by(cases.c.number.desc()).limit(limit))
        return tuple(case for case in found if case.evidence.text != UNREADABLE)

    async def earlier(self, guild_id: int, numbers: tuple[int, ...], *, since: datetime) -> dict[int, Earlier]:
        """The earlier cases of each case's member."""
        async with reading(self._engine) as connection:
            rows = (await connection.execute(earlier_of(guild_id, numbers, since=since))).mappings()
            return {row["number"]: Earlier(count=row["count"], last_at=row["last_at"]) for row in rows}

    async def mark_gone(self, guild_id: int, message_ids: tuple[int, ...]) -> tuple[Case, ...]:
        """The messages were deleted. Returns the cases that were marked now."""
        async with writing(self._engine) as connection:
            changed: list[Case] = []
            for batch in batches(message_ids):
                where = and_(cases.c.message_id.in_(batch), cases.c.gone.is_(False))
                changed += await self._change_all(connection, guild_id, where, {"gone": True}, AuditAction.MESSAGE_GONE)
                further = case_messages.c.message_id.in_(batch)
                changed += await self._further_gone(connection, guild_id, further)
            return _each_once(changed)

    async def mark_channel_gone(self, guild_id: int, channel_id: int) -> tuple[Case, ...]:
        """A channel or thread was deleted with all its messages."""
        here = (cases.c.guild_id == guild_id, cases.c.channel_id == channel_id, cases.c.gone.is_(False))
        first = select(cases.c.number).where(*here).order_by(cases.c.number).limit(MARKED_AT_A_TIME)
        where = and_(cases.c.gone.is_(False), cases.c.number.in_(first))  # checked again after waiting for a lock
        changed: list[Case] = []
        more = True
        while more:  # in small transactions, so that other writers don't wait for thousands of cases
            async with writing(self._engine) as connection:
                some = await self._change_all(connection, guild_id, where, {"gone": True}, AuditAction.MESSAGE_GONE)
            changed += some
            more = len(some) == MARKED_AT_A_TIME
        async with writing(self._engine) as connection:
            changed += await self._further_gone(connection, guild_id, case_messages.c.channel_id == channel_id)
            return _each_once(changed)

    async def mark_edited(self, guild_id: int, message_id: int, *, edit: int, text: str) -> tuple[Case, ...]:
        """This edit changed the message. Returns the cases that were changed."""
        edited = Edited(edit=edit, text=clean_text(text))
        known = func.coalesce(cases.c.edited, cases.c.edit)
        about = (cases.c.guild_id == guild_id, cases.c.message_id == message_id, cases.c.text_encrypted.is_not(None))
        async with writing(self._engine) as connection:
            query = select(cases).where(*about, known < edit).order_by(cases.c.number)
            found = await self._all(connection, query.with_for_update())
            changed: list[Case] = []
            for case in found:
                if case.evidence.last_text != edited.text:
                    where, values = cases.c.number == case.number, edit_values(case.evidence, edited, self._cipher)
                    changed += await self._change_all(connection, guild_id, where, values, AuditAction.MESSAGE_EDITED)
            return tuple(changed)

    async def mark_author(self, guild_id: int, message_id: int, copy: CopiedMessage) -> tuple[Case, ...]:
        """The message turned out to be a copy. Returns the cases about it that named another author."""
        about = and_(cases.c.message_id == message_id, cases.c.author_id != copy.member_id)
        acted_on = select(case_actions.c.case_number).where(case_actions.c.guild_id == guild_id)
        async with writing(self._engine) as connection:
            further = await mark_further_author(connection, guild_id, message_id, copy.member_id)
            changed = list(await self._numbered(connection, guild_id, further))
            query = select(cases).where(cases.c.guild_id == guild_id, about).order_by(cases.c.number)
            found = await self._all(connection, query.with_for_update())
            numbers = [case.number for case in found]
            acted = set(await connection.scalars(acted_on.where(case_actions.c.case_number.in_(numbers))))
            for case in found:
                if case.evidence.is_webhooks or case.number not in acted:
                    where = cases.c.number == case.number
                    values = author_values(case.evidence, copy, self._cipher)
                    changed += await self._change_all(connection, guild_id, where, values, AuditAction.AUTHOR_FOUND)
            return _each_once(changed)

    async def further_author(self, guild_id: int, message_id: int) -> int | None:
        """The author of a further message of a case."""
        query = select(case_messages.c.author_id).where(
            case_messages.c.guild_id == guild_id, case_messages.c.message_id == message_id
        )
        async with reading(self._engine) as connection:
            found: int | None = await connection.scalar(query.limit(1))
            return found

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete all texts of cases opened before this time. Returns how many were purged."""
        old = await self._with_old_texts(guild_id, before=before, limit=limit)
        if not old:
            return 0
        where = and_(cases.c.number.in_(old), _HAS_TEXTS)
        gone = case_when((_RATIONALE == ERASED, literal(ERASED, LargeBinary)), else_=literal(EXPIRED, LargeBinary))
        values = {text.name: None for text in (*_TEXTS, cases.c.edited, cases.c.speakers)} | {_RATIONALE.name: gone}
        async with writing(self._engine) as connection:
            purged = await self._change_all(connection, guild_id, where, values, AuditAction.TEXTS_PURGED)
            await forget_pictures(connection, guild_id, [case.number for case in purged])
            await mark_stale(connection, guild_id, [case.number for case in purged], at=self._now())
        return len(purged)

    async def _with_old_texts(self, guild_id: int, *, before: datetime, limit: int) -> list[int]:
        """The first cases whose texts are too old. Cases that this process purged aren't checked again, because they
        are the majority. Only a ground that a moderator names can add a text again (`decide`)."""
        mine = and_(cases.c.guild_id == guild_id, cases.c.number > self._without_texts.get(guild_id, 0))
        in_order = select(cases.c.number).where(mine, _HAS_TEXTS).order_by(cases.c.number)
        async with reading(self._engine) as connection:
            first = await connection.scalar(in_order.limit(1))
            if first is None:
                last = await connection.scalar(select(func.max(cases.c.number)).where(mine))
                self._without_texts[guild_id] = last or self._without_texts.get(guild_id, 0)
                return []
            self._without_texts[guild_id] = first - 1
            old = in_order.where(cases.c.number >= first, cases.c.opened_at < before)
            return list((await connection.execute(old.limit(limit))).scalars())

    async def _further_gone(
        self, connection: AsyncConnection, guild_id: int, where: ColumnElement[bool]
    ) -> tuple[Case, ...]:
        numbers = await mark_further_gone(connection, guild_id, where, at=self._now())
        return await self._numbered(connection, guild_id, numbers)

    async def _numbered(self, connection: AsyncConnection, guild_id: int, numbers: tuple[int, ...]) -> tuple[Case, ...]:
        query = select(cases).where(cases.c.guild_id == guild_id, cases.c.number.in_(numbers))
        return await self._all(connection, query) if numbers else ()


def _each_once(found: list[Case]) -> tuple[Case, ...]:
    return tuple(case for _, case in sorted({case.number: case for case in found}.items()))
