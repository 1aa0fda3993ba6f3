"""The engine's supervisor: whatever the child process does, every request gets one answer."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from classifier.judge import Effort, Judge, JudgeRequest, Lane
from classifier.llama import engine
from classifier.llama.engine import MARGIN_S, PLACES_PER_LANE, LlamaJudge
from classifier.llama.errors import EngineStartError, ModelFileError
from classifier.verdict import Judgement, Undecided, UndecidedReason, Verdict

FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")
Ask = Callable[..., JudgeRequest]
StartFake = Callable[..., Awaitable[LlamaJudge]]


@pytest.fixture
async def fake_judge(tmp_path: Path, clock: Any) -> AsyncIterator[Callable[..., LlamaJudge]]:
    """Makes judges whose engine is the fake one, on a clock that is moved by hand; not started."""
    made: list[LlamaJudge] = []

    def make(how: str = "ready", **options: Any) -> LlamaJudge:
        command = (sys.executable, str(FAKE_ENGINE), str(tmp_path), how)
        made.append(LlamaJudge(Path("m.gguf"), fence_key=b"secret", clock=clock, child_command=command, **options))
        return made[-1]

    yield make
    for judge in made:
        if judge._process is not None:
            judge._process.kill()
        await judge.close()


@pytest.fixture
async def start_fake(fake_judge: Callable[..., LlamaJudge]) -> StartFake:
    """The same, started."""

    async def start(how: str = "ready", **options: Any) -> LlamaJudge:
        judge = fake_judge(how, **options)
        await judge.start()
        return judge

    return start


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[], list[str]]:
    """What the engine was asked so far, over all its lives."""
    return lambda: (tmp_path / "asked").read_text().splitlines() if (tmp_path / "asked").exists() else []


def reason(judgement: Judgement) -> UndecidedReason:
    assert isinstance(judgement, Undecided), judgement
    return judgement.reason


def words(judgement: Judgement) -> str:
    assert isinstance(judgement, Verdict), judgement
    return judgement.rationale


async def until_started_again(judge: LlamaJudge, clock: Any, *, pause: float = 0.5) -> None:
    """Let the pause before the next start pass."""
    await clock.until_someone_sleeps(pause)
    clock.move(pause)


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
    with pytest.raises(RuntimeError, match="started once"):
        await judge.start()


async def test_urgent_requests_pass_the_others(
    start_fake: StartFake, ask: Ask, asked: Callable[[], list[str]]
) -> None:  # fmt: skip
    """One at a time, the most urgent lane first."""
    judge = await start_fake()
    lanes = [("first", Lane.BACKGROUND), ("b", Lane.BACKGROUND), ("l", Lane.LIVE), ("i", Lane.INTERACTIVE)]
    await asyncio.gather(*(judge.judge(ask(text, lane=lane)) for text, lane in lanes))
    assert asked() == ["first", "i", "l", "b"]


async def test_a_full_lane_refuses_at_once(start_fake: StartFake, ask: Ask) -> None:
    """A bounded queue says so; another lane is still open."""
    judge = await start_fake()
    tasks = [asyncio.create_task(judge.judge(ask("hold")))]
    tasks += [asyncio.create_task(judge.judge(ask("waits"))) for _ in range(PLACES_PER_LANE)]
    await asyncio.sleep(0)
    assert reason(await judge.judge(ask("one too many"))) is UndecidedReason.QUEUE_FULL
    tasks.append(asyncio.create_task(judge.judge(ask("urgent", lane=Lane.INTERACTIVE))))
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
    await until_started_again(judge, clock)
    assert [words(await task) for task in tasks] == ["a", "crash once", "b", "c"]
    assert asked() == ["a", "crash once", "crash once", "b", "c"]
    assert judge.description == "fake engine, start 1"


async def test_a_request_that_ends_the_judge_twice_is_given_up(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """Native code that aborts on one message must not keep the others waiting for ever."""
    judge = await start_fake()
    poison, other = (asyncio.create_task(judge.judge(ask(text))) for text in ("crash", "fine"))
    await until_started_again(judge, clock)
    await until_started_again(judge, clock, pause=1.0)
    assert reason(await poison) is UndecidedReason.JUDGE_CRASHED
    assert words(await other) == "fine"


async def test_pauses_between_starts_grow_and_shrink_again(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """Half a second, one, two, and half a second again after an answer."""
    judge = await start_fake("ready,dies,dies,ready")
    waiting = asyncio.create_task(judge.judge(ask("crash once")))
    for pause in (0.5, 1.0, 2.0):
        await until_started_again(judge, clock, pause=pause)
    assert reason(await waiting) is UndecidedReason.JUDGE_UNAVAILABLE
    await until_ready(judge)
    assert words(await judge.judge(ask("back"))) == "back"
    assert judge._failures == 0


async def until_ready(judge: LlamaJudge) -> None:
    """Let the supervisor go on until its engine runs."""
    while judge._process is None or judge._state.name != "READY":
        await asyncio.sleep(0)


async def test_an_engine_that_cannot_come_back_turns_requests_away(
    start_fake: StartFake, ask: Ask, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The model's file is gone: waiting and new requests get an answer, and starting is tried on."""
    judge = await start_fake("ready,fails,ready")
    with caplog.at_level(logging.WARNING):
        waiting = [asyncio.create_task(judge.judge(ask(text))) for text in ("crash once", "behind it")]
        await until_started_again(judge, clock)
        assert {reason(await task) for task in waiting} == {UndecidedReason.JUDGE_UNAVAILABLE}
    assert "m.gguf is no good: get another one" in caplog.text
    answer = await judge.judge(ask("new"))
    assert answer == Undecided(
        reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the model cannot be started at the moment"
    )
    await until_started_again(judge, clock, pause=1.0)
    await until_ready(judge)
    assert words(await judge.judge(ask("new"))) == "new"


