"""The newest decided cases of a policy with their texts, in the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.case import CaseKind, CaseState
from bot.moderation.review.precedents import LOOKED_AT, DecidedText
from bot.storage.cases.case_rows import rules_in
from bot.storage.database.engine import reading
from bot.storage.lookups.search import number_from
from bot.storage.tables.cases import cases
from bot.storage.tables.lookups import case_rules


class SqlDecidedTexts:
    """`bot.moderation.review.precedents.DecidedTexts` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, cipher: Cipher) -> None:
        self._engine = engine
        self._cipher = cipher

    async def newest(
        self, guild_id: int, *, policy_id: int, since: datetime, limit: int = LOOKED_AT
    ) -> tuple[DecidedText, ...]:
        """Decided cases of a policy whose text is stored, newest first. The numbers come from the narrow search index;
        only those rows are read."""
        of_server = cases.c.guild_id == guild_id
        numbers = select(cases.c.number).where(
            of_server, cases.c.state != CaseState.OPEN.value, _of_policy(guild_id, policy_id)
        )
        numbers = numbers.with_hint(cases, "INDEXED BY ix_cases_search", "sqlite")
        columns = (
            cases.c.number, cases.c.state, cases.c.rules, cases.c.ground, cases.c.text_encrypted,
            cases.c.card_channel_id, cases.c.card_message_id,
        )  # fmt: skip
        async with reading(self._engine) as connection:
            first = await number_from(connection, guild_id, since)
            if first is None:
                return ()
            newest = numbers.where(cases.c.number >= first).order_by(cases.c.number.desc()).limit(limit)
            found = list((await connection.execute(newest)).scalars())
            kept = and_(of_server, cases.c.number.in_(found), cases.c.text_encrypted.is_not(None))
            query = select(*columns).where(kept).order_by(cases.c.number.desc())
            rows = (await connection.execute(query)).mappings().all()
        read = ((row, self._cipher.decrypt(row["text_encrypted"])) for row in rows)
        return tuple(
            DecidedText(
                number=row["number"],
                state=CaseState(row["state"]),
                rules=rules_in(row),
                text=text,
                card_channel_id=row["card_channel_id"],
                card_message_id=row["card_message_id"],
            )
            for row, text in read
            if text is not None
        )


def _of_policy(guild_id: int, policy_id: int) -> ColumnElement[bool]:
    """The condition for cases judged under the policy, or decided by one of its rules; with 0, reported by members."""
    if not policy_id:
        return and_(cases.c.policy_id == 0, cases.c.kind == CaseKind.REPORT.value)
    named = select(case_rules.c.number).where(
        case_rules.c.guild_id == guild_id, case_rules.c.named_policy_id == policy_id
    )
    return or_(cases.c.policy_id == policy_id, cases.c.number.in_(named))
