"""Counting by rule works in proportion to the cases that are counted."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher, new_key
from bot.moderation.cases.case import CaseKind
from bot.storage.lookups.stats import SqlStats
from bot.storage.tables.cases import cases
from bot.storage.tables.lookups import case_rules
from tests.bot.storage.rows import opened_case
from tests.bot.storage.sqlite_work import counting_work

FEW, MANY = 200, 800


async def test_four_times_the_cases_take_four_times_the_work_to_count(file_engine: AsyncEngine) -> None:
    """No case is held against the rules of all others."""
    await opened_case(file_engine, Cipher((new_key().encode(),)))
    async with file_engine.begin() as connection:
        row = (await connection.execute(select(cases))).mappings().one()
        rule = {"id": "R1", "title": "A rule", "severity": "low"}
        for guild, count in ((2, FEW), (3, MANY)):
            numbers = range(1, count + 1)
            same = {**row, "guild_id": guild, "kind": CaseKind.VIOLATION.value, "rules": [rule]}
            rows = [{**same, "number": number, "message_id": number} for number in numbers]
            await connection.execute(insert(cases), rows)
            keys = [{"guild_id": guild, "rule_key": "r1", "number": number} for number in numbers]
            await connection.execute(insert(case_rules), keys)
    stats, since = SqlStats(file_engine), datetime(2026, 1, 1, tzinfo=UTC)
    steps = []
    for guild, count in ((2, FEW), (3, MANY)):
        with counting_work(file_engine) as work:
            (found,) = await stats.rules(guild, since=since)
        assert found.open == count
        steps.append(work.steps)
    assert 0 < steps[1] <= 5 * steps[0]
