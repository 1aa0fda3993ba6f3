"""Counts over the cases of a server. Grouping reads narrow indices; one row of each group is read for its names."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.moderation.appeals.appeal import AppealState
from bot.moderation.cases.case import DECIDED_BY_MODERATORS, CaseKind, CaseState
from bot.moderation.lookups.numbers.stats import AppealCounts, RuleStats
from bot.storage.cases.case_rows import rules_in
from bot.storage.cases.marks import rule_key
from bot.storage.database.engine import reading
from bot.storage.lookups.search import number_from
from bot.storage.tables.cases import cases
from bot.storage.tables.lookups import case_rules
from bot.storage.tables.members import appeals

_WAIT_FOR_SOMEBODY = (
    CaseKind.VIOLATION.value, CaseKind.UNDECIDED.value, CaseKind.REPORT.value, CaseKind.PICTURE_BURST.value,
    CaseKind.SAME_PICTURE.value,
)  # fmt: skip

Key = tuple[int, str]  #: policy id and rule key


class SqlStats:
    """`bot.moderation.lookups.numbers.stats.StatsStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def rules(self, guild_id: int, *, since: datetime, policy_id: int | None = None) -> tuple[RuleStats, ...]:
        """Counts by policy and rule, with its latest name; those with the most cases first."""
        async with reading(self._engine) as connection:
            number = await number_from(connection, guild_id, since)
            if number is None:
                return ()
            counts, newest = await _counted(connection, guild_id, number, policy_id)
            by_people, newest_by_people = await _named_by_people(connection, guild_id, number, policy_id)
            named = await _named(connection, guild_id, newest_by_people | newest)
            appealed = await _appealed(connection, guild_id, since)
        found = [_rule(named[key], counts.get(key, {}), appealed.get(key, {}), by_people.get(key, 0)) for key in named]
        return tuple(sorted(found, key=lambda each: (-each.total, -each.named, each.policy_name, each.rule_id)))

    async def times_to_close(self, guild_id: int, *, since: datetime, limit: int) -> tuple[timedelta, ...]:
        """From opening to deciding, of the newest cases that waited for a moderator."""
        query = (
            select(cases.c.opened_at, cases.c.decided_at)
            .where(
                cases.c.guild_id == guild_id,
                cases.c.opened_at >= since,
                cases.c.state.in_([state.value for state in DECIDED_BY_MODERATORS]),
                cases.c.kind.in_(_WAIT_FOR_SOMEBODY),
            )
            .order_by(cases.c.opened_at.desc())
            .limit(limit)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return tuple(decided_at - opened_at for opened_at, decided_at in rows)

    async def appeals(self, guild_id: int, *, since: datetime) -> AppealCounts:
        """Appeals opened since then."""
        query = (
            select(appeals.c.state, func.count())
            .where(appeals.c.guild_id == guild_id, appeals.c.opened_at >= since)
            .group_by(appeals.c.state)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        counts = {row[0]: row[1] for row in rows}
        return AppealCounts(
            waiting=counts.get(AppealState.OPEN.value, 0) + counts.get(AppealState.ASKED.value, 0),
            upheld=counts.get(AppealState.UPHELD.value, 0),
            overturned=counts.get(AppealState.OVERTURNED.value, 0),
        )


async def _counted(
    connection: AsyncConnection, guild_id: int, number: int, policy_id: int | None
) -> tuple[dict[Key, dict[str, int]], dict[Key, int]]:
    """How many cases are in each state, by policy and rule; and the newest case of each."""
    query = (
        select(cases.c.policy_id, case_rules.c.rule_key, cases.c.state, func.count(), func.max(cases.c.number))
        .select_from(cases)
        .join(case_rules, _same_case())
        .where(cases.c.guild_id == guild_id, cases.c.number >= number, cases.c.kind == CaseKind.VIOLATION.value)
        .group_by(cases.c.policy_id, case_rules.c.rule_key, cases.c.state)
    )
    if policy_id is not None:
        query = query.where(cases.c.policy_id == policy_id)
    counts: dict[Key, dict[str, int]] = defaultdict(dict)
    newest: dict[Key, int] = {}
    for policy_id, rule, state, count, last in await connection.execute(query):
        counts[policy_id, rule][state] = count
        newest[policy_id, rule] = max(last, newest.get((policy_id, rule), 0))
    return counts, newest


async def _named_by_people(
    connection: AsyncConnection, guild_id: int, number: int, policy_id: int | None
) -> tuple[dict[Key, int], dict[Key, int]]:
    """How many violations without a verdict moderators named each rule for; and the newest case of each."""
    query = (
        select(case_rules.c.named_policy_id, case_rules.c.rule_key, func.count(), func.max(cases.c.number))
        .select_from(case_rules)
        .join(cases, _same_case())
        .where(
            case_rules.c.guild_id == guild_id,
            case_rules.c.number >= number,
            case_rules.c.named_policy_id.is_not(None),
            cases.c.state == CaseState.VIOLATION.value,
        )
        .group_by(case_rules.c.named_policy_id, case_rules.c.rule_key)
    )
    if policy_id is not None:
        query = query.where(case_rules.c.named_policy_id == policy_id)
    rows = (await connection.execute(query)).all()
    counts = {(policy, rule): count for policy, rule, count, _ in rows}
    return counts, {(policy, rule): last for policy, rule, _, last in rows}


async def _named(connection: AsyncConnection, guild_id: int, newest: dict[Key, int]) -> dict[Key, tuple[str, str, str]]:
    """Policy name, rule id and title, as in the newest case of each."""
    query = select(cases.c.number, cases.c.policy_name, cases.c.rules, cases.c.ground).where(
        cases.c.guild_id == guild_id, cases.c.number.in_(sorted(set(newest.values())))
    )
    rows = {row["number"]: row for row in (await connection.execute(query)).mappings()}
    named: dict[Key, tuple[str, str, str]] = {}
    for key, number in newest.items():
        row = rows[number]
        rule = next(each for each in rules_in(row) if rule_key(each.id) == key[1])
        policy = row["policy_name"] if row["rules"] else row["ground"]["rule"]["policy_name"]
        named[key] = (policy, rule.id, rule.title)
    return named


async def _appealed(connection: AsyncConnection, guild_id: int, since: datetime) -> dict[Key, dict[str, int]]:
    """How many appeals of each rule's cases are in each state."""
    of_case = and_(cases.c.guild_id == appeals.c.guild_id, cases.c.number == appeals.c.case_number)
    policy = func.coalesce(case_rules.c.named_policy_id, cases.c.policy_id)
    query = (
        select(policy, case_rules.c.rule_key, appeals.c.state, func.count())
        .select_from(appeals)
        .join(cases, of_case)
        .join(case_rules, _same_case())
        .where(appeals.c.guild_id == guild_id, appeals.c.opened_at >= since)
        .group_by(policy, case_rules.c.rule_key, appeals.c.state)
    )
    found: dict[Key, dict[str, int]] = defaultdict(dict)
    for policy_id, rule, state, count in await connection.execute(query):
        found[policy_id, rule][state] = count
    return found


def _same_case() -> Any:
    return and_(case_rules.c.guild_id == cases.c.guild_id, case_rules.c.number == cases.c.number)


def _rule(named: tuple[str, str, str], states: dict[str, int], appealed: dict[str, int], by_people: int) -> RuleStats:
    policy, rule_id, title = named
    return RuleStats(
        policy_name=policy,
        rule_id=rule_id,
        title=title,
        confirmed=states.get(CaseState.VIOLATION.value, 0),
        dismissed=states.get(CaseState.NOT_A_VIOLATION.value, 0),
        open=states.get(CaseState.OPEN.value, 0),
        mended=states.get(CaseState.MENDED.value, 0),
        appeals=sum(appealed.values()),
        overturned=appealed.get(AppealState.OVERTURNED.value, 0),
        named=by_people,
    )
