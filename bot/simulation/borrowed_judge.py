"""A judge that outlives the bot: a simulated server starts several bots, and each closes the judge it was given."""

from __future__ import annotations

import asyncio

import simcord

from classifier import Effort, Judge, Judgement, JudgeRequest, PolicyFit, PolicyText


class BorrowedJudge:
    """Wraps a judge that the caller closes."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._env: simcord.Env | None = None  #: while it is held
        self._held: list[asyncio.Future[None]] = []

    @property
    def name(self) -> str:
        """The judge's own name."""
        return self._judge.name

    async def judge(self, request: JudgeRequest) -> Judgement:
        """The judge's own answer."""
        if self._env is not None:
            held: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._held.append(held)
            await self._env.external_wait(held, reason="the bot is starting")
        return await self._judge.judge(request)

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """The judge's own answer."""
        return await self._judge.prepare(policy, effort=effort)

    def hold(self, env: simcord.Env) -> None:
        """Hold all answers until `release`: SimCord gives a bot five seconds to start, and its first work takes
        longer."""
        self._env = env

    def release(self) -> None:
        """Answer again."""
        self._env = None
        for held in self._held:
            if not held.done():
                held.set_result(None)
        self._held.clear()

    async def close(self) -> None:
        """Leave the judge open for the next bot."""
