"""Further messages of cases as rows: the conditions and changes that the store of cases shares with their own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.cases.case import NewCase
from bot.storage.audit.entries_of_cards import further_gone
from bot.storage.audit.log import write_entries
from bot.storage.tables.cases import cases
from bot.storage.tables.shared_cards import case_messages


def is_about(guild_id: int, message_id: int) -> ColumnElement[bool]:
    """Is a case about this message, be it the first or a further one?"""
    joined = select(case_messages.c.case_number).where(
        case_messages.c.guild_id == guild_id, case_messages.c.message_id == message_id
    )
    return or_(cases.c.message_id == message_id, cases.c.number.in_(joined))


def case_of_further(new: NewCase) -> ColumnElement[bool]:
    """Is it the case that this very message, edit and version joined?"""
    joined = select(case_messages.c.case_number).where(
        case_messages.c.guild_id == new.guild_id,
        case_messages.c.message_id == new.evidence.message_id,
        case_messages.c.edit == new.evidence.edit,
        case_messages.c.version_id == new.judged.version_id,
    )
    return and_(cases.c.guild_id == new.guild_id, cases.c.number.in_(joined))


async def mark_further_gone(
    connection: AsyncConnection, guild_id: int, where: ColumnElement[bool], *, at: datetime
) -> tuple[int, ...]:
    """Mark further messages as deleted, each with its audit entry; the numbers of their cases."""
    done = await connection.execute(
        update(case_messages)
        .where(case_messages.c.guild_id == guild_id, where, case_messages.c.gone.is_(False))
        .values(gone=True)
        .returning(case_messages.c.case_number, case_messages.c.message_id)
    )
    found = sorted((row.case_number, row.message_id) for row in done)
    await write_entries(connection, [further_gone(guild_id, number, message, at=at) for number, message in found])
    return tuple(sorted({number for number, _ in found}))
