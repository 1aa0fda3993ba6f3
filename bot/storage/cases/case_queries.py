"""Longer queries about cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from bot.moderation.cases.case import WITHOUT_ACTION, CaseKind, CaseState
from bot.storage.tables.cases import cases

_BATCH = 500  #: ids in one statement; SQLite and PostgreSQL limit them at 32,766


def earlier_of(guild_id: int, numbers: tuple[int, ...], *, since: datetime) -> Select[Any]:
    """For each of these cases: its number, how many earlier cases its member had, and when the last of them was opened.
    Cases without earlier ones are left out."""
    before = cases.alias("before")
    return (
        select(cases.c.number, func.count().label("count"), func.max(before.c.opened_at).label("last_at"))
        .join(
            before,
            and_(
                before.c.guild_id == cases.c.guild_id,
                before.c.author_id == cases.c.author_id,
                before.c.number < cases.c.number,
            ),
        )
        .where(
            cases.c.guild_id == guild_id,
            cases.c.number.in_(numbers),
            before.c.opened_at >= since,
            before.c.state.not_in([state.value for state in sorted(WITHOUT_ACTION)]),
            or_(
                before.c.kind != CaseKind.UNDECIDED.value,
                before.c.state == CaseState.VIOLATION.value,
            ),
        )
        .group_by(cases.c.number)
    )


def batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """Split numbers into batches that fit into a statement."""
    for start in range(0, len(numbers), _BATCH):
        yield numbers[start : start + _BATCH]
