"""A judge that outlives the bot: bots come and go in a simulated server, and each closes the judge it was given."""

from __future__ import annotations

from classifier import Effort, Judge, Judgement, JudgeRequest, PolicyFit, PolicyText


class BorrowedJudge:
    """Asks a judge that somebody else closes."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    @property
    def name(self) -> str:
        """The judge's own name."""
        return self._judge.name

    async def judge(self, request: JudgeRequest) -> Judgement:
        """The judge's own answer."""
        return await self._judge.judge(request)

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """The judge's own answer."""
        return await self._judge.prepare(policy, effort=effort)

    async def close(self) -> None:
        """Leave the judge open for the next bot."""
