"""Many requests in the engine at a time: how many, whose, and what becomes of them when it goes down with them."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from classifier.judge import JudgeRequest, Lane
from classifier.llama.client.judge import LlamaJudge
from classifier.verdict import Judgement, Undecided, UndecidedReason, Verdict

Ask = Callable[..., JudgeRequest]
Asked = Callable[[], list[str]]
StartFake = Callable[..., Awaitable[LlamaJudge]]


def reason(judgement: Judgement) -> UndecidedReason:
    assert isinstance(judgement, Undecided), judgement
    return judgement.reason


def words(judgement: Judgement) -> str:
    assert isinstance(judgement, Verdict), judgement
    return judgement.rationale


async def urgently(judge: LlamaJudge, request: JudgeRequest) -> str:
    """The answer to a moderator's question, behind which everything sent before it was read."""
    return words(await judge.judge(request))


async def test_as_many_are_sent_as_the_engine_has_places_for_and_half_as_many_again(
    start_fake: StartFake, ask: Ask, asked: Asked
) -> None:
    """So that it can let several in at a time; the others wait where more urgent ones can pass them."""
    judge = await start_fake(places=4)
    tasks = [asyncio.create_task(judge.judge(ask(f"slow {number}"))) for number in range(9)]
    await asyncio.sleep(0)
    assert await urgently(judge, ask("a question", lane=Lane.INTERACTIVE)) == "a question"
    assert asked() == [*(f"slow {number}" for number in range(6)), "a question"]
    assert await urgently(judge, ask("release", lane=Lane.INTERACTIVE)) == "release"
    assert await urgently(judge, ask("release", lane=Lane.INTERACTIVE)) == "release"
    assert [words(await task) for task in tasks] == [f"slow {number}" for number in range(9)]


async def test_questions_take_up_half_of_the_places_and_no_more(start_fake: StartFake, ask: Ask, asked: Asked) -> None:
    """Whoever asks without end leaves the engine room for new messages: further questions wait in the queue."""
    judge = await start_fake(places=4)
    tasks = [asyncio.create_task(judge.judge(ask(f"slow {number}"))) for number in range(6)]
    tasks += [
        asyncio.create_task(judge.judge(ask(f"slow question {number}", lane=Lane.INTERACTIVE, server=2)))
        for number in range(40)
    ]
    tasks += [asyncio.create_task(judge.judge(ask(f"slow new {number}", server=3))) for number in range(4)]
    await asyncio.sleep(0)
    while len(asked()) < 8:  # noqa: ASYNC110  # another process writes it
        await asyncio.sleep(0)
    assert [text for text in asked() if "question" in text] == ["slow question 0", "slow question 1"]
    await judge.close()
    await asyncio.gather(*tasks)
    assert len(asked()) == 8


async def test_a_raid_on_one_server_does_not_hold_up_another(start_fake: StartFake, ask: Ask, asked: Asked) -> None:
    """Servers take turns: the other one's message does not wait for all of the raid's."""
    judge = await start_fake()
    raid = [judge.judge(ask(f"raid {number}", server=1)) for number in range(30)]
    await asyncio.gather(*raid, judge.judge(ask("quiet", server=2)))
    assert asked().index("quiet") < 10


async def test_a_crash_in_the_middle_of_a_batch_loses_nothing(
    start_fake: StartFake, ask: Ask, asked: Asked, restarts: None
) -> None:
    """Those that were answered are not asked again, the others once more, and each gets one answer."""
    judge = await start_fake(places=8)
    texts = ["quick", "slow a", "slow b", "slow c", "crash once", "slow d", "waits behind them"]
    answers = await asyncio.gather(*(judge.judge(ask(text)) for text in texts))
    assert [words(answer) for answer in answers] == texts
    counts = Counter(asked())
    assert counts["quick"] == 1
    assert counts["crash once"] == 2
    assert judge.description == "fake engine, start 1"


async def test_of_many_suspects_only_the_guilty_one_is_set_aside(
    start_fake: StartFake, ask: Ask, asked: Asked, restarts: None, caplog: pytest.LogCaptureFixture
) -> None:
    """All were in the engine when it went down, and some went down with it twice."""
    judge = await start_fake(places=9)
    texts = [*(f"slow {number}" for number in range(6)), "crash", "slow 7", "slow 8", "came later"]
    answers = await asyncio.gather(*(judge.judge(ask(text, server=number)) for number, text in enumerate(texts)))
    assert reason(answers.pop(6)) is UndecidedReason.JUDGE_CRASHED
    texts.remove("crash")
    assert [words(answer) for answer in answers] == texts
    assert asked().count("crash") <= 3
    assert judge.description in {f"fake engine, start {number}" for number in (2, 3)}
    assert "a request of server 6 crashed the engine twice and was dropped" in caplog.text


async def test_suspects_that_are_withdrawn_or_late_are_not_tried_again(
    start_fake: StartFake, ask: Ask, asked: Asked, clock: Any
) -> None:
    """Nobody waits for them now."""
    judge = await start_fake(places=4)
    tasks = [asyncio.create_task(judge.judge(ask(text))) for text in ("slow a", "slow b", "slow c")]
    late = asyncio.create_task(judge.judge(ask("slow and late", deadline_s=0.25)))
    await asyncio.sleep(0)
    await urgently(judge, ask("all are in", lane=Lane.INTERACTIVE))
    assert judge.engine_pid is not None
    os.kill(judge.engine_pid, signal.SIGKILL)
    await clock.until_someone_sleeps(0.5)
    tasks[0].cancel()
    clock.move(0.5)
    assert reason(await late) is UndecidedReason.DEADLINE
    assert [words(await task) for task in tasks[1:]] == ["slow b", "slow c"]
    assert asked().count("slow a") == asked().count("slow and late") == 1


async def test_an_answer_comes_to_its_own_request_whatever_happens(
    start_fake: StartFake, ask: Ask, asked: Asked, restarts: None
) -> None:
    """Several servers and lanes, withdrawals, answers repeated, a crash and a process killed: none lost, none mixed."""
    dice = random.Random(3)
    judge = await start_fake(places=8)
    extra = ["crash once", "repeat the last one", "twice", "chatter"]
    texts = [f"text {number}" for number in range(150)]
    for text in extra:
        texts.insert(dice.randrange(20, 130), text)
    lanes = list(Lane)
    tasks = [
        asyncio.create_task(judge.judge(ask(text, lane=dice.choice(lanes), server=dice.randrange(5)))) for text in texts
    ]
    await asyncio.sleep(0)
    withdrawn = dice.sample(range(len(tasks)), 20)
    for number in withdrawn:
        tasks[number].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    for number, (text, answer) in enumerate(zip(texts, answers, strict=True)):
        if isinstance(answer, BaseException):
            assert number in withdrawn
        else:
            assert words(answer) == text
    assert max(Counter(asked()).values()) <= 2


async def test_reports_that_are_no_answers(start_fake: StartFake, ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    """What the engine has to say goes to the log, and nowhere else."""
    judge = await start_fake()
    assert words(await judge.judge(ask("note"))) == "note"
    assert "the engine says: out of memory: 16 -> 12 sequences" in caplog.text
