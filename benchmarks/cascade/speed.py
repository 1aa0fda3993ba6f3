"""How long the engine takes for a look at one policy and at six, and for a reasoning: measured on a model file.

With random weights nothing is judged, but every token costs what it always does. Thinking is ended at the real model's
mean length.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.workload.jobs import FENCE_KEY
from benchmarks.workload.traffic import MIXES, policies, posts, zipf_mix
from classifier import Content, JudgeRequest, Message, PolicyText, Verdict, Way, joint_policy
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.device.devices import default_threads
from classifier.llama.options import EngineOptions, ReasoningTokens

_DEADLINE_S = 3600.0


class NoVerdict(Exception):
    """The judge gave none, so its figures would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Seconds for a message, with as many at once as the engine takes."""

    look_at_one: float
    look_at_six: float
    look_at_six_of_many: float  #: the same where `servers` have six policies each and the n-th writes 1/n of the first
    servers: int
    reasoning: float
    thinking_tokens: int
    joint_prefix_tokens: int


async def measure(model: Path, *, messages: int, servers: int, thinking_tokens: int) -> Speed:
    """Start the engine and measure, one after the other."""
    async with engine(model, thinking_tokens=thinking_tokens) as judge:
        texts = policies(6 * servers)
        joint = [joint_policy(texts[6 * number : 6 * number + 6]) for number in range(servers)]
        fit = await judge.prepare(joint[0])
        screen = replace(_request(texts[0], ""), way=Way.SCREEN)
        mixed = [(joint[each.policy], each.text) for each in posts(zipf_mix(servers), messages, seed=3)]
        plain = [each.text for each in posts(MIXES["one_policy"], messages, seed=2)]
        for text in joint:  # what a server's first message pays once
            await judge.prepare(text)
        return Speed(
            look_at_one=await _seconds(judge, screen, [(texts[0], text) for text in plain]),
            look_at_six=await _seconds(judge, screen, [(joint[0], text) for text in plain]),
            look_at_six_of_many=await _seconds(judge, screen, mixed),
            servers=servers,
            reasoning=await _seconds(judge, _request(texts[0], ""), [(texts[0], text) for text in plain]),
            thinking_tokens=thinking_tokens,
            joint_prefix_tokens=0 if fit is None else fit.tokens,
        )


@contextlib.asynccontextmanager
async def engine(model: Path, *, thinking_tokens: int) -> AsyncIterator[LlamaJudge]:
    """The judge with a model that stops thinking after this many tokens, while it runs."""
    judge = LlamaJudge(
        EngineOptions(
            model=model,
            fence_key=FENCE_KEY,
            threads=default_threads(),
            reasoning_tokens=ReasoningTokens.fixed(thinking_tokens),
        )
    )
    await judge.start()
    try:
        yield judge
    finally:
        await judge.close()


async def _seconds(judge: LlamaJudge, like: JudgeRequest, asked: Sequence[tuple[PolicyText, str]]) -> float:
    """A message's time, all of them waiting from the start, after one that warms up."""
    await judge.judge(replace(like, policy=asked[0][0], content=Content(target=Message(text="hello"))))
    requests = [replace(like, policy=policy, content=Content(target=Message(text=text))) for policy, text in asked]
    begun = time.monotonic()
    answers = await asyncio.gather(*(judge.judge(request) for request in requests))
    for answer in answers:
        if not isinstance(answer, Verdict):
            raise NoVerdict(f"no verdict: {answer.reason.value} {answer.detail}")
    return (time.monotonic() - begun) / len(asked)


def _request(policy: PolicyText, text: str) -> JudgeRequest:
    return JudgeRequest(policy=policy, content=Content(target=Message(text=text)), deadline_s=_DEADLINE_S)
