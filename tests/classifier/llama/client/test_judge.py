"""The engine's supervisor: whatever the child process does, every request gets one answer."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
import pytest

from classifier.inventing import Invented, Inventions, Writer, invent_request
from classifier.judge import Judge, JudgeRequest, Lane
from classifier.llama.client import judge as engine
from classifier.llama.client.judge import MARGIN_S, LlamaJudge
from classifier.llama.client.load import JudgeLoad
from classifier.verdict import Judgement, Undecided, UndecidedReason, Verdict

Ask = Callable[..., JudgeRequest]
StartFake = Callable[..., Awaitable[LlamaJudge]]


def reason(judgement: Judgement) -> UndecidedReason:
    assert isinstance(judgement, Undecided), judgement
    return judgement.reason


def words(judgement: Judgement) -> str:
    assert isinstance(judgement, Verdict), judgement
    return judgement.rationale


async def test_requests_are_answered(start_fake: StartFake, ask: Ask) -> None:
    """Each with its own answer, however many come at once."""
    judge = await start_fake()
    answers = await asyncio.gather(*(judge.judge(ask(f"text {number}")) for number in range(20)))
    assert [words(answer) for answer in answers] == [f"text {number}" for number in range(20)]


async def test_a_judge_tells_what_it_runs_on(fake_judge: Callable[..., LlamaJudge]) -> None:
    """The file's name first, and what the engine says of itself once it is up."""
    judge: LlamaJudge = fake_judge()
    protocol: Judge = judge
    assert protocol.name == "llama.cpp with m.gguf"
    assert judge.description == ""
    await judge.start()
    assert judge.name == "llama.cpp with fake engine, start 0"
    with pytest.raises(RuntimeError, match="started only once"):
        await judge.start()


async def test_urgent_requests_pass_the_others(start_fake: StartFake, ask: Ask, asked: Callable[[], list[str]]) -> None:
    """One at a time, the most urgent lane first."""
    judge = await start_fake()
    lanes = [("first", Lane.BACKGROUND), ("b", Lane.BACKGROUND), ("l", Lane.LIVE), ("i", Lane.INTERACTIVE)]
    await asyncio.gather(*(judge.judge(ask(text, lane=lane)) for text, lane in lanes))
    assert asked() == ["first", "i", "l", "b"]


async def test_the_load_says_how_busy_the_engine_is(start_fake: StartFake, ask: Ask) -> None:
    """What waits, what is at work beside it, and whether there is an engine at all."""
    judge = await start_fake(places=2)
    assert judge.load == JudgeLoad(waiting=0, at_work=0, places=2, up=True)
    tasks = [asyncio.create_task(judge.judge(ask("hold"))) for _ in range(5)]
    await asyncio.sleep(0)
    assert judge.load == JudgeLoad(waiting=2, at_work=3, places=2, up=True)
    await judge.close()
    assert judge.load == JudgeLoad(waiting=0, at_work=0, places=2, up=False)
    await asyncio.gather(*tasks)


async def test_a_full_queue_says_which_bound_was_reached(start_fake: StartFake, ask: Ask) -> None:
    """Nothing is dropped in silence, and the other servers and lanes are still open."""
    judge = await start_fake(queue_per_server=2, queue_in_all=3)
    tasks = [asyncio.create_task(judge.judge(ask(text))) for text in ("hold", "waits", "waits")]
    await asyncio.sleep(0)
    assert await judge.judge(ask("one too many")) == Undecided(
        reason=UndecidedReason.QUEUE_FULL, detail="2 requests of this server are already waiting"
    )
    tasks.append(asyncio.create_task(judge.judge(ask("waits", server=7))))
    await asyncio.sleep(0)
    assert await judge.judge(ask("too many", server=7)) == Undecided(
        reason=UndecidedReason.QUEUE_FULL, detail="3 requests in all are already waiting"
    )
    tasks.append(asyncio.create_task(judge.judge(ask("hold", lane=Lane.AGAIN))))
    await asyncio.sleep(0)
    assert not tasks[-1].done()
    await judge.close()
    assert {reason(answer) for answer in await asyncio.gather(*tasks)} == {UndecidedReason.JUDGE_UNAVAILABLE}


async def test_a_crash_loses_no_request_and_answers_none_twice(
    start_fake: StartFake, ask: Ask, clock: Any, asked: Callable[[], list[str]]
) -> None:
    """The engine dies in the middle of a request: it starts again, that request first, then those behind it."""
    judge = await start_fake()
    tasks = [asyncio.create_task(judge.judge(ask(text))) for text in ("a", "crash once", "b", "c")]
    await clock.let_pass(0.5)
    assert [words(await task) for task in tasks] == ["a", "crash once", "b", "c"]
    assert asked() == ["a", "crash once", "crash once", "b", "c"]
    assert judge.description == "fake engine, start 1"


