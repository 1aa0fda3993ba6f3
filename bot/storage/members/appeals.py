"""Appeals in the database. Each method is one transaction, audit entries included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import Cipher
from bot.moderation.appeals.appeal import (
    Appeal,
    AppealKey,
    AppealSearch,
    AppealState,
    Asked,
    Fresh,
    NewAppeal,
    Review,
)
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.audit import AuditAction
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.audit.entries_of_members import appeal_changed, appeal_told
from bot.storage.audit.log import write_entries
from bot.storage.cases.case_rows import storable
from bot.storage.cases.stale_cards import mark_stale
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.members.appeal_rows import (
    answered,
    appeal_of,
    asked_token,
    cleaned,
    fresh_token,
    row_of,
    without_texts,
)
from bot.storage.tables.members import appeals

_LARGEST_NUMBER = 2**63 - 1
_LARGEST_ATTEMPT = 2**31 - 1


class SqlAppealStore:
    """`bot.moderation.appeals.appeal.AppealStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher

    async def open(self, new: NewAppeal) -> Appeal | None:
        """Store an appeal. None if this attempt exists already."""
        at = self._now()
        row = row_of(cleaned(new), at=at, cipher=self._cipher)
        async with writing(self._engine) as connection:
            done = await connection.execute(insert_if_absent(connection, appeals).values(row))
            if not done.rowcount:
                return None
            entry = appeal_changed(new.key, AuditAction.APPEAL_OPENED, at=at, actor_id=new.member_id)
            await write_entries(connection, [entry])
            return await self._one(connection, new.key)

    async def get(self, key: AppealKey) -> Appeal | None:
        """The appeal with this key."""
        if not (0 < key.case_number <= _LARGEST_NUMBER and 0 < key.attempt <= _LARGEST_ATTEMPT):
            return None
        async with reading(self._engine) as connection:
            return await self._one(connection, key)

    async def of_case(self, guild_id: int, number: int) -> tuple[Appeal, ...]:
        """The appeals of a case, by attempt."""
        if not 0 < number <= _LARGEST_NUMBER:
            return ()
        query = select(appeals).where(appeals.c.guild_id == guild_id, appeals.c.case_number == number)
        return await self._found(query.order_by(appeals.c.attempt))

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, Appeal]:
        """The newest appeal of each of these cases. Cases without appeals are left out."""
        query = select(appeals).where(appeals.c.guild_id == guild_id, appeals.c.case_number.in_(numbers))
        found = await self._found(query.order_by(appeals.c.attempt))
        return {appeal.key.case_number: appeal for appeal in found}

    async def search(self, guild_id: int, wanted: AppealSearch, *, limit: int = 25) -> tuple[Appeal, ...]:
        """Matching appeals, newest first."""
        conditions = [appeals.c.guild_id == guild_id]
        if wanted.member_id is not None:
            conditions.append(appeals.c.member_id == wanted.member_id)
        if wanted.case_number is not None:
            conditions.append(appeals.c.case_number == min(wanted.case_number, _LARGEST_NUMBER))
        if wanted.states:
            conditions.append(appeals.c.state.in_([state.value for state in wanted.states]))
        if wanted.since is not None:
            conditions.append(appeals.c.opened_at >= wanted.since)
        if wanted.until is not None:
            conditions.append(appeals.c.opened_at < wanted.until)
        newest_first = (appeals.c.opened_at.desc(), appeals.c.case_number.desc(), appeals.c.attempt.desc())
        return await self._found(select(appeals).where(*conditions).order_by(*newest_first).limit(limit))

    async def ask(self, key: AppealKey, asked: Asked) -> Appeal | None:
        """OPEN -> ASKED, with the question. None if it isn't open."""
        asked = replace(asked, question=storable(asked.question or ""))

        def values(appeal: Appeal) -> dict[str, Any]:
            return {
                "state": AppealState.ASKED.value,
                "asked_encrypted": asked_token((*appeal.asked, asked), self._cipher),
                "asking_reached": None,
                "waiting_since": asked.at,
                "reminded_at": None,
            }

        return await self._move(key, AppealState.OPEN, values, AuditAction.APPEAL_ASKED, asked.by)

    async def answer(self, key: AppealKey, text: str) -> Appeal | None:
        """ASKED -> OPEN, with the member's answer to the newest question. None if no question is open."""
        at = self._now()

        def values(appeal: Appeal) -> dict[str, Any]:
            return {
                "state": AppealState.OPEN.value,
                "asked_encrypted": asked_token(answered(appeal, text, at=at), self._cipher),
                "waiting_since": at,
                "reminded_at": None,
            }

        return await self._move(key, AppealState.ASKED, values, AuditAction.APPEAL_ANSWERED, None)

    async def decide(self, key: AppealKey, state: AppealState, review: Review) -> tuple[Appeal, bool] | None:
        """UPHELD or OVERTURNED, once: (appeal, True). If it was decided before, (the appeal as it is, False)."""
        values = {
            "state": state.value,
            "reviewer_id": review.reviewer_id,
            "reviewed_at": review.at,
            "reason_encrypted": self._cipher.encrypt(storable(review.reason or "")),
        }
        statement = update(appeals).where(_is(key), appeals.c.reviewer_id.is_(None)).values(values)
        async with writing(self._engine) as connection:
            done = await connection.execute(statement)
            if done.rowcount:
                action = AuditAction.APPEAL_DECIDED
                entry = appeal_changed(key, action, state.value, at=review.at, actor_id=review.reviewer_id)
                await write_entries(connection, [entry])
            appeal = await self._one(connection, key)
            return None if appeal is None else (appeal, bool(done.rowcount))

    async def note_fresh(self, key: AppealKey, fresh: Fresh) -> None:
        """Store the judge's answer today. Does nothing if the texts were purged already."""
        token = fresh_token(fresh, self._cipher)
        await self._set(key, appeals.c.texts_purged_at.is_(None), fresh_encrypted=token)

    async def note_told(self, key: AppealKey, told: NoticeState) -> None:
        """Record whether the member was told the outcome."""
        async with writing(self._engine) as connection:
            await connection.execute(update(appeals).where(_is(key)).values(told=told.value))
            appeal = await self._one(connection, key)
            if appeal is not None:
                await write_entries(connection, [appeal_told(appeal, told, at=self._now())])

    async def note_asking(self, key: AppealKey, reached: NoticeState) -> None:
        """Record whether the newest question reached the member."""
        await self._set(key, asking_reached=reached.value)

    async def note_reminder(self, key: AppealKey) -> None:
        """Record that reviewers were reminded now."""
        await self._set(key, reminded_at=self._now())

    async def card_posted(self, key: AppealKey, *, channel_id: int, message_id: int) -> None:
        """Its card is in the moderators' channel."""
        await self._set(key, card_channel_id=channel_id, card_message_id=message_id)

    async def card_lost(self, key: AppealKey) -> None:
        """Its card was deleted and has to be posted again."""
        await self._set(key, card_channel_id=None, card_message_id=None)

    async def servers_with_unfinished(self, *, before: datetime) -> frozenset[int]:
        """The servers with unfinished appeals."""
        async with reading(self._engine) as connection:
            query = select(appeals.c.guild_id).where(_has_work(before)).distinct()
            return frozenset((await connection.execute(query)).scalars())

    async def unfinished(self, guild_id: int, *, before: datetime, limit: int = 1_000) -> tuple[Appeal, ...]:
        """Appeals without a card, without the judge's answer, or whose member wasn't told the outcome."""
        query = select(appeals).where(appeals.c.guild_id == guild_id, _has_work(before))
        return await self._found(query.order_by(appeals.c.opened_at, appeals.c.case_number).limit(limit))

    async def waiting(self, guild_id: int, *, before: datetime) -> tuple[Appeal, ...]:
        """Undecided appeals that have been waiting since `before` without a reminder after it; oldest first."""
        last = func.coalesce(appeals.c.reminded_at, appeals.c.waiting_since)
        query = select(appeals).where(appeals.c.guild_id == guild_id, appeals.c.reviewer_id.is_(None), last < before)
        return await self._found(query.order_by(appeals.c.waiting_since, appeals.c.case_number))

    async def servers_with_waiting(self) -> frozenset[int]:
        """The servers with an undecided appeal."""
        query = select(appeals.c.guild_id).where(appeals.c.reviewer_id.is_(None)).distinct()
        async with reading(self._engine) as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the words of appeals decided before this."""
        at = self._now()
        old = and_(appeals.c.guild_id == guild_id, appeals.c.reviewed_at < before, appeals.c.texts_purged_at.is_(None))
        async with writing(self._engine) as connection:
            found = await self._all(connection, select(appeals).where(old).limit(limit).with_for_update())
            for appeal in found:
                await connection.execute(
                    update(appeals).where(_is(appeal.key)).values(without_texts(appeal, at, self._cipher))
                )
            gone = [appeal_changed(each.key, AuditAction.TEXTS_PURGED, at=at, actor_id=None) for each in found]
            await write_entries(connection, gone)
            await mark_stale(connection, guild_id, [each.key.case_number for each in found], at=at)
        return len(found)

    async def _move(
        self,
        key: AppealKey,
        expected: AppealState,
        values: Callable[[Appeal], dict[str, Any]],
        action: AuditAction,
        actor_id: int | None,
    ) -> Appeal | None:
        """Change an appeal that is in this state, locking its row. Without an actor, the member is the actor."""
        async with writing(self._engine) as connection:
            query = select(appeals).where(_is(key), appeals.c.state == expected.value).with_for_update()
            found = await self._all(connection, query)
            if not found:
                return None
            await connection.execute(update(appeals).where(_is(key)).values(values(found[0])))
            who = found[0].member_id if actor_id is None else actor_id
            await write_entries(connection, [appeal_changed(key, action, at=self._now(), actor_id=who)])
            return await self._one(connection, key)

    async def _set(self, key: AppealKey, *where: ColumnElement[bool], **values: object) -> None:
        async with writing(self._engine) as connection:
            await connection.execute(update(appeals).where(_is(key), *where).values(values))

    async def _found(self, query: Select[Any]) -> tuple[Appeal, ...]:
        async with reading(self._engine) as connection:
            return await self._all(connection, query)

    async def _one(self, connection: AsyncConnection, key: AppealKey) -> Appeal | None:
        found = await self._all(connection, select(appeals).where(_is(key)))
        return found[0] if found else None

    async def _all(self, connection: AsyncConnection, query: Select[Any]) -> tuple[Appeal, ...]:
        rows = (await connection.execute(query)).mappings()
        return tuple(appeal_of(row, self._cipher) for row in rows)


def _is(key: AppealKey) -> ColumnElement[bool]:
    return and_(
        appeals.c.guild_id == key.guild_id,
        appeals.c.case_number == key.case_number,
        appeals.c.attempt == key.attempt,
    )


def _has_work(before: datetime) -> ColumnElement[bool]:
    undecided = appeals.c.reviewer_id.is_(None)
    something = or_(
        and_(appeals.c.card_message_id.is_(None), appeals.c.opened_at < before),
        and_(undecided, appeals.c.fresh_encrypted.is_(None), appeals.c.opened_at < before),
        appeals.c.reviewed_at < before,
    )
    return and_(appeals.c.told.is_(None), something)