async def test_a_request_waits_no_longer_than_its_deadline(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """Behind one that takes for ever."""
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


async def test_a_silent_engine_is_ended_long_after_the_deadline(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """Hung, not dead: it is killed once the margin is over, and the next request is answered by the next one."""
    judge = await start_fake()
    frozen = asyncio.create_task(judge.judge(ask("freeze", deadline_s=30)))
    behind = asyncio.create_task(judge.judge(ask("behind", deadline_s=1000)))
    await clock.until_someone_sleeps(30)
    clock.move(30)
    await clock.until_someone_sleeps(MARGIN_S)
    assert not frozen.done()
    clock.move(MARGIN_S)
    assert reason(await frozen) is UndecidedReason.DEADLINE
    await until_started_again(judge, clock)
    assert words(await behind) == "behind"


async def test_an_answer_within_the_margin_counts(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """The engine looks at the deadline itself; a little late is not hung."""
    judge = await start_fake()
    frozen = asyncio.create_task(judge.judge(ask("freeze", deadline_s=30)))
    await clock.until_someone_sleeps(30)
    clock.move(30)
    await clock.until_someone_sleeps(MARGIN_S)
    assert judge._process is not None
    child = psutil.Process(judge._process.pid)
    while child.status() != psutil.STATUS_STOPPED:
        await asyncio.sleep(0)
    os.kill(child.pid, signal.SIGCONT)
    assert words(await frozen) == "freeze"
    assert judge.description == "fake engine, start 0"


async def test_cancelling_withdraws_a_waiting_request(
    start_fake: StartFake, ask: Ask, asked: Callable[[], list[str]]
) -> None:  # fmt: skip
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
    assert judge._process is not None
    judge._process.kill()
    await until_started_again(judge, clock)
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
    await until_started_again(judge, clock)
    await until_started_again(judge, clock, pause=1.0)
    assert reason(await answer) is UndecidedReason.JUDGE_CRASHED


async def test_a_request_too_long_for_the_pipe_is_refused(start_fake: StartFake, ask: Ask) -> None:
    """It is not sent, and those behind it are."""
    judge = await start_fake()
    answers = await asyncio.gather(judge.judge(ask("x" * (5 << 20))), judge.judge(ask("short")))
    assert reason(answers[0]) is UndecidedReason.TOO_LONG
    assert words(answers[1]) == "short"


async def test_before_start_and_after_close_there_is_no_verdict(
    fake_judge: Callable[..., LlamaJudge], ask: Ask
) -> None:  # fmt: skip
    """`Undecided` with the reason, never an exception."""
    judge = fake_judge()
    assert await judge.judge(ask()) == Undecided(
        reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the judge was not started"
    )
    await judge.start()
    await asyncio.gather(judge.close(), judge.close())
    await judge.close()
    assert await judge.judge(ask()) == Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the judge is closed")


async def test_closing_answers_everyone_and_leaves_no_process(start_fake: StartFake, ask: Ask) -> None:
    """Running and waiting requests get `Undecided`; the child is gone and reaped."""
    judge = await start_fake()
    assert judge._process is not None
    child = judge._process.pid
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


async def test_closing_during_a_restart_ends_the_new_process(start_fake: StartFake, ask: Ask, clock: Any) -> None:
    """A process that has not said yet that it is ready is ended too."""
    judge = await start_fake("ready,is mute")
    waiting = asyncio.create_task(judge.judge(ask("crash")))
    await until_started_again(judge, clock)
    await clock.until_someone_sleeps(1800)
    await judge.close()
    assert reason(await waiting) is UndecidedReason.JUDGE_UNAVAILABLE
    assert psutil.Process().children() == []


async def test_closing_while_starting_ends_the_start(fake_judge: Callable[..., LlamaJudge]) -> None:
    """The start fails, and no process stays."""
    judge = fake_judge()
    starting = asyncio.create_task(judge.start())
    await asyncio.sleep(0)
    await judge.close()
    with pytest.raises(EngineStartError, match="closed while it started"):
        await starting
    assert psutil.Process().children() == []


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ("fails", ModelFileError, "m.gguf is no good: get another one"),
        ("dies", EngineStartError, r"ended while it loaded m.gguf \(exit code 1: last words\)"),
        ("babbles", EngineStartError, "no engine of this version"),
        ("answers too soon", EngineStartError, "no engine of this version"),
    ],
)
async def test_a_start_that_fails_is_one_line(
    how: str, error: type[Exception], message: str, fake_judge: Callable[..., LlamaJudge]
) -> None:
    """The engine's own words, or what to think of its silence; and no process stays."""
    judge = fake_judge(how)
    with pytest.raises(error, match=message) as caught:
        await judge.start()
    assert "\n" not in str(caught.value)
    assert psutil.Process().children() == []


async def test_a_start_does_not_take_for_ever(fake_judge: Callable[..., LlamaJudge], clock: Any) -> None:
    """Half an hour without a word is enough."""
    starting = asyncio.create_task(fake_judge("is mute").start())
    await clock.until_someone_sleeps(1800)
    clock.move(1800)
    with pytest.raises(EngineStartError, match="not loaded within 30 minutes"):
        await starting
    assert psutil.Process().children() == []


async def test_a_cancelled_start_leaves_no_process(fake_judge: Callable[..., LlamaJudge], clock: Any) -> None:
    """Ctrl-C while twelve gigabytes are loaded."""
    starting = asyncio.create_task(fake_judge("is mute").start())
    await clock.until_someone_sleeps(1800)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert psutil.Process().children() == []


async def test_the_key_is_not_on_the_command_line_nor_in_the_log(
    start_fake: StartFake, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    """Who lists processes or reads logs learns nothing of the key, nor of what members wrote."""
    with caplog.at_level(logging.DEBUG):
        judge = await start_fake()
        await judge.judge(ask("a member's words"))
        assert judge._process is not None
        command = " ".join(psutil.Process(judge._process.pid).cmdline())
        await judge.close()
    for text in (command, caplog.text):
        assert b"secret".hex() not in text
        assert "secret" not in text
        assert "member's words" not in text


def test_the_front_does_not_load_llama_cpp() -> None:
    """The bot's process gets by without native code."""
    program = f"import sys, {engine.__name__}; sys.exit('llama_cpp' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# ----- the real engine -----


@pytest.fixture
async def real_judge(tiny_model: Path, tmp_path: Path) -> AsyncIterator[LlamaJudge]:
    """The real engine with the tiny model."""
    judge = LlamaJudge(tiny_model, fence_key=b"key", cache_folder=tmp_path, threads=1)
    await judge.start()
    yield judge
    await judge.close()


async def test_the_real_engine_judges_repeatably(real_judge: LlamaJudge, ask: Ask) -> None:
    """Two judgements of one request are equal but for the time they took; the model is named by its checksum."""
    first, other, second = [await real_judge.judge(ask(text)) for text in ("hello", "something else", "hello")]
    assert isinstance(first, Verdict)
    assert isinstance(second, Verdict)
    assert isinstance(other, Verdict)
    assert (first.outcome, first.score, first.rule_ids) == (second.outcome, second.score, second.rule_ids)
    assert (first.rationale, first.reasoning) == (second.rationale, second.reasoning)
    assert first.provenance.judge.startswith("gguf:")
    assert first.provenance.prompt_fingerprint == second.provenance.prompt_fingerprint
    assert other.score != first.score
    assert real_judge.description.startswith("tiny.gguf (0.3 MB) on ")


async def test_the_real_engine_survives_a_kill_in_the_middle_of_a_request(
    tiny_model: Path, clock: Any, ask: Ask
) -> None:  # fmt: skip
    """Killed while it holds a request: the answer comes after the restart."""
    judge = LlamaJudge(tiny_model, fence_key=b"key", threads=1, clock=clock)
    await judge.start()
    assert judge._process is not None
    os.kill(judge._process.pid, signal.SIGSTOP)
    answers = [asyncio.create_task(judge.judge(ask(text, effort=Effort.HIGH))) for text in ("one", "two")]
    await asyncio.sleep(0)
    os.kill(judge._process.pid, signal.SIGKILL)
    await until_started_again(judge, clock)
    assert all(isinstance(await answer, Verdict) for answer in answers)
    await judge.close()


async def test_the_real_engine_refuses_a_wrong_file(tmp_path: Path) -> None:
    """One line, from the child's checks."""
    path = tmp_path / "notes.gguf"
    path.write_text("these are notes")
    judge = LlamaJudge(path, fence_key=b"key")
    with pytest.raises(ModelFileError, match=r"notes\.gguf is no GGUF model file"):
        await judge.start()
    await judge.close()


async def test_the_real_engine_is_stopped_in_the_middle(real_judge: LlamaJudge, ask: Ask) -> None:
    """A deadline that is over at the first look, and a request that nobody waits for, leave it free for the next."""
    assert reason(await real_judge.judge(ask(deadline_s=1e-9))) is UndecidedReason.DEADLINE
    running = asyncio.create_task(real_judge.judge(ask(effort=Effort.HIGH)))
    await asyncio.sleep(0)
    running.cancel()
    assert isinstance(await real_judge.judge(ask("next")), Verdict)


async def test_the_real_engine_ends_with_its_bot(tiny_model: Path) -> None:
    """When the bot's process dies, the pipe ends and the engine leaves by itself."""
    program = f"""
import asyncio, pathlib, os
from classifier.llama.engine import LlamaJudge
async def main():
    judge = LlamaJudge(pathlib.Path({str(tiny_model)!r}), fence_key=b"key", threads=1)
    await judge.start()
    print(judge._process.pid, flush=True)
    os._exit(1)
asyncio.run(main())
"""
    bot = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert bot.stdout is not None
    child = psutil.Process(int(await bot.stdout.readline())) if psutil else None
    await bot.wait()
    assert child is not None
    await asyncio.to_thread(child.wait, 20)
    assert not child.is_running()
