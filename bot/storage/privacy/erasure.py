"""Erases what a member wrote, and what was written about it, in small batches.

`bot.moderation.members.privacy` says what is erased and what stays. The columns with texts are read from the table
definition, so a new one is erased like the others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, delete, exists, func, not_, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import NO_CARD, CaseState
from bot.moderation.members.privacy import Erased
from bot.storage.audit.log import write_entries
from bot.storage.cases.case_rows import ERASED, NO_TEXT
from bot.storage.cases.case_table import forget_pictures
from bot.storage.cases.marks import forget_words
from bot.storage.cases.stale_cards import mark_stale
from bot.storage.database.engine import empty_log, insert_if_absent, reading, writing
from bot.storage.database.event_loop import yielding
from bot.storage.members.appeal_rows import appeal_of, without_texts
from bot.storage.privacy.key_rotation import encrypted_columns
from bot.storage.privacy.mentions import next_rows, scrub_rows
from bot.storage.privacy.quotes import without_member
from bot.storage.tables.actions import case_actions, case_notes
from bot.storage.tables.cases import cases
from bot.storage.tables.members import appeals, member_languages, reports
from bot.storage.tables.pictures import case_pictures
from bot.storage.tables.privacy import erasures

BATCH = 50  #: cases per transaction

Key = tuple[int, ...]  #: the key of a step's rows, in order
Step = Callable[[AsyncConnection, Any, Key], Awaitable[list[Key]]]

#: Still undecided. A case without a card needs no decision.
_WAITS = and_(cases.c.state == CaseState.OPEN.value, cases.c.kind.not_in(sorted(kind.value for kind in NO_CARD)))
_UNDECIDED = appeals.c.reviewer_id.is_(None)
_APPEALED = exists().where(appeals.c.guild_id == cases.c.guild_id, appeals.c.case_number == cases.c.number, _UNDECIDED)
#: The text columns of a case. The rationale is never NULL; an erased one is empty.
_WORDS = {column: ERASED if column is cases.c.rationale_encrypted else None for column in encrypted_columns()[cases]}
_HAS_WORDS = or_(
    *(column.not_in(NO_TEXT) if gone == ERASED else column.is_not(None) for column, gone in _WORDS.items())
)

#: What others wrote about a case: the table and its column.
_WRITTEN_ABOUT = (
    (case_actions, case_actions.c.reason_encrypted),
    (case_notes, case_notes.c.text_encrypted),
    (reports, reports.c.words_encrypted),
)
_ANYTHING = or_(
    _HAS_WORDS,
    *(
        exists().where(table.c.guild_id == cases.c.guild_id, table.c.case_number == cases.c.number, column.is_not(None))
        for table, column in _WRITTEN_ABOUT
    ),
)


class SqlErasures:
    """The erasing half of `bot.moderation.members.privacy.MemberTexts`. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher

    async def ask(self, guild_id: int, member_id: int, *, asked_by: int | None) -> None:
        """Store a request, or update the existing one."""
        at = self._now()
        values = {"guild_id": guild_id, "member_id": member_id, "asked_at": at, "asked_by": asked_by, "cards": []}
        async with writing(self._engine) as connection:
            await connection.execute(insert_if_absent(connection, erasures).values(values))
            await connection.execute(update(erasures).where(_is(guild_id, member_id)).values(asked_at=at))
            mine = and_(reports.c.guild_id == guild_id, reports.c.reporter_id == member_id)
            await connection.execute(
                update(reports).where(mine, reports.c.outcome_told.is_(None)).values(outcome_asked_at=None)
            )
            seen = and_(member_languages.c.guild_id == guild_id, member_languages.c.member_id == member_id)
            await connection.execute(delete(member_languages).where(seen))
            await write_entries(
                connection,
                [_entry(guild_id, AuditAction.ERASURE_ASKED, f"member:{member_id}", actor_id=asked_by, at=at)],
            )

    async def asked(self) -> tuple[tuple[int, int], ...]:
        """Every unfinished request, oldest first."""
        query = select(erasures.c.guild_id, erasures.c.member_id).order_by(erasures.c.asked_at)
        async with reading(self._engine) as connection:
            return tuple((row.guild_id, row.member_id) for row in await connection.execute(query))

    async def end(self, guild_id: int, member_id: int) -> None:
        """Delete a request if nothing is left to erase."""
        async with writing(self._engine) as connection:
            request = await _held(connection, guild_id, member_id)
            if request is not None and not await self._kept(connection, request):
                await connection.execute(delete(erasures).where(_is(guild_id, member_id)))

    async def erase(self, guild_id: int, member_id: int) -> Erased:
        """Erase batch by batch; each is committed completely or not at all."""
        counts: dict[str, int] = {}
        for name, step in (
            ("cases", self._erase_cases),
            ("appeals", self._erase_appeals),
            ("reports", self._erase_reports),
        ):
            last: Key = ()
            while keys := await self._step(guild_id, member_id, step, last):
                counts[name] = counts.get(name, 0) + len(keys)
                last = keys[-1]
        counts["mentions"] = await self._erase_quotes(guild_id, member_id)
        counts["other_texts"] = await self._erase_mentions(guild_id, member_id)
        async with reading(self._engine) as connection:
            request = (await connection.execute(select(erasures).where(_is(guild_id, member_id)))).one_or_none()
            kept = 0 if request is None else await self._kept(connection, request)
        await empty_log(self._engine)
        return Erased(guild_id=guild_id, member_id=member_id, kept=kept, **counts)

    async def _step(self, guild_id: int, member_id: int, step: Step, last: Key) -> list[Key]:
        async with writing(self._engine) as connection:
            request = await _held(connection, guild_id, member_id)
            return [] if request is None else await step(connection, request, last)

    async def _erase_cases(self, connection: AsyncConnection, request: Any, last: Key) -> list[Key]:
        """Erase the member's own cases: all texts, by any author."""
        own = and_(_of_member(request), _ANYTHING, not_(_WAITS), not_(_APPEALED))
        query = _next(select(cases.c.number).where(own), cases.c.number, after=last)
        numbers = list((await connection.execute(query)).scalars())
        named = and_(cases.c.guild_id == request.guild_id, cases.c.number.in_(numbers))
        gone = {each.name: value for each, value in _WORDS.items()} | {"speakers": None}
        await connection.execute(update(cases).where(named).values(gone))
        await forget_pictures(connection, request.guild_id, numbers)
        for table, column in _WRITTEN_ABOUT:
            about = and_(table.c.guild_id == request.guild_id, table.c.case_number.in_(numbers))
            await connection.execute(update(table).where(about).values({column.name: None}))
        notes = select(case_notes.c.id).where(
            case_notes.c.guild_id == request.guild_id, case_notes.c.case_number.in_(numbers)
        )
        await forget_words(connection, (await connection.execute(notes)).scalars().all())
        await self._written_down(connection, request, numbers, "case")
        await mark_stale(connection, request.guild_id, numbers, at=self._now())
        return [(number,) for number in numbers]

    async def _erase_appeals(self, connection: AsyncConnection, request: Any, last: Key) -> list[Key]:
        """Erase what the member and the reviewers wrote to each other."""
        own = and_(_appeals_of(request), not_(_UNDECIDED), appeals.c.texts_purged_at.is_(None))
        query = _next(select(appeals).where(own), appeals.c.case_number, appeals.c.attempt, after=last)
        found = [appeal_of(dict(row), self._cipher) for row in (await connection.execute(query)).mappings()]
        for appeal in found:
            key = appeal.key
            which = and_(
                appeals.c.guild_id == key.guild_id,
                appeals.c.case_number == key.case_number,
                appeals.c.attempt == key.attempt,
            )
            values = without_texts(appeal, self._now(), self._cipher)
            await connection.execute(update(appeals).where(which).values(values))
        numbers = [each.key.case_number for each in found]
        await self._written_down(connection, request, numbers, "appeal")
        await mark_stale(connection, request.guild_id, numbers, at=self._now())
        return [(each.key.case_number, each.key.attempt) for each in found]

    async def _erase_reports(self, connection: AsyncConnection, request: Any, last: Key) -> list[Key]:
        """Erase what the member wrote about messages of others."""
        mine = select(reports.c.id, reports.c.case_number).where(_reports_of(request), not_(_on_open_case()))
        found = (await connection.execute(_next(mine, reports.c.id, after=last))).all()
        gone = reports.c.id.in_([row.id for row in found])
        await connection.execute(update(reports).where(gone).values(words_encrypted=None))
        numbers = [row.case_number for row in found if row.case_number is not None]
        await self._written_down(connection, request, numbers, "report")
        return [(row.id,) for row in found]

    async def _erase_quotes(self, guild_id: int, member_id: int) -> int:
        """Erase the member's words in decided cases of others: as context or quoted."""
        changed, last = 0, 0
        while True:
            async with writing(self._engine) as connection:
                request = await _held(connection, guild_id, member_id)
                if request is None:
                    return changed
                rows = await self._cases_of_others(connection, request, cases.c.number > last, not_(_WAITS))
                if not rows:
                    return changed
                last = rows[-1]["number"]
                numbers = [
                    row["number"]
                    async for row in yielding(rows)
                    if await self._forget_member(connection, row, member_id)
                ]
                await self._written_down(connection, request, numbers, "context")
                await mark_stale(connection, guild_id, numbers, at=self._now())
                changed += len(numbers)

    async def _forget_member(self, connection: AsyncConnection, row: RowMapping, member_id: int) -> bool:
        changes = self._changes(row, member_id)
        if changes:
            which = and_(cases.c.guild_id == row["guild_id"], cases.c.number == row["number"])
            await connection.execute(update(cases).where(which).values(changes))
        return bool(changes)

    def _changes(self, row: RowMapping, member_id: int) -> dict[str, Any]:
        return without_member({**row}, member_id, [column.name for column in _WORDS], self._cipher)

    async def _cases_of_others(
        self, connection: AsyncConnection, request: Any, *where: ColumnElement[bool]
    ) -> list[RowMapping]:
        query = select(cases.c.guild_id, cases.c.number, cases.c.speakers, *_WORDS).where(
            cases.c.guild_id == request.guild_id,
            cases.c.opened_at <= request.asked_at,
            cases.c.author_id != request.member_id,
            _HAS_WORDS,
            *where,
        )
        return list((await connection.execute(query.order_by(cases.c.number).limit(BATCH))).mappings())

    async def _erase_mentions(self, guild_id: int, member_id: int) -> int:
        """Erase mentions of the member in what others wrote about cases, and searches for them. Returns how many texts
        changed."""
        changed = 0
        for table, columns in encrypted_columns().items():
            if table in (cases, case_pictures):  # cases were searched above, and the other table has no texts
                continue
            last: tuple[Any, ...] = ()
            while True:
                async with writing(self._engine) as connection:
                    if await _held(connection, guild_id, member_id) is None:
                        return changed
                    rows = await next_rows(connection, table, guild_id, after=last, limit=BATCH)
                    if not rows:
                        break
                    last = tuple(rows[-1][column.name] for column in table.primary_key.columns)
                    found = await scrub_rows(connection, table, rows, columns, member_id=member_id, cipher=self._cipher)
                    numbers = [row["case_number"] for row in found if row.get("case_number") is not None]
                    await mark_stale(connection, guild_id, numbers, at=self._now())
                    changed += len(found)
        return changed

    async def _kept(self, connection: AsyncConnection, request: Any) -> int:
        """How many are still undecided, and keep their texts until then."""
        own = and_(_of_member(request), _ANYTHING)
        waiting = [
            select(func.count()).select_from(cases).where(own),
            select(func.count()).select_from(appeals).where(_appeals_of(request), _UNDECIDED),
            select(func.count()).select_from(reports).where(_reports_of(request)),
        ]
        kept = [int((await connection.execute(query)).scalar_one()) for query in waiting]
        last, mentions = 0, 0
        while rows := await self._cases_of_others(connection, request, cases.c.number > last, _WAITS):
            mentions += sum([bool(self._changes(row, request.member_id)) async for row in yielding(rows)])
            last = rows[-1]["number"]
        return sum(kept) + mentions

    async def _written_down(self, connection: AsyncConnection, request: Any, numbers: list[int], what: str) -> None:
        at = self._now()
        await write_entries(
            connection,
            [
                _entry(
                    request.guild_id,
                    AuditAction.TEXTS_ERASED,
                    f"case:{number}",
                    detail=what,
                    actor_id=request.asked_by,
                    at=at,
                )
                for number in numbers
            ],
        )


