"""A replica: one judge in one process of a Ray cluster. Only our own front talks to it."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from bot.serving.options import ReplicaOptions
from classifier import Effort, Judge, Judgement, JudgeRequest, PolicyFit, PolicyText
from classifier.lite.judge import NAME as LITE_NAME
from classifier.lite.judge import LiteJudge
from classifier.llama.client.judge import LlamaJudge
from classifier.scripted import NAME as SCRIPTED_NAME
from classifier.scripted import ScriptedJudge, clear, violation

FLAG = "violates"  #: the word that breaks the first rule, for the scripted judge
_PATIENCE = 6  # failed health checks of the engine before Ray starts another replica; Ray checks every 10 s


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A replica's description of itself."""

    model: str  #: one word for lists
    judge: str  #: what its verdicts say in `Provenance.judge`
    places: int  #: simultaneous requests
    context_tokens: int | None


class JudgeReplica:
    """Judges requests. Ray routes a policy's requests to the same replica: the policy is its "model"."""

    async def __init__(self, options: ReplicaOptions) -> None:  # type: ignore[misc]  # Ray awaits it
        """Start the judge; Ray sends no requests before it is ready.

        Raises:
            ModelFileError: the model file cannot be used on this machine.
            EngineStartError: the engine doesn't start.
        """
        from ray import serve

        self._options = options
        self._judge = await _started(options)
        self._down = 0
        self._welcome = serve.multiplexed(max_num_models_per_replica=options.policies)(_at_home)

    async def judge(self, request: JudgeRequest) -> Judgement:
        """As `Judge.judge`."""
        await self._welcome(request.policy.fingerprint)
        return await self._judge.judge(request)

    async def prepare(self, policy: PolicyText, effort: Effort) -> PolicyFit | None:
        """As `Judge.prepare`."""
        await self._welcome(policy.fingerprint)
        return await self._judge.prepare(policy, effort=effort)

    async def describe(self) -> Described:
        """Describe this replica."""
        judge, options = self._judge, self._options
        if isinstance(judge, LlamaJudge) and options.engine is not None:
            return Described(
                model=options.engine.model.stem,
                judge=judge.provenance,
                places=judge.places,
                context_tokens=options.engine.context_tokens,
            )
        name = LITE_NAME if options.scripted_s is None else SCRIPTED_NAME
        return Described(model=name.split(":")[0], judge=name, places=options.places, context_tokens=None)

    async def check_health(self) -> None:
        """Called by Ray regularly.

        Raises:
            RuntimeError: the engine has been down for too long to recover here.
        """
        up = not isinstance(self._judge, LlamaJudge) or self._judge.load.up
        self._down = 0 if up else self._down + 1
        if self._down > _PATIENCE:
            raise RuntimeError("the engine stays down: starting another replica")


async def _at_home(fingerprint: str) -> str:
    """Load a policy as Ray's "model". Does nothing: the engine computes a policy's prefix with its first request and
    caches it."""
    return fingerprint


async def _started(options: ReplicaOptions) -> Judge:
    if options.scripted_s is not None:
        return scripted_judge(options.scripted_s, options.places)
    if options.engine is None:
        return LiteJudge()
    judge = LlamaJudge(options.engine, options.limits)
    try:
        await judge.start()
    except BaseException:
        await judge.close()
        raise
    return judge


def scripted_judge(seconds: float, places: int) -> Judge:
    """A judge that waits instead of computing, and whose rationale has its process id."""
    room = asyncio.Semaphore(places)
    said = f"Scripted by process {os.getpid()}."

    async def script(request: JudgeRequest) -> Judgement:
        async with room:
            await asyncio.sleep(seconds)
        if FLAG in request.content.target.text:
            return violation(request.policy.rule_ids[0], rationale=said)
        return clear(rationale=said)

    return ScriptedJudge(script)
