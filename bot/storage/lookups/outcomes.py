"""Outcomes of cases, to compare groups of members. Texts are only read for their language, and not returned."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.cases.case import CaseKind, CaseState
from bot.moderation.lookups.numbers.fairness import CaseOutcome
from bot.storage.database.engine import reading
from bot.storage.tables.cases import cases
from bot.storage.tables.members import appeals
from guild_policies.language import language_of


class SqlCaseOutcomes:
    """`bot.moderation.lookups.numbers.fairness.OutcomeStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, cipher: Cipher) -> None:
        self._engine = engine
        self._cipher = cipher

    async def outcomes(self, guild_id: int, *, since: datetime, limit: int) -> tuple[CaseOutcome, ...]:
        """The outcomes of the newest cases that the judge opened since this time."""
        reversed_ = (
            select(appeals.c.case_number)
            .where(
                and_(appeals.c.guild_id == cases.c.guild_id, appeals.c.case_number == cases.c.number),
                appeals.c.state == AppealState.OVERTURNED.value,
            )
            .exists()
            .label("overturned")
        )
        columns = ("author_id", "posted_at", "opened_at", "decided_at", "state", "text_encrypted")
        query = (
            select(*(cases.c[name] for name in columns), reversed_)
            .where(
                cases.c.guild_id == guild_id,
                cases.c.opened_at >= since,
                cases.c.kind == CaseKind.VIOLATION.value,
            )
            .order_by(cases.c.number.desc())
            .limit(limit)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return await asyncio.to_thread(self._outcomes, rows)  # thousands of texts to decrypt

    def _outcomes(self, rows: Sequence[Any]) -> tuple[CaseOutcome, ...]:
        return tuple(
            CaseOutcome(
                author_id=row.author_id,
                posted_at=row.posted_at,
                opened_at=row.opened_at,
                decided_at=row.decided_at,
                dismissed=row.state == CaseState.NOT_A_VIOLATION.value,
                overturned=bool(row.overturned),
                language=self._language(row.text_encrypted),
            )
            for row in rows
        )

    def _language(self, token: bytes | None) -> str | None:
        text = None if token is None else self._cipher.decrypt(token)
        return language_of(text) if text else None
