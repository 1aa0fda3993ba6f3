"""The contract of the store of reporters who wait for an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.case import CaseState, Decision, NewCase
from bot.moderation.members.report import NewReport
from bot.moderation.members.report_outcome import AwaitedOutcome, OutcomeWish

Stores = Any  # the fixture of conftest.py, which no test can import
NewCases = Callable[..., NewCase]

HERE, ELSEWHERE, ANA, BEN, OMAR = 1, 2, 7, 8, 77
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def in_a_database(stores: Stores) -> None:
    """Reporters who wait are kept in databases only."""
    if stores.report_outcomes is None:
        pytest.skip("kept in databases only")


async def report(stores: Stores, case: int, *, by: int = ANA, message: int = 500, edit: int = 0) -> None:
    """A member reports a message of this case."""
    new = NewReport(guild_id=HERE, message_id=message, edit=edit, reporter_id=by)
    await stores.reports.file(new)
    await stores.reports.attach(new, case)


async def decided(stores: Stores, number: int) -> None:
    """Omar decides the case."""
    decision = Decision(state=CaseState.VIOLATION, moderator_id=OMAR, at=stores.clock())
    await stores.cases.decide(HERE, number, decision)


async def due(stores: Stores, *, limit: int = 10) -> list[tuple[int, int]]:
    """Who waits for which decided case now."""
    now = stores.clock()
    found = await stores.report_outcomes.due(HERE, since=now - WEEK, before=now, limit=limit)
    return [(each.case_number, each.reporter_id) for each in found]


async def test_who_asked_waits_for_the_decision(stores: Stores, case_factory: NewCases) -> None:
    """Nobody else does, no open case is due, and a case that is reopened in time is not either."""
    await stores.cases.open(case_factory())
    assert await stores.report_outcomes.want(HERE, 500, ANA) is OutcomeWish.NOT_REPORTED
    await report(stores, 1)
    await report(stores, 1, by=BEN)
    assert await stores.report_outcomes.servers() == frozenset()
    assert await stores.report_outcomes.want(HERE, 500, ANA) is OutcomeWish.KEPT
    assert await stores.report_outcomes.want(ELSEWHERE, 500, ANA) is OutcomeWish.NOT_REPORTED
    assert await stores.report_outcomes.servers() == {HERE}
    assert await due(stores) == []
    await decided(stores, 1)
    assert await due(stores) == []
    stores.clock.forward(seconds=1)
    assert await due(stores) == [(1, ANA)]
    await stores.cases.reopen(HERE, 1, moderator_id=OMAR, reason="Wrong one.")
    assert await due(stores) == []
    await decided(stores, 1)
    stores.clock.forward(days=8)
    assert await due(stores) == []


async def test_each_is_told_once_for_a_case(stores: Stores, case_factory: NewCases) -> None:
    """Whatever they reported of it, however often they ask, and after another decision."""
    await stores.cases.open(case_factory())
    await report(stores, 1)
    stores.clock.forward(seconds=5)
    await report(stores, 1, message=501)
    for message in (500, 501):
        await stores.report_outcomes.want(HERE, message, ANA)
    await decided(stores, 1)
    stores.clock.forward(seconds=1)
    now = stores.clock()
    (awaited,) = await stores.report_outcomes.due(HERE, since=now - WEEK, before=now, limit=10)
    assert awaited.reported_at == now - timedelta(seconds=6)
    assert await stores.report_outcomes.begin(awaited)
    assert not await stores.report_outcomes.begin(awaited)
    assert await due(stores) == []
    await stores.report_outcomes.note(awaited, NoticeState.CLOSED)
    assert await stores.report_outcomes.servers() == frozenset()
    await stores.cases.reopen(HERE, 1, moderator_id=OMAR, reason="Wrong one.")
    await report(stores, 1, message=502)
    assert await stores.report_outcomes.want(HERE, 502, ANA) is OutcomeWish.TOLD_BEFORE
    assert await stores.report_outcomes.want(HERE, 500, ANA) is OutcomeWish.TOLD_BEFORE
    await decided(stores, 1)
    stores.clock.forward(seconds=1)
    assert await due(stores) == []
    entries = await stores.audit.entries(HERE, subject="case:1")
    assert [each.detail for each in entries if each.action == "reporter_told"] == ["closed"]


async def test_of_two_processes_one_tells(stores: Stores, case_factory: NewCases) -> None:
    """Both found the same reporter."""
    await stores.cases.open(case_factory())
    await report(stores, 1)
    await stores.report_outcomes.want(HERE, 500, ANA)
    awaited = AwaitedOutcome(guild_id=HERE, case_number=1, reporter_id=ANA, reported_at=stores.clock())
    began = await asyncio.gather(*(stores.report_outcomes.begin(awaited) for _ in range(4)))
    assert sorted(began) == [False, False, False, True]


async def test_no_more_than_asked_for(stores: Stores, case_factory: NewCases) -> None:
    """Of many reporters the first ones come first."""
    await stores.cases.open(case_factory())
    for reporter in range(20, 26):
        await report(stores, 1, by=reporter)
        await stores.report_outcomes.want(HERE, 500, reporter)
    await decided(stores, 1)
    stores.clock.forward(seconds=1)
    assert await due(stores, limit=4) == [(1, 20), (1, 21), (1, 22), (1, 23)]
