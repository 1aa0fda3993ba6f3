"""Finds how far this machine's clock was ahead of Discord's, from rows with both times."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import String, and_, cast, literal, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.case import CaseKind
from bot.moderation.messages.watermarks import moment_of
from bot.storage.database.engine import reading
from bot.storage.tables.cases import audit_entries, cases

_LOOKED_AT = 1_000  #: newest cases that are read


class SqlClockHistory:
    """`bot.moderation.messages.discord_time.ClockHistory` over SQLite or PostgreSQL. Raises `StorageError`.

    The entry in the audit log, which nobody can change, has this machine's time; the id of the message has Discord's.
    Cases from AutoMod are left out, because their ids are made here.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def smallest_lead(self) -> timedelta | None:
        """The shortest time between a message and its case."""
        opened = and_(
            audit_entries.c.guild_id == cases.c.guild_id,
            audit_entries.c.subject == literal("case:").concat(cast(cases.c.number, String)),
        )
        query = (
            select(audit_entries.c.at, cases.c.message_id)
            .join(cases, opened)
            .where(audit_entries.c.action == AuditAction.CASE_OPENED.value, cases.c.kind != CaseKind.AUTOMOD.value)
            .order_by(cases.c.opened_at.desc())
            .limit(_LOOKED_AT)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return min((row.at - moment_of(row.message_id) for row in rows), default=None)
