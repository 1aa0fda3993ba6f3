"""Opens cases, or adds messages to open ones, within the current transaction. Also finds cases by further messages and
marks those as deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.keys import Cipher
from bot.moderation.cases.case import Case, CaseState, NewCase
from bot.moderation.cases.further_messages import MayJoin, Opened, case_to_join
from bot.storage.audit import entries
from bot.storage.audit.entries_of_cards import further_gone, message_joined
from bot.storage.audit.log import write_entries
from bot.storage.cases.action_rows import write_planned
from bot.storage.cases.case_rows import case_of, cleaned, row_of
from bot.storage.cases.marks import write_rules
from bot.storage.tables.cases import case_numbers, cases
from bot.storage.tables.shared_cards import case_messages

AT_ONCE = 50  #: cases in a statement: encrypting and decrypting them blocks the event loop for about 10 ms
_VERDICT = (case_messages.c.message_id, case_messages.c.edit, case_messages.c.version_id)


@dataclass(slots=True, kw_only=True)
class Wanted:
    """A message that needs a case, with the result after the transaction."""

    new: NewCase
    may_join: MayJoin | None = None  #: None: it gets its own case
    opened: Opened | None = None
    error: Exception | None = None  #: the error, if it failed

    def became(self) -> Opened:
        """The result. Raises the error if it failed, and `LookupError` before the transaction."""
        if self.opened is None:
            raise self.error or LookupError("nothing was opened yet")
        return self.opened


async def open_or_join(connection: AsyncConnection, wanted: Sequence[Wanted], *, at: datetime, cipher: Cipher) -> None:
    """For each message, use the existing case for the same verdict, or the one that it may join, or open a new one.

    Needs no more statements for many messages than for one, if they open cases. Each server's row of numbers
    stays locked until the transaction ends, so cases open one by one.
    """
    for guild_id in sorted({each.new.guild_id for each in wanted}):
        of_server = [each for each in wanted if each.new.guild_id == guild_id]
        while of_server:
            now, of_server = _once_each(of_server)
            await _of_one_server(connection, guild_id, now, at=at, cipher=cipher)


def _once_each(wanted: list[Wanted]) -> tuple[list[Wanted], list[Wanted]]:
    """Split messages into those that can be handled together, and those that depend on what an earlier one writes."""
    now: list[Wanted] = []
    later: list[Wanted] = []
    about: set[int] = set()
    for each in wanted:
        mine = {each.new.evidence.message_id, each.may_join.about if each.may_join else each.new.evidence.message_id}
        (later if mine & about or len(now) >= AT_ONCE else now).append(each)
        about |= mine
    return now, later


async def _of_one_server(
    connection: AsyncConnection, guild_id: int, wanted: list[Wanted], *, at: datetime, cipher: Cipher
) -> None:
    last = await _take_numbers(connection, guild_id, len(wanted))
    known = await _known(connection, guild_id, wanted, cipher)
    fresh: list[tuple[int, NewCase]] = []
    for each in wanted:
        each.new = cleaned(each.new)
        each.opened = known.find(each.new, each.may_join)
        if each.opened is None:
            fresh.append((last - len(wanted) + 1 + len(fresh), each.new))
        elif each.opened.is_further:
            await _join(connection, each.opened.case, each.new, at=at, cipher=cipher)
    if len(fresh) < len(wanted):
        await _take_numbers(connection, guild_id, len(fresh) - len(wanted))  # not seen by others: the row is locked
    cases_opened = await _write(connection, fresh, at=at, cipher=cipher)
    opened = iter([cases_opened[number] for number, _ in fresh])
    for each in wanted:
        if each.opened is None:
            each.opened = Opened(case=next(opened), is_new=True)


async def _write(
    connection: AsyncConnection, fresh: list[tuple[int, NewCase]], *, at: datetime, cipher: Cipher
) -> dict[int, Case]:
    """Write new cases of one server, by number, with their rules, audit entries and planned actions."""
    if not fresh:
        return {}
    rows = [row_of(new, number=number, opened_at=at, cipher=cipher) for number, new in fresh]
    written = (await connection.execute(insert(cases).returning(cases), rows)).mappings().all()
    opened = {row["number"]: case_of(row, cipher) for row in written}
    await write_rules(connection, fresh)
    await write_entries(connection, [entries.case_opened(opened[number]) for number, _ in fresh])
    for number, new in fresh:
        await write_planned(connection, new, opened[number], at=at, cipher=cipher)
    return opened


async def _join(connection: AsyncConnection, case: Case, new: NewCase, *, at: datetime, cipher: Cipher) -> None:
    """Store the message as a further one of this case, with its automatic actions."""
    evidence = new.evidence
    row = {
        "guild_id": new.guild_id,
        "message_id": evidence.message_id,
        "edit": evidence.edit,
        "version_id": new.judged.version_id,
        "case_number": case.number,
        "channel_id": evidence.channel_id,
        "author_id": evidence.author_id,
        "gone": evidence.gone,
        "joined_at": at,
    }
    await connection.execute(insert(case_messages).values(row))
    await write_entries(connection, [message_joined(new.guild_id, case.number, evidence.message_id, at=at)])
    await write_planned(connection, new, case, at=at, cipher=cipher)


async def _take_numbers(connection: AsyncConnection, guild_id: int, count: int) -> int:
    """Take the server's next case numbers, or give back the last ones. Returns the last number taken."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    first = dialect.insert(case_numbers).values(guild_id=guild_id, last_number=count)
    taken = first.on_conflict_do_update(
        index_elements=[case_numbers.c.guild_id], set_={"last_number": case_numbers.c.last_number + count}
    )
    return int((await connection.execute(taken.returning(case_numbers.c.last_number))).scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The existing cases that messages may have or join."""

    by_verdict: dict[tuple[int, int, int], Case]  #: message, edit, version
    open_cases: tuple[Case, ...]

    def find(self, new: NewCase, may_join: MayJoin | None) -> Opened | None:
        """The case of exactly this verdict, or the one that the message joins."""
        there = self.by_verdict.get((new.evidence.message_id, new.evidence.edit, new.judged.version_id))
        if there is not None:
            return Opened(case=there, is_new=False)
        joined = case_to_join(new, self.open_cases, may_join) if may_join else None
        return None if joined is None else Opened(case=joined, is_new=False, is_further=True)


async def _known(connection: AsyncConnection, guild_id: int, wanted: Sequence[Wanted], cipher: Cipher) -> _Known:
    """The existing cases for these messages, locked so that nobody decides them meanwhile."""
    messages = {each.new.evidence.message_id for each in wanted}
    about = messages | {each.may_join.about for each in wanted if each.may_join}
    same_texts = {each.may_join.same_text for each in wanted if each.may_join and each.may_join.same_text}
    joined = and_(case_messages.c.guild_id == guild_id, case_messages.c.message_id.in_(sorted(messages)))
    query = (
        select(cases, *(column.label(f"joined_{column.name}") for column in _VERDICT))
        .outerjoin(case_messages, and_(joined, case_messages.c.case_number == cases.c.number))
        .where(
            cases.c.guild_id == guild_id,
            or_(
                cases.c.message_id.in_(sorted(about)),
                cases.c.number.in_(sorted(same_texts)),
                cases.c.number.in_(select(case_messages.c.case_number).where(joined)),
            ),
        )
    )
    rows = (await connection.execute(query.with_for_update(of=cases))).mappings().all()
    by_verdict: dict[tuple[int, int, int], Case] = {}
    found: dict[int, Case] = {}
    for row in rows:
        case = found.setdefault(row["number"], case_of(dict(row), cipher))
        by_verdict[row["message_id"], row["edit"], row["version_id"]] = case
        by_verdict[row["joined_message_id"], row["joined_edit"], row["joined_version_id"]] = case
    is_open = tuple(case for case in found.values() if case.state is CaseState.OPEN)
    return _Known(by_verdict=by_verdict, open_cases=is_open)


def is_about(guild_id: int, message_id: int) -> ColumnElement[bool]:
    """Is a case about this message, as its first or a further one?"""
    joined = select(case_messages.c.case_number).where(
        case_messages.c.guild_id == guild_id, case_messages.c.message_id == message_id
    )
    return or_(cases.c.message_id == message_id, cases.c.number.in_(joined))


async def mark_further_author(
    connection: AsyncConnection, guild_id: int, message_id: int, author_id: int
) -> tuple[int, ...]:
    """A further message turned out to be this member's. Returns the numbers of its cases."""
    done = await connection.execute(
        update(case_messages)
        .where(
            case_messages.c.guild_id == guild_id,
            case_messages.c.message_id == message_id,
            case_messages.c.author_id != author_id,
        )
        .values(author_id=author_id)
        .returning(case_messages.c.case_number)
    )
    return tuple(sorted(set(done.scalars())))


async def mark_further_gone(
    connection: AsyncConnection, guild_id: int, where: ColumnElement[bool], *, at: datetime
) -> tuple[int, ...]:
    """Mark further messages as deleted, each with its audit entry. Returns the numbers of their cases."""
    done = await connection.execute(
        update(case_messages)
        .where(case_messages.c.guild_id == guild_id, where, case_messages.c.gone.is_(False))
        .values(gone=True)
        .returning(case_messages.c.case_number, case_messages.c.message_id)
    )
    found = sorted((row.case_number, row.message_id) for row in done)
    await write_entries(connection, [further_gone(guild_id, number, message, at=at) for number, message in found])
    return tuple(sorted({number for number, _ in found}))
