"""Scores of decided cases in the database."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.cases.case import DECIDED_BY_MODERATORS, CaseKind, CaseState
from bot.moderation.lookups.numbers.decided_scores import LOOKED_AT, DecidedScore
from bot.storage.database.engine import reading
from bot.storage.tables.cases import cases
from guild_policies.store.tables import policy_versions


class SqlDecidedScores:
    """`bot.moderation.lookups.numbers.decided_scores.DecidedScores` over SQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_version(
        self, guild_id: int, *, policy_id: int, version_id: int, limit: int = LOOKED_AT
    ) -> tuple[DecidedScore, ...]:
        """Scores of all versions of the policy with the same text as this one, newest cases first, at most `limit` per
        judge and method."""
        this, alike = policy_versions.alias("this"), policy_versions.alias("alike")
        same = (
            select(alike.c.id)
            .join(this, (this.c.policy_id == alike.c.policy_id) & (this.c.fingerprint == alike.c.fingerprint))
            .where(this.c.policy_id == policy_id, this.c.id == version_id)
        )
        newest_first = cases.c.number.desc()
        place = func.row_number().over(partition_by=(cases.c.judge, cases.c.method), order_by=newest_first)
        decided = (
            select(cases.c.number, cases.c.score, cases.c.state, cases.c.judge, cases.c.method, place.label("place"))
            .where(
                cases.c.guild_id == guild_id,
                cases.c.policy_id == policy_id,
                cases.c.kind == CaseKind.VIOLATION.value,
                cases.c.state.in_([state.value for state in DECIDED_BY_MODERATORS]),
                cases.c.version_id.in_(same),
                cases.c.score.is_not(None),
            )
            .subquery()
        )
        shown = (decided.c.number, decided.c.score, decided.c.state, decided.c.judge, decided.c.method)
        query = select(*shown).where(decided.c.place <= limit).order_by(decided.c.number.desc())
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return tuple(
            DecidedScore(
                number=number, score=score, violation=state == CaseState.VIOLATION.value, judge=judge, method=method
            )
            for number, score, state, judge, method in rows
        )
