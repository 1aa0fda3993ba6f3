"""Searches cases in the database, efficiently for any number of them.

A search first finds the numbers, using only narrow indices; then only the rows of the page are read. The index
`ix_cases_search` has every column that a search can filter by, and is read from the newest case on until a page is
full. A member's cases, a rule's, and those with a word in their notes have separate indices.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import Case, CaseKind, CaseState, Clear
from bot.moderation.lookups.search import PAGE, CaseLine, CasePage, CaseQuery, MemberSummary
from bot.moderation.lookups.why import ClearFound
from bot.storage.audit.log import write_entries
from bot.storage.cases.case_rows import cases_of, rules_in
from bot.storage.cases.marks import marks_of, rule_key
from bot.storage.database.engine import reading, writing
from bot.storage.tables.cases import cases, clear_verdicts
from bot.storage.tables.lookups import case_queries, case_rules, note_words

KEPT_FOR = timedelta(days=7)

_LARGEST = 2**63 - 1  #: the largest value of the column; a moderator may type a larger one
_BATCH = 500
_LINE = (
    "number", "kind", "state", "author_id", "channel_id", "message_id", "gone", "policy_name", "rules", "opened_at",
    "decided_by", "decided_at", "ground",
)  # fmt: skip


class SqlCaseSearch:
    """`bot.moderation.lookups.search.CaseSearchStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], cipher: Cipher) -> None:
        self._engine = engine
        self._now = now
        self._cipher = cipher

    async def find(
        self,
        guild_id: int,
        query: CaseQuery,
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
        limit: int = PAGE,
    ) -> CasePage:
        """The newest cases; or those next to a case, on its older or newer side."""
        async with reading(self._engine) as connection:
            numbers = await self._numbers(
                connection, guild_id, query, older_than=older_than, newer_than=newer_than, limit=limit + 1
            )
            more = len(numbers) > limit
            numbers = numbers[:limit]
            if newer_than is not None:
                numbers.reverse()
            columns = [cases.c[name] for name in _LINE]
            lines = tuple(map(_line, await _rows(connection, select(*columns), guild_id, numbers)))
        newer = more if newer_than is not None else older_than is not None
        return CasePage(lines=lines, newer=newer, older=newer_than is not None or more)

    async def whole(
        self, guild_id: int, query: CaseQuery, *, older_than: int | None = None, limit: int
    ) -> tuple[Case, ...]:
        """The newest cases with their texts, or those older than a case."""
        async with reading(self._engine) as connection:
            numbers = await self._numbers(connection, guild_id, query, older_than=older_than, limit=limit)
            found: list[Case] = []
            for start in range(0, len(numbers), _BATCH):
                batch = numbers[start : start + _BATCH]
                found += await cases_of(await _rows(connection, select(cases), guild_id, batch), self._cipher)
        return tuple(found)

    async def of_message(self, guild_id: int, message_id: int) -> tuple[Case, ...]:
        """The cases about a message, the oldest first."""
        query = select(cases).where(cases.c.guild_id == guild_id, cases.c.message_id == min(message_id, _LARGEST))
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(cases.c.number))).mappings()
            return await cases_of(rows, self._cipher)

    async def clear_of_message(self, guild_id: int, message_id: int) -> tuple[ClearFound, ...]:
        """The clear verdicts about a message, the oldest first."""
        table = clear_verdicts
        query = select(table).where(table.c.guild_id == guild_id, table.c.message_id == min(message_id, _LARGEST))
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(table.c.judged_at, table.c.version_id))).mappings().all()
        names = [field.name for field in fields(Clear)]
        return tuple(
            ClearFound(clear=Clear(**{name: row[name] for name in names}), at=row["judged_at"]) for row in rows
        )

    async def summary(self, guild_id: int, member_id: int) -> MemberSummary:
        """All cases of a member in numbers."""
        query = (
            select(cases.c.state, func.count().label("count"), func.max(cases.c.opened_at).label("last_at"))
            .where(cases.c.guild_id == guild_id, cases.c.author_id == member_id)
            .group_by(cases.c.state)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).mappings().all()
        counts = {row["state"]: row["count"] for row in rows}
        states = tuple((state, counts[state.value]) for state in CaseState if state.value in counts)
        return MemberSummary(states=states, last_at=max((row["last_at"] for row in rows), default=None))

    async def keep(self, guild_id: int, query: CaseQuery) -> int:
        """Store a query for a week, and delete older ones. Returns its id."""
        at = self._now()
        old = delete(case_queries).where(case_queries.c.guild_id == guild_id, case_queries.c.at < at - KEPT_FOR)
        token = self._cipher.encrypt(written(query))
        async with writing(self._engine) as connection:
            await connection.execute(old)
            row = insert(case_queries).values(guild_id=guild_id, query_encrypted=token, at=at)
            (query_id,) = (await connection.execute(row)).inserted_primary_key or (0,)
        return int(query_id)

    async def kept(self, guild_id: int, query_id: int) -> CaseQuery | None:
        """A stored query. None if it expired or belongs to another server."""
        query = select(case_queries.c.query_encrypted).where(
            case_queries.c.guild_id == guild_id,
            case_queries.c.id == min(query_id, _LARGEST),
            case_queries.c.at >= self._now() - KEPT_FOR,
        )
        async with reading(self._engine) as connection:
            token = (await connection.execute(query)).scalar()
        text = None if token is None else self._cipher.decrypt(token)
        return None if text is None else read(text)

    async def exported(self, guild_id: int, *, actor_id: int, cases: int, what: str, number: int | None = None) -> None:
        """Write an audit entry."""
        counted = what if number is not None else f"{cases} cases, {what}"
        subject = "cases" if number is None else f"case:{number}"
        entry = cases_exported(guild_id, actor_id=actor_id, subject=subject, detail=counted, at=self._now())
        async with writing(self._engine) as connection:
            await write_entries(connection, [entry])

    async def _numbers(
        self,
        connection: AsyncConnection,
        guild_id: int,
        query: CaseQuery,
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
        limit: int,
    ) -> list[int]:
        """The numbers of the cases, the one next to where the page begins first."""
        conditions = [*_plain(guild_id, query), *await _bounds(connection, guild_id, query)]
        if older_than is not None:
            conditions.append(cases.c.number < min(older_than, _LARGEST))
        if newer_than is not None:
            conditions.append(cases.c.number > min(newer_than, _LARGEST))
        marks = [marks_of(self._cipher, guild_id, word) for word in sorted(query.words)]
        found = _source(guild_id, query).where(cases.c.guild_id == guild_id, *conditions)
        found = found.where(*(_noted(guild_id, mark) for mark in marks))
        order = cases.c.number.asc() if newer_than is not None else cases.c.number.desc()
        return list((await connection.execute(found.order_by(order).limit(limit))).scalars())


def written(query: CaseQuery) -> str:
    """Serialize a query as text."""
    return json.dumps(
        {
            "member_id": query.member_id,
            "rule_id": query.rule_id,
            "policy_id": query.policy_id,
            "moderator_id": query.moderator_id,
            "state": query.state and query.state.value,
            "kinds": sorted(query.kinds),
            "words": sorted(query.words),
            "opened_from": query.opened_from and query.opened_from.isoformat(),
            "opened_before": query.opened_before and query.opened_before.isoformat(),
        }
    )


def read(text: str) -> CaseQuery:
    """Parse a query that `written` wrote."""
    values = json.loads(text)
    moments = {name: values[name] and datetime.fromisoformat(values[name]) for name in ("opened_from", "opened_before")}
    return CaseQuery(
        **{
            **values,
            **moments,
            "state": values["state"] and CaseState(values["state"]),
            "kinds": frozenset(map(CaseKind, values["kinds"])),
            "words": frozenset(values["words"]),
        }
    )


def cases_exported(guild_id: int, *, actor_id: int, subject: str, detail: str, at: datetime) -> AuditEntry:
    """The text of the audit entry about an export."""
    return AuditEntry(
        guild_id=guild_id,
        actor_id=actor_id,
        action=AuditAction.CASES_EXPORTED,
        subject=subject,
        detail=detail,
        at=at,
    )


def _source(guild_id: int, query: CaseQuery) -> Select[Any]:
    """The table or index that the numbers are read from. SQLite has no statistics here, so the index is named: a
    member's cases come from their own index, all others from `ix_cases_search`, joined to a rule's cases first
    unless there are words."""
    found = select(cases.c.number)
    is_few = query.member_id is not None or bool(query.words)
    if query.rule_id is not None:
        same = and_(
            case_rules.c.guild_id == guild_id,
            case_rules.c.rule_key == rule_key(query.rule_id),
            case_rules.c.number == cases.c.number,
        )
        found = found.where(exists().where(same).correlate(cases)) if is_few else found.join(case_rules, same)
    if query.member_id is not None:
        return found
    return found.with_hint(cases, "INDEXED BY ix_cases_search", "sqlite")


def _plain(guild_id: int, query: CaseQuery) -> list[ColumnElement[bool]]:
    """The conditions on columns of a case and on rules that moderators named."""
    asked = (
        (cases.c.author_id, query.member_id),
        (cases.c.decided_by, query.moderator_id),
        (cases.c.state, query.state and query.state.value),
    )
    conditions = [column == wanted for column, wanted in asked if wanted is not None]
    if query.policy_id is not None:
        of_policy = (case_rules.c.guild_id == guild_id, case_rules.c.named_policy_id == query.policy_id)
        named = select(case_rules.c.number).where(*of_policy)
        conditions.append(or_(cases.c.policy_id == query.policy_id, cases.c.number.in_(named)))
    if query.kinds:
        conditions.append(cases.c.kind.in_(sorted(query.kinds)))
    return conditions


async def _bounds(connection: AsyncConnection, guild_id: int, query: CaseQuery) -> list[ColumnElement[bool]]:
    """Convert a time span to a span of case numbers, which are in order of time, so that the search doesn't read the
    times."""
    bounds: list[ColumnElement[bool]] = []
    for moment, is_end in ((query.opened_from, False), (query.opened_before, True)):
        if moment is None:
            continue
        number = await number_from(connection, guild_id, moment)
        number = _LARGEST if number is None else number
        bounds.append(cases.c.number < number if is_end else cases.c.number >= number)
    return bounds


async def number_from(connection: AsyncConnection, guild_id: int, moment: datetime) -> int | None:
    """The first case opened at this moment or later; None if there is none yet."""
    first = (
        select(cases.c.number)
        .where(cases.c.guild_id == guild_id, cases.c.opened_at >= moment)
        .order_by(cases.c.opened_at, cases.c.number)
        .limit(1)
    )
    number: int | None = (await connection.execute(first)).scalar()
    return number


def _noted(guild_id: int, marks: tuple[int, ...]) -> ColumnElement[bool]:
    """Is the word in a note of the case?"""
    noted = select(note_words.c.case_number).where(note_words.c.guild_id == guild_id, note_words.c.word.in_(marks))
    return cases.c.number.in_(noted)


async def _rows(
    connection: AsyncConnection, columns: Select[Any], guild_id: int, numbers: list[int]
) -> list[Mapping[str, Any]]:
    named = columns.where(cases.c.guild_id == guild_id, cases.c.number.in_(numbers)).order_by(cases.c.number.desc())
    return [dict(row) for row in (await connection.execute(named)).mappings()]


def _line(row: Mapping[str, Any]) -> CaseLine:
    return CaseLine(
        number=row["number"],
        kind=CaseKind(row["kind"]),
        state=CaseState(row["state"]),
        member_id=row["author_id"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        gone=row["gone"],
        policy_name=row["policy_name"],
        rules=rules_in(row),
        opened_at=row["opened_at"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
    )
