"""All replicas as one judge. Ray chooses the replica; requests that a dead replica didn't answer go to another one."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from typing import Any

import tenacity

from bot.serving.front import Capacity
from bot.serving.replica import Described
from classifier import Effort, Judgement, JudgeRequest, PolicyFit, PolicyText, Undecided
from classifier.verdict import UndecidedReason

_ATTEMPTS = 3
_MARGIN_S = 10.0  # grace period after the deadline for a replica to report itself that a request is late
_PREPARE_S = 60.0
_DESCRIBE_S = 10.0


class Replicas:
    """`classifier.judge.Judge` over a handle of Ray Serve."""

    def __init__(self, handle: Any, application: str) -> None:
        """`handle` is a `ray.serve.handle.DeploymentHandle` of `JudgeReplica`, which belongs to this application."""
        self._handle = handle
        self._application = application

    @property
    def name(self) -> str:
        """One line for people."""
        return "the replicas of bylaw serve-judge"

    async def judge(self, request: JudgeRequest) -> Judgement:
        """As `Judge.judge`. A request is started over if its replica dies."""
        from ray.exceptions import RayActorError, RayError
        from ray.serve.exceptions import BackPressureError, RayServeException

        due = time.monotonic() + request.deadline_s
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(RayActorError),
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=tenacity.wait_random(0, 0.2),
            reraise=True,
        )
        try:
            async with asyncio.timeout(request.deadline_s + _MARGIN_S):
                answer: Judgement = await attempts(self._once, request, due)
                return answer
        except TimeoutError:
            return Undecided(reason=UndecidedReason.DEADLINE, detail="the deadline passed before a replica answered")
        except BackPressureError:
            return Undecided(reason=UndecidedReason.QUEUE_FULL, detail="too many requests wait for a replica already")
        except (RayError, RayServeException):  # their texts may quote what was sent
            return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="no replica of the judge answers")

    async def _once(self, request: JudgeRequest, due: float) -> Judgement:
        left = max(due - time.monotonic(), 0.1)
        ask = self._asking("judge", request.policy)
        answer: Judgement = await ask.remote(dataclasses.replace(request, deadline_s=left))
        return answer

    def _asking(self, method: str, policy: PolicyText) -> Any:
        """A handle of a method, which Ray routes to where the policy is."""
        return self._handle.options(
            method_name=method,
            multiplexed_model_id=policy.fingerprint,
            request_serialization="pickle",  # what is sent are our own values: cloudpickle does the same more slowly
            response_serialization="pickle",
        )

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """As `Judge.prepare`."""
        fit: PolicyFit | None = await self._asked(self._asking("prepare", policy), policy, effort, seconds=_PREPARE_S)
        return fit

    async def capacity(self) -> Capacity:
        """The total capacity of all running replicas."""
        count = await asyncio.to_thread(self._running)
        described: Described | None = await self._asked(self._handle.describe, seconds=_DESCRIBE_S) if count else None
        if described is None:
            return Capacity(model="", judge="", places=0)
        return Capacity(
            model=described.model,
            judge=described.judge,
            places=described.places * count,
            context_tokens=described.context_tokens,
        )

    def _running(self) -> int:
        """The number of running replicas. Blocks for a moment, because it asks the controller."""
        from ray import serve

        application = serve.status().applications.get(self._application)
        deployment = application.deployments.get(self._handle.deployment_name) if application else None
        states = deployment.replica_states if deployment else {}
        return sum(count for state, count in states.items() if state == "RUNNING")

    async def _asked(self, method: Any, *arguments: object, seconds: float) -> Any:
        """A replica's answer; None if none answers."""
        from ray.exceptions import RayError
        from ray.serve.exceptions import RayServeException

        try:
            async with asyncio.timeout(seconds):
                return await method.remote(*arguments)
        except (RayError, RayServeException, TimeoutError):
            return None

    async def close(self) -> None:
        """Does nothing: Ray ends the replicas."""
