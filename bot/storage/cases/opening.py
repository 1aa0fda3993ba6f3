"""Opening a case, or letting a message join one, within the transaction that is under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.keys import Cipher
from bot.moderation.cases.case import Case, CaseState, NewCase
from bot.moderation.cases.further_messages import MayJoin, Opened, case_to_join
from bot.storage.audit import entries
from bot.storage.audit.entries_of_cards import message_joined
from bot.storage.audit.log import write_entries
from bot.storage.cases.action_rows import write_planned
from bot.storage.cases.case_queries import same_verdict
from bot.storage.cases.case_rows import case_of, cleaned, row_of
from bot.storage.cases.further_messages import case_of_further
from bot.storage.cases.marks import write_rules
from bot.storage.tables.cases import case_numbers, cases
from bot.storage.tables.shared_cards import case_messages


async def open_or_join(
    connection: AsyncConnection, new: NewCase, may_join: MayJoin | None, *, at: datetime, cipher: Cipher
) -> Opened:
    """The case that exists for the same verdict, else the one that the message may join, else a new one.

    The server's row of numbers stays locked until the transaction ends, so cases open one by one.
    """
    new = cleaned(new)
    number = await _next_number(connection, new.guild_id)
    known = await _known(connection, new, may_join, cipher)
    there = next((case for case, is_it in known if is_it), None)
    joined = there or (case_to_join(new, [case for case, _ in known], may_join) if may_join else None)
    if joined is not None:
        await _give_back(connection, new.guild_id)
    if there is not None:
        return Opened(case=there, is_new=False)
    if joined is not None:
        await _join(connection, joined.number, new, at=at, cipher=cipher)
        return Opened(case=joined, is_new=False, is_further=True)
    row = row_of(new, number=number, opened_at=at, cipher=cipher)
    written = (await connection.execute(insert(cases).values(row).returning(cases))).mappings().one()
    case = case_of(written, cipher)
    await write_rules(connection, new, number)
    await write_entries(connection, [entries.case_opened(case)])
    await write_planned(connection, new, number, at=at, cipher=cipher)
    return Opened(case=case, is_new=True)


async def _join(connection: AsyncConnection, number: int, new: NewCase, *, at: datetime, cipher: Cipher) -> None:
    """Keep the message as a further one of this case, with what follows from it by itself."""
    evidence = new.evidence
    row = {
        "guild_id": new.guild_id,
        "message_id": evidence.message_id,
        "edit": evidence.edit,
        "version_id": new.judged.version_id,
        "case_number": number,
        "channel_id": evidence.channel_id,
        "author_id": evidence.author_id,
        "gone": evidence.gone,
        "joined_at": at,
    }
    await connection.execute(insert(case_messages).values(row))
    await write_entries(connection, [message_joined(new.guild_id, number, evidence.message_id, at=at)])
    await write_planned(connection, new, number, at=at, cipher=cipher)


async def _next_number(connection: AsyncConnection, guild_id: int) -> int:
    """The server's next case number, taken."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    first = dialect.insert(case_numbers).values(guild_id=guild_id, last_number=1)
    taken = first.on_conflict_do_update(
        index_elements=[case_numbers.c.guild_id], set_={"last_number": case_numbers.c.last_number + 1}
    )
    return int((await connection.execute(taken.returning(case_numbers.c.last_number))).scalar_one())


async def _give_back(connection: AsyncConnection, guild_id: int) -> None:
    """No case is opened: nobody has seen the number, because the row is locked."""
    less = {"last_number": case_numbers.c.last_number - 1}
    await connection.execute(update(case_numbers).where(case_numbers.c.guild_id == guild_id).values(less))


async def _known(
    connection: AsyncConnection, new: NewCase, may_join: MayJoin | None, cipher: Cipher
) -> Sequence[tuple[Case, bool]]:
    """What is known of this message, the newest first, each with: is it the case of the very same verdict?"""
    same = or_(same_verdict(new), case_of_further(new))
    which: list[ColumnElement[bool]] = [same_verdict(new), case_of_further(new)]
    if may_join is not None:
        is_open = (cases.c.guild_id == new.guild_id, cases.c.state == CaseState.OPEN.value)
        about = (cases.c.message_id == may_join.about, cases.c.policy_id == new.judged.policy_id)
        which.append(and_(*is_open, *about))
        which += [] if may_join.same_text is None else [and_(*is_open, cases.c.number == may_join.same_text)]
    query = select(cases, same.label("same_verdict")).where(or_(*which)).order_by(cases.c.number.desc())
    rows: Sequence[Any] = (await connection.execute(query.with_for_update(of=cases))).mappings().all()
    return [(case_of(row, cipher), bool(row["same_verdict"])) for row in rows]