def _of_member(request: Any) -> ColumnElement[bool]:
    return and_(
        cases.c.guild_id == request.guild_id,
        cases.c.author_id == request.member_id,
        cases.c.opened_at <= request.asked_at,
    )


def _appeals_of(request: Any) -> ColumnElement[bool]:
    return and_(
        appeals.c.guild_id == request.guild_id,
        appeals.c.member_id == request.member_id,
        appeals.c.opened_at <= request.asked_at,
    )


def _reports_of(request: Any) -> ColumnElement[bool]:
    return and_(
        reports.c.guild_id == request.guild_id,
        reports.c.reporter_id == request.member_id,
        reports.c.at <= request.asked_at,
        reports.c.words_encrypted.is_not(None),
    )


def _on_open_case() -> ColumnElement[bool]:
    return exists().where(cases.c.guild_id == reports.c.guild_id, cases.c.number == reports.c.case_number, _WAITS)


def _next(query: Select[Any], *key: ColumnElement[Any], after: Key) -> Select[Any]:
    """The next batch after this key, locked, so that erased rows aren't read again for every batch."""
    if after:
        query = query.where(tuple_(*key) > tuple_(*after))
    return query.order_by(*key).limit(BATCH).with_for_update()


async def _held(connection: AsyncConnection, guild_id: int, member_id: int) -> Any:
    query = select(erasures).where(_is(guild_id, member_id)).with_for_update()
    return (await connection.execute(query)).one_or_none()


def _is(guild_id: int, member_id: int) -> ColumnElement[bool]:
    return and_(erasures.c.guild_id == guild_id, erasures.c.member_id == member_id)


def _entry(
    guild_id: int, action: AuditAction, subject: str, *, actor_id: int | None, at: datetime, detail: str = ""
) -> AuditEntry:
    return AuditEntry(guild_id=guild_id, actor_id=actor_id, action=action, subject=subject, detail=detail, at=at)
