"""Counts a month of a server. Reads no rows of cases, only names of rules and sums."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.moderation.cases.action import ActionState
from bot.moderation.cases.case import CaseState
from bot.moderation.lookups.numbers.transparency import Month, MonthCounts
from bot.storage.cases.marks import rule_key
from bot.storage.database.engine import reading
from bot.storage.tables.actions import case_actions
from bot.storage.tables.cases import cases
from bot.storage.tables.lookups import case_rules
from bot.storage.tables.members import appeals
from bot.storage.tables.trials import policy_costs

#: Actions that were done; the counts of appeals tell whether they were undone later.
_DONE = tuple(state.value for state in (ActionState.DONE, ActionState.UNDONE, ActionState.ENDED, ActionState.CHANGED))
_JUDGES = 3  #: number of judges that are named
_NO_POLICY = 0  #: stands for the policy of AutoMod's hits, which are all counted under one name


class SqlMonths:
    """`bot.moderation.lookups.numbers.transparency.MonthStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_month(self, guild_id: int, month: Month) -> MonthCounts:
        """Everything that is counted."""
        mine = and_(cases.c.guild_id == guild_id, cases.c.opened_at >= month.begins, cases.c.opened_at < month.ends)
        done = (case_actions.c.state.in_(_DONE), case_actions.c.undoes.is_(None), case_actions.c.changes.is_(None))
        async with reading(self._engine) as connection:
            acts = await _grouped(connection, case_actions.c.kind, _of_cases(case_actions), mine, *done)
            by_itself = await _grouped(
                connection, case_actions.c.kind, _of_cases(case_actions), mine, *done, case_actions.c.by.is_(None)
            )
            return MonthCounts(
                judgements=await _judgements(connection, guild_id, month),
                rules=await _rules(connection, mine),
                kinds=await _grouped(connection, cases.c.kind, cases, mine),
                states=await _grouped(connection, cases.c.state, cases, mine),
                actions=acts,
                automatic=sum(by_itself.values()),
                appeals=await _grouped(connection, appeals.c.state, _of_cases(appeals), mine),
                times=await _times(connection, mine),
                judges=tuple(
                    name
                    for name, _ in sorted(
                        (await _grouped(connection, cases.c.judge, cases, mine)).items(), key=lambda each: -each[1]
                    )[:_JUDGES]
                    if name
                ),
            )


def _of_cases(table: Any) -> Any:
    """The rows of a table joined with their cases."""
    return table.join(cases, and_(cases.c.guild_id == table.c.guild_id, cases.c.number == table.c.case_number))


async def _grouped(
    connection: AsyncConnection, column: Any, source: Any, *where: ColumnElement[bool]
) -> dict[str, int]:
    query = select(column, func.count()).select_from(source).where(*where).group_by(column)
    return {row[0]: row[1] for row in await connection.execute(query)}


async def _judgements(connection: AsyncConnection, guild_id: int, month: Month) -> int:
    query = select(func.coalesce(func.sum(policy_costs.c.verdicts), 0)).where(
        policy_costs.c.guild_id == guild_id,
        policy_costs.c.day >= month.begins.date(),
        policy_costs.c.day < month.ends.date(),
    )
    return int((await connection.execute(query)).scalar_one())


async def _rules(connection: AsyncConnection, mine: ColumnElement[bool]) -> dict[str, int]:
    """Cases by rule, named by the judge or a moderator; each rule has the name in its newest case."""
    same = and_(case_rules.c.guild_id == cases.c.guild_id, case_rules.c.number == cases.c.number)
    policy = func.coalesce(case_rules.c.named_policy_id, cases.c.policy_id)
    grouped = (
        select(policy, case_rules.c.rule_key, func.count(), func.max(cases.c.number))
        .select_from(cases.join(case_rules, same))
        .where(mine)
        .group_by(policy, case_rules.c.rule_key)
    )
    found = (await connection.execute(grouped)).all()
    numbers = sorted({newest for *_, newest in found})
    named = select(cases.c.number, cases.c.policy_name, cases.c.rules, cases.c.ground)
    rows = (await connection.execute(named.where(mine, cases.c.number.in_(numbers)))).mappings()
    by_number = {row["number"]: row for row in rows}
    counts: dict[str, int] = {}
    for policy_id, key, count, newest in found:
        row = by_number[newest]
        name = row["policy_name"] if policy_id == _NO_POLICY else _named(row, key)
        counts[name] = counts.get(name, 0) + count
    return counts


def _named(row: RowMapping, key: str) -> str:
    """A rule with its policy, as the case of a row has it."""
    by_moderator = (row["ground"] or {}).get("rule")
    judged = [{**rule, "policy_name": row["policy_name"]} for rule in row["rules"]]
    rules = [*judged, *([by_moderator] if by_moderator else [])]
    rule = next(each for each in rules if rule_key(each["id"]) == key)
    return " ".join(f"{rule['policy_name']}, {rule['id']} {rule['title']}".split())


async def _times(connection: AsyncConnection, mine: ColumnElement[bool]) -> tuple[timedelta, ...]:
    query = select(cases.c.opened_at, cases.c.decided_at).where(mine, cases.c.state != CaseState.OPEN.value)
    rows = (await connection.execute(query)).all()
    return tuple(decided_at - opened_at for opened_at, decided_at in rows)
