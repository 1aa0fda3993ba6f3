"""The contracts of the stores behind trying policies out: pins, costs, try-outs, backtests, the judge's mark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.moderation.cases.case import CaseState, Decision, NewCase
from bot.moderation.policies.pins import TooManyPins
from bot.moderation.trials import backtest as backtest_jobs
from bot.moderation.trials import try_out as try_out_jobs
from bot.moderation.trials.backtest import BacktestState, CaseToJudge, NewBacktest
from bot.moderation.trials.costs import Spent
from bot.moderation.trials.drift import JudgeMark
from bot.moderation.trials.try_out import MAX_DIFFERENCES, Difference, NewTryOut, TriedAlready, TryOutCounts
from classifier import Effort, UndecidedReason
from guild_policies.backtest import Agreement, Compared
from guild_policies.examples import MAX_PINS_PER_POLICY

Stores = Any  # the fixture of conftest.py, which no test can import
NewCases = Callable[..., NewCase]

HERE, ELSEWHERE, ANNA, BEN, POLICY = 1, 2, 77, 78, 3


async def pin(stores: Stores, text: str = "a sentence of ours", *, rule_id: str | None = "R1") -> Any:
    """Pin a sentence."""
    return await stores.pins.add(guild_id=HERE, policy_id=POLICY, text=text, rule_id=rule_id, actor_id=ANNA)


async def told(stores: Stores) -> list[tuple[str, str, int | None]]:
    """The audit entries, oldest first."""
    return [(each.action, each.detail, each.actor_id) for each in reversed(await stores.audit.entries(HERE))]


async def test_pins_come_and_go(stores: Stores) -> None:
    """They are listed oldest first, each change leaves an entry without their words, ids do not come again."""
    first, second = await pin(stores), await pin(stores, "fine", rule_id=None)
    assert (first.text, first.rule_id, first.author_id, first.held) == ("a sentence of ours", "R1", ANNA, None)
    assert await stores.pins.of(HERE, POLICY) == (first, second)
    assert await stores.pins.of(ELSEWHERE, POLICY) == await stores.pins.of(HERE, 99) == ()
    for guild_id, policy_id, pin_id in ((ELSEWHERE, POLICY, first.id), (HERE, 99, first.id), (HERE, POLICY, 2**70)):
        assert await stores.pins.remove(guild_id, policy_id, pin_id, actor_id=BEN) is None
    assert await stores.pins.remove(HERE, POLICY, second.id, actor_id=BEN) == second
    assert await stores.pins.remove(HERE, POLICY, second.id, actor_id=BEN) is None
    assert (await pin(stores)).id > second.id
    assert (await told(stores))[:3] == [
        ("pin_added", f"pin {first.id}: none -> must break R1", ANNA),
        ("pin_added", f"pin {second.id}: none -> must be clear", ANNA),
        ("pin_removed", f"pin {second.id}: must be clear -> none", BEN),
    ]


async def test_pins_remember_how_they_stand(stores: Stores) -> None:
    """Each by itself, and only in its own server."""
    first, second, third = await pin(stores), await pin(stores), await pin(stores)
    await stores.pins.note(HERE, {first.id: True, second.id: False})
    await stores.pins.note(ELSEWHERE, {third.id: True})
    assert [each.held for each in await stores.pins.of(HERE, POLICY)] == [True, False, None]


async def test_a_policy_has_so_many_pins(stores: Stores) -> None:
    """The next one is refused."""
    for _ in range(MAX_PINS_PER_POLICY):
        await pin(stores)
    with pytest.raises(TooManyPins):
        await pin(stores)
    assert len(await stores.pins.of(HERE, POLICY)) == MAX_PINS_PER_POLICY


async def test_costs_are_added_up_by_day_and_version(stores: Stores) -> None:
    """Twice the same key is one sum; old days are forgotten."""
    today = date(2026, 1, 31)
    spent = Spent(guild_id=HERE, policy_id=POLICY, version_id=40, day=today, verdicts=2, seconds=1.5)
    older = replace(spent, day=today - timedelta(days=9))
    await stores.costs.add((spent, older, replace(spent, guild_id=ELSEWHERE)))
    await stores.costs.add((spent, replace(spent, version_id=41)))
    assert await stores.costs.since(HERE, today) == (
        replace(spent, verdicts=4, seconds=3.0),
        replace(spent, version_id=41),
    )
    assert len(await stores.costs.since(HERE, older.day)) == 3
    assert await stores.costs.forget(before=today) == 1
    assert len(await stores.costs.since(HERE, older.day)) == 2


async def test_a_server_remembers_its_judge(stores: Stores) -> None:
    """One mark for each server, replaced by the next."""
    assert await stores.drift.mark(HERE) is None
    mark = JudgeMark(guild_id=HERE, identity="gguf:abc", at=stores.clock())
    for each in (mark, replace(mark, identity="gguf:def")):
        await stores.drift.remember(each)
        assert await stores.drift.mark(HERE) == each
    assert await stores.drift.mark(ELSEWHERE) is None


def new_try_out(stores: Stores, **changes: Any) -> NewTryOut:
    """A try-out of an hour."""
    values = {
        "guild_id": HERE, "policy_id": POLICY, "policy_name": "Spam", "draft_revision": 5, "text": "draft",
        "channel_id": 10, "report_channel_id": 50, "started_by": ANNA, "ends_at": stores.clock() + timedelta(hours=1),
    }  # fmt: skip
    return NewTryOut(**{**values, **changes})


def difference(number: int, *, newly: bool = True, score: float = 0.9) -> Difference:
    """A message that the draft judges otherwise."""
    return Difference(
        channel_id=10,
        message_id=number,
        edit=0,
        newly_flagged=newly,
        rule_ids=("R1",),
        score=score,
        score_published=None if newly else 0.8,
    )


async def test_a_try_out_begins_and_ends(stores: Stores) -> None:
    """One at a time for a policy; ended once; told once; each with its entry."""
    started = await stores.try_outs.start(new_try_out(stores))
    assert (started.ended_at, started.told, started.counts) == (None, False, TryOutCounts())
    assert started.started_at == stores.clock()
    with pytest.raises(TriedAlready):
        await stores.try_outs.start(new_try_out(stores))
    other = await stores.try_outs.start(new_try_out(stores, policy_id=4, channel_id=None))
    elsewhere = await stores.try_outs.start(new_try_out(stores, guild_id=ELSEWHERE, policy_id=9))
    assert await stores.try_outs.running(HERE) == (started, other)
    assert await stores.try_outs.running() == (started, other, elsewhere)
    assert await stores.try_outs.end(ELSEWHERE, started.id, actor_id=None) is None
    assert await stores.try_outs.not_told() == ()
    ended = await stores.try_outs.end(HERE, started.id, actor_id=BEN)
    assert ended == replace(started, ended_at=stores.clock())
    assert await stores.try_outs.end(HERE, started.id, actor_id=BEN) is None
    assert await stores.try_outs.not_told() == (ended,)
    await stores.try_outs.told(HERE, started.id)
    assert await stores.try_outs.not_told() == ()
    assert await stores.try_outs.find(HERE, started.id) == replace(ended, told=True)
    assert await stores.try_outs.find(ELSEWHERE, started.id) is await stores.try_outs.find(HERE, 2**70) is None
    assert await told(stores) == [
        ("try_out_started", "draft revision 5 in channel 10, until 2026-01-31T13:00+00:00", ANNA),
        ("try_out_started", "draft revision 5 in everywhere, until 2026-01-31T13:00+00:00", ANNA),
        ("try_out_ended", "draft revision 5: running -> over, 0 messages judged", BEN),
    ]


async def test_counts_and_differences_of_a_try_out(stores: Stores) -> None:
    """Counts are added up; differences are ordered, kept once a message, and bounded."""
    try_out = await stores.try_outs.start(new_try_out(stores))
    counts = TryOutCounts(judged=3, newly_flagged=2, no_longer_flagged=1, undecided=4, left_out=5)
    found = (difference(1, score=0.7), difference(2, newly=False, score=0.3), difference(3, score=0.9))
    await stores.try_outs.add(try_out.id, counts, found)
    await stores.try_outs.add(try_out.id, counts, (difference(1), difference(4, newly=False, score=0.1)))
    now = await stores.try_outs.find(HERE, try_out.id)
    assert now.counts == TryOutCounts(judged=6, newly_flagged=4, no_longer_flagged=2, undecided=8, left_out=10)
    assert await stores.try_outs.differences(HERE, try_out.id) == (
        found[2],
        found[0],
        difference(4, newly=False, score=0.1),
        found[1],
    )
    assert await stores.try_outs.differences(ELSEWHERE, try_out.id) == ()
    many = tuple(difference(number) for number in range(100, 100 + MAX_DIFFERENCES))
    await stores.try_outs.add(try_out.id, TryOutCounts(), many)
    assert len(await stores.try_outs.differences(HERE, try_out.id)) == MAX_DIFFERENCES


async def test_old_try_outs_are_dropped(stores: Stores) -> None:
    """Of those that are over and told a server keeps the last ones."""
    ids = []
    for _ in range(try_out_jobs.KEPT_PER_SERVER + 2):
        try_out = await stores.try_outs.start(new_try_out(stores))
        ids.append(try_out.id)
        await stores.try_outs.add(try_out.id, TryOutCounts(), (difference(1),))
        await stores.try_outs.end(HERE, try_out.id, actor_id=None)
        await stores.try_outs.told(HERE, try_out.id)
    assert await stores.try_outs.find(HERE, ids[0]) is None
    assert await stores.try_outs.find(HERE, ids[1]) is not None


def new_backtest(*numbers: int, **changes: Any) -> NewBacktest:
    """A backtest over these cases; those with an even number were violations."""
    values = {
        "guild_id": HERE, "policy_id": POLICY, "policy_name": "Spam", "draft_revision": 5, "text": "draft", "days": 30,
        "effort": Effort.HIGH, "threshold": 0.5, "started_by": ANNA,
        "cases": tuple(
            CaseToJudge(number=number, channel_id=10, message_id=100 + number, violation=number % 2 == 0)
            for number in numbers
        ),
    }  # fmt: skip
    return NewBacktest(**{**values, **changes})


async def test_a_backtest_keeps_what_was_answered(stores: Stores) -> None:
    """Results come by case number, in any order and again; the rest waits."""
    started = await stores.backtests.start(new_backtest(1, 2, 3))
    assert (started.state, started.effort, started.ended_at) == (BacktestState.RUNNING, Effort.HIGH, None)
    flagged = Compared(id=1, violation=False, agreement=Agreement.NEWLY_FLAGGED, rule_ids=("R1", "R2"), score=0.8)
    unclear = Compared(id=3, violation=False, agreement=Agreement.UNDECIDED, reason=UndecidedReason.DEADLINE)
    for _ in range(2):
        await stores.backtests.keep(HERE, started.id, (unclear, flagged))
    await stores.backtests.keep(ELSEWHERE, started.id, (replace(flagged, id=2, violation=True),))
    found = await stores.backtests.cases(HERE, started.id)
    assert [(each.case.number, each.case.violation, each.result) for each in found] == [
        (3, False, unclear),
        (2, True, None),
        (1, False, flagged),
    ]
    assert await stores.backtests.cases(ELSEWHERE, started.id) == ()


async def test_a_backtest_begins_and_ends(stores: Stores) -> None:
    """It is unfinished until it ends, which it does once; each with its entry."""
    started = await stores.backtests.start(new_backtest(1))
    other = await stores.backtests.start(new_backtest(guild_id=ELSEWHERE, effort=None))
    await stores.backtests.shown_in(HERE, started.id, channel_id=5, message_id=6)
    started = replace(started, shown_channel_id=5, shown_message_id=6)
    assert await stores.backtests.unfinished() == (started, other)
    assert await stores.backtests.end(ELSEWHERE, started.id, state=BacktestState.DONE, actor_id=None) is None
    ended = await stores.backtests.end(HERE, started.id, state=BacktestState.CANCELLED, actor_id=BEN)
    assert ended == replace(started, state=BacktestState.CANCELLED, ended_at=stores.clock())
    assert await stores.backtests.end(HERE, started.id, state=BacktestState.DONE, actor_id=None) is None
    assert await stores.backtests.find(HERE, started.id) == ended
    assert await stores.backtests.find(ELSEWHERE, started.id) is await stores.backtests.find(HERE, 2**70) is None
    assert await stores.backtests.unfinished() == (other,)
    assert await told(stores) == [
        ("backtest_started", "draft revision 5, 1 cases of 30 days", ANNA),
        ("backtest_ended", "draft revision 5: running -> cancelled", BEN),
    ]


async def test_old_backtests_are_dropped(stores: Stores) -> None:
    """Of those that have ended a server keeps the last ones."""
    ids = []
    for _ in range(backtest_jobs.KEPT_PER_SERVER + 2):
        backtest = await stores.backtests.start(new_backtest(1))
        ids.append(backtest.id)
        await stores.backtests.end(HERE, backtest.id, state=BacktestState.DONE, actor_id=None)
    assert await stores.backtests.find(HERE, ids[0]) is None
    assert await stores.backtests.find(HERE, ids[1]) is not None


async def test_decided_cases_are_found(stores: Stores, case_factory: NewCases) -> None:
    """Those of the policy, since then, that a moderator decided and whose text is kept; the newest first."""
    for number in range(1, 7):
        await stores.cases.open(case_factory(policy_id=4 if number == 5 else 3))
        stores.clock.forward(days=1)
        if number != 4:
            state = CaseState.VIOLATION if number % 2 else CaseState.NOT_A_VIOLATION
            await stores.cases.decide(HERE, number, Decision(state=state, moderator_id=BEN, at=stores.clock()))
    opened = stores.clock() - timedelta(days=6)

    async def numbers(**arguments: Any) -> list[int]:
        return [case.number for case in await stores.cases.decided(HERE, policy_id=3, **arguments)]

    assert await numbers(since=opened) == [6, 3, 2, 1]
    assert await numbers(since=opened + timedelta(days=2)) == [6, 3]
    assert await numbers(since=opened, limit=2) == [6, 3]
    assert await stores.cases.decided(ELSEWHERE, policy_id=3, since=opened) == ()
    await stores.cases.purge_texts(HERE, before=opened + timedelta(days=1, minutes=1))
    assert await numbers(since=opened) == [6, 3]
