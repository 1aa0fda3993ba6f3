"""Policies are computed ahead, before they come into force and after a restart; and what was begun is let end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from classifier.judge import Effort, JudgeRequest, Lane, PolicyFit
from classifier.llama.client.judge import PREPARE_S, LlamaJudge
from classifier.llama.client.recent_policies import RecentPolicies
from classifier.policy_text import PolicyText, RuleText
from classifier.verdict import Judgement, Undecided, UndecidedReason, Verdict

Ask = Callable[..., JudgeRequest]
Asked = Callable[[], list[str]]
StartFake = Callable[..., Awaitable[LlamaJudge]]


def policy(title: str) -> PolicyText:
    """One whose size the fake engine takes from its title."""
    return PolicyText(title=title, rules=(RuleText(id="R1", title="t"),))


def reason(judgement: Judgement) -> UndecidedReason:
    assert isinstance(judgement, Undecided), judgement
    return judgement.reason


def words(judgement: Judgement) -> str:
    assert isinstance(judgement, Verdict), judgement
    return judgement.rationale


def kill(judge: LlamaJudge) -> None:
    assert judge.engine_pid is not None
    os.kill(judge.engine_pid, signal.SIGKILL)


async def test_preparing_tells_how_much_room_a_policy_takes(start_fake: StartFake) -> None:
    """One that fits, and one that does not."""
    judge = await start_fake()
    room = await judge.prepare(policy("short"), effort=Effort.HIGH)
    assert room == PolicyFit(tokens=5, most=20)
    long = await judge.prepare(policy("x" * 30))
    assert long is not None
    assert not long.fits


async def test_a_judge_that_cannot_be_asked_says_nothing(
    fake_judge: Callable[..., LlamaJudge], ask: Ask, clock: Any
) -> None:
    """Not started, too long to be sent, no answer, going down with it, being started again, closed."""
    judge = fake_judge()
    assert await judge.prepare(policy("p")) is None
    await judge.start()
    assert await judge.prepare(policy("x" * (5 << 20))) is None
    unanswered = asyncio.create_task(judge.prepare(policy("hold")))
    await clock.let_pass(PREPARE_S)
    assert await unanswered is None
    assert await judge.prepare(policy("crash")) is None
    assert await judge.prepare(policy("p")) is None
    await clock.let_pass(0.5)
    assert words(await judge.judge(ask("it is back"))) == "it is back"
    await judge.close()
    assert await judge.prepare(policy("p")) is None


async def test_closing_ends_a_preparation(start_fake: StartFake) -> None:
    """Whoever waits for it is told nothing, at once."""
    judge = await start_fake()
    assert judge.places == 1
    unanswered = asyncio.create_task(judge.prepare(policy("hold")))
    await asyncio.sleep(0)
    await judge.close()
    assert await unanswered is None


async def test_a_new_engine_is_made_ready_for_the_policies_in_use(
    start_fake: StartFake, ask: Ask, clock: Any, asked: Asked
) -> None:
    """The one used last comes first. What does not fit, went down with the engine, or was used in the background only
    is left out: nobody waits for drafts and rewordings."""
    judge = await start_fake()
    for title in ("old", "x" * 30, "new"):
        await judge.prepare(policy(title))
    await judge.judge(ask("again under the old one", policy=policy("old")))
    await judge.judge(ask("a backtest", policy=policy("draft"), lane=Lane.BACKGROUND))
    before = len(asked())
    assert await judge.prepare(policy("crash")) is None
    await clock.let_pass(0.5)
    while len(asked()) < before + 3:  # noqa: ASYNC110  # nobody waits for what is made ready
        await asyncio.sleep(0)
    assert words(await judge.judge(ask("under third", policy=policy("third")))) == "under third"
    kill(judge)
    await clock.let_pass(0.5)
    assert words(await judge.judge(ask("under new", policy=policy("new")))) == "under new"
    while asked()[-1] != "prepare old":  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert asked()[before:] == [
        "prepare crash",
        "prepare old",
        "prepare new",
        "under third",
        "under new",
        "prepare third",
        "prepare old",
    ]


def test_only_the_policies_used_last_are_remembered() -> None:
    """By effort, too: the prompt says it."""
    recent = RecentPolicies(most=2)
    first, second = policy("first"), policy("second")
    recent.use(first, Effort.LOW)
    recent.use(second, Effort.LOW)
    recent.use(second, Effort.HIGH)
    assert recent.next_cold() is None
    recent.all_cold()
    assert [recent.next_cold(), recent.next_cold(), recent.next_cold()] == [
        (second, Effort.HIGH),
        (second, Effort.LOW),
        None,
    ]
    recent.all_cold()
    recent.forget(second, Effort.HIGH)
    recent.use(second, Effort.LOW)
    assert recent.next_cold() is None


async def test_draining_lets_end_what_was_begun(start_fake: StartFake, ask: Ask) -> None:
    """What waits and what comes later is turned away at once; what the engine has is answered."""
    judge = await start_fake(places=2)
    begun = [asyncio.create_task(judge.judge(ask(text))) for text in ("slow a", "slow b")]
    release = asyncio.create_task(judge.judge(ask("release", lane=Lane.INTERACTIVE)))
    waiting = [asyncio.create_task(judge.judge(ask(f"waits {number}"))) for number in range(3)]
    await asyncio.sleep(0)
    assert await judge.drain(5.0) == 0
    assert [words(await task) for task in (*begun, release)] == ["slow a", "slow b", "release"]
    assert {reason(await task) for task in waiting} == {UndecidedReason.JUDGE_UNAVAILABLE}
    late = await judge.judge(ask("late"))
    assert late == Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the judge is shutting down")
    assert await judge.drain(5.0) == 0


async def test_draining_ends_when_its_time_is_over(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """It says how many are left, and closing answers them."""
    judge = await start_fake(places=2)
    begun = [asyncio.create_task(judge.judge(ask("hold"))) for _ in range(2)]
    await asyncio.sleep(0)
    draining = asyncio.create_task(judge.drain(5.0))
    await clock.let_pass(5.0)
    assert await draining == 2
    await judge.close()
    assert {reason(await task) for task in begun} == {UndecidedReason.JUDGE_UNAVAILABLE}


@pytest.mark.parametrize("how", ["ready", "ready,fails"])
async def test_an_engine_that_goes_down_while_it_is_drained_is_not_waited_for(
    how: str, start_fake: StartFake, ask: Ask, clock: Any
) -> None:
    """Nothing is sent again then, whether it comes back or not."""
    judge = await start_fake(how, places=2)
    begun = asyncio.create_task(judge.judge(ask("hold")))
    await asyncio.sleep(0)
    draining = asyncio.create_task(judge.drain(5.0))
    await asyncio.sleep(0)
    kill(judge)
    assert await draining == 0
    assert reason(await begun) is UndecidedReason.JUDGE_UNAVAILABLE
    await clock.let_pass(0.5)
    if how == "ready,fails":
        await clock.until_someone_sleeps(1.0)
    assert await judge.drain(1.0) == 0
    assert reason(await judge.judge(ask("late"))) is UndecidedReason.JUDGE_UNAVAILABLE
