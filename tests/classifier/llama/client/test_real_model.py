"""The real engine with the tiny model: judged repeatably, killed, stopped, and gone with its bot."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from classifier.inventing import Inventions, invent_request
from classifier.judge import Effort, JudgeRequest
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.client.supervisor import SILENCE_S
from classifier.llama.errors import ModelFileError
from classifier.llama.options import EngineOptions, ReasoningTokens
from classifier.verdict import Judgement, Method, Outcome, Undecided, UndecidedReason, Verdict

Ask = Callable[..., JudgeRequest]


@pytest.fixture
async def real_judge(tiny_model: Path, tmp_path: Path) -> AsyncIterator[LlamaJudge]:
    """The real engine with the tiny model."""
    judge = LlamaJudge(EngineOptions(model=tiny_model, fence_key=b"key", cache_folder=tmp_path, threads=1))
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
    assert real_judge.description.startswith("tiny.gguf (0.2 MB) on ")


async def test_the_real_engine_invents_messages(real_judge: LlamaJudge, ask: Ask) -> None:
    """In its form, beside judgements, and the same again; a model of random weights writes nonsense."""
    request = invent_request(ask("x").policy, ("hello",), count=2, deadline_s=60)
    first, verdict = await asyncio.gather(real_judge.invent(request), real_judge.judge(ask("hello")))
    assert isinstance(verdict, Verdict)
    assert isinstance(first, Inventions)
    assert {each.rule_id for each in first.invented} <= set(request.policy.rule_ids)
    assert await real_judge.invent(request) == first


async def test_no_clear_verdict_of_the_real_engine_comes_from_cut_thinking(tiny_model: Path, ask: Ask) -> None:
    """A model of random weights rarely ends its thinking in so few tokens: what would be clear is looked at again, and
    gets no verdict where that is cut as well. Without a second look such verdicts would pass."""
    texts = [f"message {number}" for number in range(24)]
    budget = ReasoningTokens(low=16, more_each=0.0, again=2)
    found: dict[bool, list[Judgement]] = {}
    for second_look, budgets in ((False, ReasoningTokens.fixed(16)), (True, budget)):
        judge = LlamaJudge(EngineOptions(model=tiny_model, fence_key=b"key", threads=1, reasoning_tokens=budgets))
        await judge.start()
        found[second_look] = list(await asyncio.gather(*(judge.judge(ask(text)) for text in texts)))
        await judge.close()
    assert any(is_clear_but_cut(judgement) for judgement in found[False])
    assert not any(is_clear_but_cut(judgement) for judgement in found[True])
    undecided = [judgement for judgement in found[True] if isinstance(judgement, Undecided)]
    assert {each.reason for each in undecided} == {UndecidedReason.THINKING_CUT}


def is_clear_but_cut(judgement: Judgement) -> bool:
    return (
        isinstance(judgement, Verdict)
        and judgement.outcome is Outcome.CLEAR
        and judgement.provenance.method is Method.CUT
    )


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV])
async def test_the_real_engine_goes_down_with_many_requests(
    ending: signal.Signals, tiny_model: Path, ask: Ask, restarts: None, clock: Any
) -> None:
    """Killed, aborted or crashed in the middle: each request gets one answer, the one that it gets alone."""
    judge = LlamaJudge(EngineOptions(model=tiny_model, fence_key=b"key", threads=1), clock=clock)
    await judge.start()
    texts = [f"message {number}" for number in range(8)]
    alone = [essence(await judge.judge(ask(text))) for text in texts[:2]]
    stop(judge)
    answers = [asyncio.create_task(judge.judge(ask(text, server=number % 3))) for number, text in enumerate(texts)]
    await asyncio.sleep(0)
    assert judge.engine_pid is not None
    os.kill(judge.engine_pid, ending)
    os.kill(judge.engine_pid, signal.SIGCONT)
    judgements = await asyncio.gather(*answers)
    await judge.close()
    assert [type(judgement) for judgement in judgements] == [Verdict] * len(texts)
    assert [essence(judgement) for judgement in judgements[:2]] == alone
    assert len({essence(judgement) for judgement in judgements}) == len(texts)


async def test_the_real_engine_hangs_with_many_requests(tiny_model: Path, ask: Ask, clock: Any) -> None:
    """It is ended after its silence, and each request gets one answer from the next one."""
    judge = LlamaJudge(EngineOptions(model=tiny_model, fence_key=b"key", threads=1), clock=clock)
    await judge.start()
    assert isinstance(await judge.judge(ask("first")), Verdict)
    hung = judge.engine_pid
    stop(judge)
    answers = [asyncio.create_task(judge.judge(ask(f"message {number}"))) for number in range(6)]
    await asyncio.sleep(0)
    for seconds in (SILENCE_S, 1.0, 0.5):
        await clock.let_pass(seconds)
    judgements = await asyncio.gather(*answers)
    assert judge.engine_pid != hung
    await judge.close()
    assert [type(judgement) for judgement in judgements] == [Verdict] * 6


def stop(judge: LlamaJudge) -> None:
    """Let the engine compute nothing from now on."""
    assert judge.engine_pid is not None
    os.kill(judge.engine_pid, signal.SIGSTOP)


def essence(judgement: Judgement) -> tuple[object, ...]:
    """What must be equal when the same is asked again, alone or beside others: sums in another order may change the
    last bits of a score."""
    assert isinstance(judgement, Verdict)
    fingerprint = judgement.provenance.prompt_fingerprint
    return judgement.outcome, round(judgement.score, 4), judgement.rule_ids, fingerprint


async def test_the_real_engine_refuses_a_wrong_file(tmp_path: Path) -> None:
    """One line, from the child's checks."""
    path = tmp_path / "notes.gguf"
    path.write_text("these are notes")
    judge = LlamaJudge(EngineOptions(model=path, fence_key=b"key"))
    with pytest.raises(ModelFileError, match=r"notes\.gguf is not a GGUF model file"):
        await judge.start()
    await judge.close()


async def test_the_real_engine_is_stopped_in_the_middle(real_judge: LlamaJudge, ask: Ask) -> None:
    """A deadline that is over at the first look, and a request that nobody waits for, leave it free for the next."""
    late = await real_judge.judge(ask(deadline_s=1e-9))
    assert isinstance(late, Undecided)
    assert late.reason is UndecidedReason.DEADLINE
    running = asyncio.create_task(real_judge.judge(ask(effort=Effort.HIGH)))
    await asyncio.sleep(0)
    running.cancel()
    assert isinstance(await real_judge.judge(ask("next")), Verdict)


async def test_the_real_engine_ends_with_its_bot(tiny_model: Path) -> None:
    """When the bot's process dies, the pipe ends and the engine leaves by itself."""
    program = f"""
import asyncio, pathlib, os
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.options import EngineOptions, ReasoningTokens
async def main():
    judge = LlamaJudge(EngineOptions(model=pathlib.Path({str(tiny_model)!r}), fence_key=b"key", threads=1))
    await judge.start()
    print(judge.engine_pid, flush=True)
    os._exit(1)
asyncio.run(main())
"""
    bot = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert bot.stdout is not None
    child = psutil.Process(int(await bot.stdout.readline()))
    await bot.wait()
    await asyncio.to_thread(child.wait, 20)
    assert not child.is_running()
