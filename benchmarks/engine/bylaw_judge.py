"""The whole of Bylaw's judge, parent and child, as a side of the comparison."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import psutil

from benchmarks.engine.plan import REPLY_TOKENS, Machine
from benchmarks.workload.jobs import FENCE_KEY
from benchmarks.workload.traffic import Post
from classifier import Content, JudgeRequest, Message, PolicyText, Verdict, Way
from classifier.llama.client.judge import LlamaJudge
from classifier.llama.options import EngineOptions, ReasoningTokens

_DEADLINE_S = 3600.0


class NoVerdict(Exception):
    """The judge gave none, so its figures would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """A running judge that answers posts in one way; keeps what it said."""

    judge: LlamaJudge
    policies: Sequence[PolicyText]
    way: Way
    think_from: float
    verdicts: dict[Post, Verdict]

    @property
    def settings(self) -> str:
        """What the engine says of itself."""
        return self.judge.description

    async def answer(self, job: Post) -> None:
        """Judge the message.

        Raises:
            NoVerdict: it was not judged.
        """
        request = JudgeRequest(
            policy=self.policies[job.policy],
            content=Content(target=Message(text=job.text)),
            way=self.way,
            think_from=self.think_from,
            server=job.policy,
            deadline_s=_DEADLINE_S,
        )
        judgement = await self.judge.judge(request)
        if not isinstance(judgement, Verdict):
            raise NoVerdict(f"{judgement.reason.value}: {judgement.detail}")
        self.verdicts[job] = judgement

    def other_way(self, way: Way, *, think_from: float) -> Judging:
        """The same judge, asked in another way."""
        return Judging(judge=self.judge, policies=self.policies, way=way, think_from=think_from, verdicts={})

    def memory(self) -> int:
        """Bytes of the engine's process; the bot's own are the same whatever judges."""
        pid = self.judge.engine_pid
        return int(psutil.Process(pid or os.getpid()).memory_info().rss)


@contextlib.asynccontextmanager
async def judging(machine: Machine, policies: Sequence[PolicyText]) -> AsyncIterator[Judging]:
    """Bylaw's judge with this reasoning budget, while it runs."""
    judge = LlamaJudge(
        EngineOptions(
            model=machine.model,
            fence_key=FENCE_KEY,
            threads=machine.threads,
            gpu_layers=machine.gpu_layers or None,
            sequences=machine.sequences,
            reasoning_tokens=ReasoningTokens.fixed(REPLY_TOKENS),
        )
    )
    await judge.start()
    try:
        yield Judging(judge=judge, policies=policies, way=Way.REASON, think_from=0.5, verdicts={})
    finally:
        await judge.close()
