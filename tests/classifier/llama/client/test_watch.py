"""An engine that hangs is noticed by its silence, and one that only works for long is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import pytest

from classifier.judge import JudgeRequest, Lane
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.client.supervisor import SILENCE_S
from classifier.verdict import Judgement, Undecided, UndecidedReason, Verdict

Ask = Callable[..., JudgeRequest]
StartFake = Callable[..., Awaitable[LlamaJudge]]

LONG_S = 10_000.0


def words(judgement: Judgement) -> str:
    assert isinstance(judgement, Verdict), judgement
    return judgement.rationale


async def begun(judge: LlamaJudge, request: JudgeRequest) -> asyncio.Task[Judgement]:
    """A request that the engine has."""
    task = asyncio.create_task(judge.judge(request))
    await asyncio.sleep(0)
    return task


async def frozen(judge: LlamaJudge) -> None:
    """Wait until the engine does nothing any more."""
    while judge.engine_pid is None or psutil.Process(judge.engine_pid).status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110
        await asyncio.sleep(0)


async def test_an_engine_that_hangs_is_ended_and_its_requests_are_sent_again(
    start_fake: StartFake, ask: Ask, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """After a set time without a word, with a second look one second later."""
    judge = await start_fake(places=4)
    assert words(await judge.judge(ask("first"))) == "first"
    tasks = [await begun(judge, ask(text, deadline_s=LONG_S)) for text in ("slow", "freeze once", "behind it")]
    await frozen(judge)
    await clock.let_pass(SILENCE_S)
    await clock.let_pass(1.0)
    await clock.let_pass(0.5)
    assert [words(await task) for task in tasks] == ["slow", "freeze once", "behind it"]
    assert "silent for 60 seconds: it is stopped" in caplog.text
    assert judge.description == "fake engine, start 1"


async def test_the_first_word_may_take_longer(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """A device compiles its programs at the first step."""
    judge = await start_fake(silence_s=20.0)
    task = await begun(judge, ask("freeze once", deadline_s=LONG_S))
    await frozen(judge)
    for _ in range(5):
        await clock.let_pass(20.0)
    await clock.let_pass(1.0)
    await clock.let_pass(0.5)
    assert words(await task) == "freeze once"


async def test_a_request_that_hangs_the_engine_twice_is_set_aside(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """As one that ends it."""
    judge = await start_fake(silence_s=20.0)
    task = await begun(judge, ask("freeze", deadline_s=LONG_S))
    for pause in (0.5, 1.0):
        await frozen(judge)
        await clock.until_someone_sleeps(20.0)
        clock.move(100.0)
        await clock.let_pass(1.0)
        await clock.let_pass(pause)
    answer = await task
    assert isinstance(answer, Undecided)
    assert answer.reason is UndecidedReason.JUDGE_CRASHED


async def test_a_sign_of_life_is_enough(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """One long request on a slow machine."""
    judge = await start_fake(places=4)
    assert words(await judge.judge(ask("first"))) == "first"
    task = await begun(judge, ask("hold", deadline_s=LONG_S))
    for _ in range(5):
        clock.move(SILENCE_S - 1)
        asleep = await begun(judge, ask("progress", lane=Lane.INTERACTIVE, deadline_s=LONG_S))
        assert words(await judge.judge(ask("a word", lane=Lane.INTERACTIVE))) == "a word"
        asleep.cancel()
    assert not task.done()
    assert judge.description == "fake engine, start 0"
    task.cancel()


async def test_a_bot_that_was_held_up_itself_reads_first_what_has_come(
    start_fake: StartFake, ask: Ask, clock: Any
) -> None:
    """Its own delay is not the engine's."""
    judge = await start_fake(places=4)
    assert words(await judge.judge(ask("first"))) == "first"
    task = await begun(judge, ask("progress", deadline_s=LONG_S))
    await clock.until_someone_sleeps(SILENCE_S)
    clock.move(SILENCE_S)
    await clock.until_someone_sleeps(1.0)
    assert words(await judge.judge(ask("a word", lane=Lane.INTERACTIVE))) == "a word"
    clock.move(1.0)
    await clock.until_someone_sleeps(SILENCE_S - 1)
    assert judge.description == "fake engine, start 0"
    task.cancel()


async def test_an_engine_without_work_may_be_silent(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """All night long; and the time counts from the next request on."""
    judge = await start_fake(places=4)
    assert words(await judge.judge(ask("first"))) == "first"
    for _ in range(3):
        await clock.let_pass(SILENCE_S)
    await clock.until_someone_sleeps(SILENCE_S)
    clock.move(SILENCE_S - 1)
    task = await begun(judge, ask("hold", deadline_s=LONG_S))
    clock.move(1)
    await clock.until_someone_sleeps(SILENCE_S - 1)
    child = psutil.Process(judge.engine_pid)
    assert child.is_running()
    task.cancel()