async def test_a_request_that_ends_the_judge_twice_is_given_up(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """Native code that aborts on one message must not keep the others waiting forever."""
    judge = await start_fake()
    poison, other = (asyncio.create_task(judge.judge(ask(text))) for text in ("crash", "fine"))
    await clock.let_pass(0.5)
    await clock.let_pass(1.0)
    assert reason(await poison) is UndecidedReason.JUDGE_CRASHED
    assert words(await other) == "fine"


async def test_pauses_between_starts_grow_and_shrink_again(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """Half a second, one, two, and half a second again after an answer."""
    judge = await start_fake("ready,dies,dies,ready")
    waiting = asyncio.create_task(judge.judge(ask("crash once")))
    for pause in (0.5, 1.0, 2.0):
        await clock.let_pass(pause)
    assert reason(await waiting) is UndecidedReason.JUDGE_UNAVAILABLE
    await until_ready(judge)
    waiting = asyncio.create_task(judge.judge(ask("then crash once")))
    assert words(await waiting) == "then crash once"
    waiting = asyncio.create_task(judge.judge(ask("crash")))
    await clock.let_pass(0.5)
    await clock.let_pass(1.0)
    assert reason(await waiting) is UndecidedReason.JUDGE_CRASHED


async def until_ready(judge: LlamaJudge) -> None:
    """Let the supervisor go on until its engine runs."""
    while judge.engine_pid is None:  # noqa: ASYNC110  # the supervisor tells nobody
        await asyncio.sleep(0)


async def test_an_engine_that_cannot_come_back_turns_requests_away(
    start_fake: StartFake, ask: Ask, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The model's file is gone: waiting and new requests get an answer, and starting is tried on."""
    judge = await start_fake("ready,fails,ready")
    with caplog.at_level(logging.WARNING):
        waiting = [asyncio.create_task(judge.judge(ask(text))) for text in ("crash once", "behind it")]
        await clock.let_pass(0.5)
        assert {reason(await task) for task in waiting} == {UndecidedReason.JUDGE_UNAVAILABLE}
    assert "m.gguf is no good: get another one" in caplog.text
    answer = await judge.judge(ask("new"))
    assert answer == Undecided(
        reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the model cannot be started at the moment"
    )
    await clock.let_pass(1.0)
    await until_ready(judge)
    assert words(await judge.judge(ask("new"))) == "new"


async def test_a_request_waits_no_longer_than_its_deadline(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """Behind one that takes forever."""
    judge = await start_fake()
    slow = asyncio.create_task(judge.judge(ask("hold", deadline_s=500)))
    waiting = asyncio.create_task(judge.judge(ask("waits", deadline_s=20)))
    await clock.until_someone_sleeps(20)
    clock.move(20)
    assert reason(await waiting) is UndecidedReason.DEADLINE
    assert not slow.done()
    slow.cancel()


async def test_a_request_is_not_sent_after_its_deadline(
    start_fake: StartFake, ask: Ask, clock: Any, asked: Callable[[], list[str]]
) -> None:
    """Its turn comes in the moment in which its time is up."""
    judge = await start_fake()
    slow = asyncio.create_task(judge.judge(ask("hold", deadline_s=500)))
    late = asyncio.create_task(judge.judge(ask("late", deadline_s=20)))
    await clock.until_someone_sleeps(20)
    clock._now += 20  # nobody is woken: the engine's answer is seen before the clock's
    slow.cancel()
    assert reason(await late) is UndecidedReason.DEADLINE
    assert asked() == ["hold"]


async def test_an_answer_that_is_a_little_late_counts(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """The engine looks at the deadline itself, and what it says of it is on its way."""
    judge = await start_fake()
    frozen = asyncio.create_task(judge.judge(ask("freeze", deadline_s=30)))
    await clock.until_someone_sleeps(30)
    clock.move(30)
    await clock.until_someone_sleeps(MARGIN_S)
    assert judge.engine_pid is not None
    child = psutil.Process(judge.engine_pid)
    while child.status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110  # nobody tells when a process stops
        await asyncio.sleep(0)
    os.kill(child.pid, signal.SIGCONT)
    assert words(await frozen) == "freeze"
    assert judge.description == "fake engine, start 0"


async def test_an_answer_that_is_much_too_late_does_not(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """The request is withdrawn, and the engine is free for the next one."""
    judge = await start_fake()
    late = asyncio.create_task(judge.judge(ask("hold", deadline_s=30)))
    await clock.until_someone_sleeps(30)
    clock.move(30)
    await clock.until_someone_sleeps(MARGIN_S)
    assert not late.done()
    clock.move(MARGIN_S)
    assert reason(await late) is UndecidedReason.DEADLINE
    assert words(await judge.judge(ask("next"))) == "next"
    assert judge.description == "fake engine, start 0"


async def test_cancelling_withdraws_a_waiting_request(
    start_fake: StartFake, ask: Ask, asked: Callable[[], list[str]]
) -> None:
    """It is never sent."""
    judge = await start_fake()
    running = asyncio.create_task(judge.judge(ask("hold")))
    waiting = asyncio.create_task(judge.judge(ask("never sent")))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    running.cancel()
    assert words(await judge.judge(ask("next"))) == "next"
    assert asked() == ["hold", "next"]


async def test_cancelling_stops_a_running_request(start_fake: StartFake, ask: Ask) -> None:
    """The engine is told and is free for the next one."""
    judge = await start_fake()
    running = asyncio.create_task(judge.judge(ask("hold")))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert words(await judge.judge(ask("next"))) == "next"


async def test_a_withdrawn_request_is_not_sent_again_after_a_crash(
    start_fake: StartFake, ask: Ask, clock: Any, asked: Callable[[], list[str]]
) -> None:
    """Nobody waits for it."""
    judge = await start_fake()
    frozen = asyncio.create_task(judge.judge(ask("freeze")))
    behind = asyncio.create_task(judge.judge(ask("behind")))
    await asyncio.sleep(0)
    frozen.cancel()
    assert judge.engine_pid is not None
    os.kill(judge.engine_pid, signal.SIGKILL)
    await clock.let_pass(0.5)
    assert words(await behind) == "behind"
    assert asked().count("freeze") <= 1


@pytest.mark.parametrize("text", ["chatter", "twice"])
async def test_answers_that_nobody_asked_for_are_ignored(text: str, start_fake: StartFake, ask: Ask) -> None:
    """Unknown numbers, second answers, and reports at the wrong time change nothing."""
    judge = await start_fake()
    assert words(await judge.judge(ask(text))) == text
    assert words(await judge.judge(ask("after it"))) == "after it"
    assert judge.description == "fake engine, start 0"


@pytest.mark.parametrize("text", ["babble", "boast"])
async def test_an_engine_that_talks_nonsense_is_replaced(
    text: str, start_fake: StartFake, ask: Ask, clock: Any
) -> None:
    """A line that is no report, or far too long: another process is started, and the request is sent again once."""
    judge = await start_fake()
    answer = asyncio.create_task(judge.judge(ask(text)))
    await clock.let_pass(0.5)
    await clock.let_pass(1.0)
    assert reason(await answer) is UndecidedReason.JUDGE_CRASHED


async def test_a_request_too_long_for_the_pipe_is_refused(start_fake: StartFake, ask: Ask) -> None:
    """It is not sent, and those behind it are."""
    judge = await start_fake()
    answers = await asyncio.gather(judge.judge(ask("x" * (5 << 20))), judge.judge(ask("short")))
    assert reason(answers[0]) is UndecidedReason.TOO_LONG
    assert words(answers[1]) == "short"


async def test_the_key_is_not_on_the_command_line_nor_in_the_log(
    start_fake: StartFake, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    """Who lists processes or reads logs learns nothing of the key, nor of what members wrote."""
    with caplog.at_level(logging.DEBUG):
        judge = await start_fake()
        await judge.judge(ask("a member's words"))
        command = " ".join(psutil.Process(judge.engine_pid).cmdline())
        await judge.close()
    for text in (command, caplog.text):
        assert b"secret".hex() not in text
        assert "secret" not in text
        assert "member's words" not in text


def test_the_front_does_not_load_llama_cpp() -> None:
    """The bot's process gets by without native code."""
    program = f"import sys, {engine.__name__}; sys.exit('llama_cpp' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_invented_messages_come_back(start_fake: StartFake, ask: Ask) -> None:
    """A request to write waits in the same queue; an answer of another kind is none, either way."""
    judge = await start_fake()
    writer: Writer = judge
    policy = ask("x").policy
    answer = await writer.invent(invent_request(policy, ("known",), count=2, deadline_s=60))
    assert answer == Inventions(
        invented=(Invented(text="known 0", rule_id="R1"), Invented(text="known 1", rule_id="R1"))
    )
    misread = await writer.invent(invent_request(policy, ("judge me",), count=2, deadline_s=60))
    assert isinstance(misread, Undecided)
    assert reason(await judge.judge(invent_request(policy, ("known",), count=2, deadline_s=60))) is misread.reason
    await judge.close()
    assert await writer.invent(invent_request(policy, (), count=2, deadline_s=60)) == Undecided(
        reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the judge is closed"
    )


async def test_invented_messages_survive_a_crash(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """What a lost engine had not written is asked for again."""
    judge = await start_fake()
    crash = asyncio.create_task(judge.judge(ask("crash once")))
    request = invent_request(ask("x").policy, ("known",), count=1, deadline_s=60)
    inventing = asyncio.create_task(judge.invent(request))
    await clock.let_pass(0.5)
    assert isinstance(await inventing, Inventions)
    assert words(await crash) == "crash once"
