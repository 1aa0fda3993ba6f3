"""How an engine begins and ends: one line when it cannot start, and never a process left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import pytest

from classifier.judge import JudgeRequest
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.errors import EngineStartError, ModelFileError
from classifier.verdict import Judgement, Undecided, UndecidedReason

Ask = Callable[..., JudgeRequest]
StartFake = Callable[..., Awaitable[LlamaJudge]]
NewChildren = Callable[[], set[int]]


def reason(judgement: Judgement) -> UndecidedReason:
    assert isinstance(judgement, Undecided), judgement
    return judgement.reason


async def test_before_start_and_after_close_there_is_no_verdict(
    fake_judge: Callable[..., LlamaJudge], ask: Ask
) -> None:
    """`Undecided` with the reason, never an exception."""
    judge = fake_judge()
    assert await judge.judge(ask()) == Undecided(
        reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the judge has not been started"
    )
    await judge.start()
    await asyncio.gather(judge.close(), judge.close())
    await judge.close()
    assert await judge.judge(ask()) == Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the judge is closed")


async def test_closing_answers_everyone_and_leaves_no_process(start_fake: StartFake, ask: Ask) -> None:
    """Running and waiting requests get `Undecided`; the child is gone and reaped."""
    judge = await start_fake()
    child = judge.engine_pid
    assert child is not None
    tasks = [asyncio.create_task(judge.judge(ask(text))) for text in ("hold", "waits")]
    await asyncio.sleep(0)
    await judge.close()
    assert [reason(await task) for task in tasks] == [UndecidedReason.JUDGE_UNAVAILABLE] * 2
    assert not psutil.pid_exists(child)


async def test_closing_while_the_engine_is_down_is_fine(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """In the pause before a restart there is no process to end."""
    judge = await start_fake()
    waiting = asyncio.create_task(judge.judge(ask("crash")))
    await clock.until_someone_sleeps(0.5)
    await judge.close()
    assert reason(await waiting) is UndecidedReason.JUDGE_UNAVAILABLE


async def test_closing_during_a_restart_ends_the_new_process(
    start_fake: StartFake, new_children: NewChildren, ask: Ask, clock: Any
) -> None:
    """A process that has not said yet that it is ready is ended too."""
    judge = await start_fake("ready,is mute")
    waiting = asyncio.create_task(judge.judge(ask("crash")))
    await clock.let_pass(0.5)
    await clock.until_someone_sleeps(1800)
    await judge.close()
    assert reason(await waiting) is UndecidedReason.JUDGE_UNAVAILABLE
    assert new_children() == set()


async def test_closing_while_starting_ends_the_start(
    fake_judge: Callable[..., LlamaJudge], new_children: NewChildren
) -> None:
    """The start fails, and no process stays."""
    judge = fake_judge()
    starting = asyncio.create_task(judge.start())
    await asyncio.sleep(0)
    await judge.close()
    with pytest.raises(EngineStartError, match="closed while it started"):
        await starting
    assert new_children() == set()


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ("fails", ModelFileError, "m.gguf is no good: get another one"),
        ("dies", EngineStartError, r"stopped while loading m.gguf \(exit code 1: last words\)"),
        ("babbles", EngineStartError, "is not the engine of this version"),
        ("answers too soon", EngineStartError, "is not the engine of this version"),
    ],
)
async def test_a_start_that_fails_is_one_line(
    how: str, error: type[Exception], message: str, fake_judge: Callable[..., LlamaJudge], new_children: NewChildren
) -> None:
    """The engine's own words, or what to think of its silence; and no process stays."""
    judge = fake_judge(how)
    with pytest.raises(error, match=message) as caught:
        await judge.start()
    assert "\n" not in str(caught.value)
    assert new_children() == set()


async def test_a_start_cancelled_while_spawning_leaves_no_process(
    fake_judge: Callable[..., LlamaJudge], new_children: NewChildren
) -> None:
    """At every single step on the way to a running process."""
    for steps in range(12):
        starting = asyncio.create_task(fake_judge("is mute").start())
        for _ in range(steps):
            await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert new_children() == set()


async def test_a_start_does_not_take_for_ever(
    fake_judge: Callable[..., LlamaJudge], new_children: NewChildren, clock: Any
) -> None:
    """Half an hour without a word is enough."""
    starting = asyncio.create_task(fake_judge("is mute").start())
    await clock.until_someone_sleeps(1800)
    clock.move(1800)
    with pytest.raises(EngineStartError, match="not loaded within 30 minutes"):
        await starting
    assert new_children() == set()


async def test_a_cancelled_start_leaves_no_process(
    fake_judge: Callable[..., LlamaJudge], new_children: NewChildren, clock: Any
) -> None:
    """Ctrl-C while twelve gigabytes are loaded."""
    starting = asyncio.create_task(fake_judge("is mute").start())
    await clock.until_someone_sleeps(1800)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert new_children() == set()


class StoppedClock:
    """Another clock, until it is asked for the pause before a restart."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock

    def now(self) -> float:
        now: float = self._clock.now()
        return now

    async def sleep(self, seconds: float) -> None:
        if seconds == 0.5:
            raise ZeroDivisionError
        await self._clock.sleep(seconds)


async def test_nobody_waits_for_a_supervisor_that_failed(
    fake_judge: Callable[..., LlamaJudge], clock: Any, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours in the supervisor ends the judge, with answers for everybody and a line in the log."""
    judge = fake_judge(clock=StoppedClock(clock))
    await judge.start()
    judgements = await asyncio.gather(judge.judge(ask("crash")), judge.judge(ask("behind")), return_exceptions=True)
    assert [type(judgement) for judgement in judgements] == [Undecided, Undecided]
    assert reason(await judge.judge(ask("new"))) is UndecidedReason.JUDGE_UNAVAILABLE
    assert "no longer watched" in caplog.text
    await judge.close()
