"""Wobble tests: after a publication, do verdicts depend on the layout of the policy?

Pinned examples and decided cases are judged in the background, under layouts of the policy with the same meaning. The
result is advice about the wording: it isn't stored, and a restart ends the test.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.moderation.cases.case import DecidedCases
from bot.moderation.policies.judge_requests import JudgeRequests, judgeable
from bot.moderation.policies.pins import Pins
from classifier import Content, Judge, Judgement, JudgeRequest, Lane, Message, Undecided, UndecidedReason
from classifier.judge_many import judge_many
from guild_policies.lint.fits_the_length_limit import estimated_tokens
from guild_policies.versions import PolicyVersion, StoredPolicy
from guild_policies.wobble import Cost, Rewording, Rewordings, Wobble, cost_of, rewordings, wobble_of

MOST_TEXTS = 20  #: pins come first, then the cases that were decided last
MOST_LAYOUTS = 12
CASES_OF = timedelta(days=90)
IN_FLIGHT = 8  #: simultaneous requests: few, so that it doesn't get in the way of a backtest
_DEADLINE_S = 3_600.0  # seconds; the background lane may have to wait until a busy hour is over

#: Problems of the judge: the test ends without a result.
_GONE = frozenset({UndecidedReason.JUDGE_UNAVAILABLE, UndecidedReason.QUEUE_FULL})

Progress = Callable[[int], Awaitable[None]]  #: called with the number of judgements so far


@dataclass(frozen=True, slots=True, kw_only=True)
class WobblePlan:
    """A planned wobble test: what is judged, and how long that takes."""

    policy: StoredPolicy
    version: PolicyVersion
    contents: tuple[Content, ...]  #: in memory only, while the test runs
    tried: Rewordings
    cost: Cost


class Wobbles:
    """Plans and runs wobble tests."""

    def __init__(
        self, *, pins: Pins, cases: DecidedCases, judge: Judge, requests: JudgeRequests, now: Callable[[], datetime]
    ) -> None:
        self._pins = pins
        self._cases = cases
        self._judge = judge
        self._requests = requests
        self._now = now

    async def plan(self, policy: StoredPolicy, version: PolicyVersion) -> WobblePlan | None:
        """What a test of this version would judge. None if there is no pin or decided case, nothing to reword, or
        no rule about single messages."""
        compiled = await judgeable(version.text)
        contents = await self._contents(policy) if compiled else ()
        if compiled is None or not contents:
            return None
        tried = rewordings(compiled, most=MOST_LAYOUTS)
        if len(tried.tried) == 1:
            return None
        cost = cost_of(tried, contents, tokens_in=estimated_tokens)
        return WobblePlan(policy=policy, version=version, contents=contents, tried=tried, cost=cost)

    async def run(self, plan: WobblePlan, *, progress: Progress | None = None) -> Wobble | None:
        """Judge under one layout after the other, so that each one's text is computed once. None if the judge became
        unavailable."""
        before = await self._judge_layout(plan, plan.tried.tried[0])
        after: list[dict[str | int, Judgement]] = []
        for layout in plan.tried.tried:
            if before is None:
                return None
            if progress:
                await progress((1 + len(after)) * len(plan.contents))
            answers = await self._judge_layout(plan, layout)
            if answers is None:
                return None
            after.append(answers)
        return wobble_of(plan.tried, before or {}, after, threshold=plan.policy.settings.threshold)

    async def _contents(self, policy: StoredPolicy) -> tuple[Content, ...]:
        pins = await self._pins.of(policy.guild_id, policy.name)
        since = self._now() - CASES_OF
        cases = await self._cases.decided(policy.guild_id, policy_id=policy.id, since=since, limit=MOST_TEXTS)
        texts = [Message(text=pin.text) for pin in pins] + [
            Message(text=case.evidence.text, forwarded=case.evidence.forwarded)
            for case in cases
            if case.evidence.text is not None
        ]
        return tuple(Content(target=text) for text in texts[:MOST_TEXTS])

    async def _judge_layout(self, plan: WobblePlan, layout: Rewording) -> dict[str | int, Judgement] | None:
        answers: dict[str | int, Judgement] = {}
        asked = judge_many(self._judge, self._questions(plan, layout), limit=IN_FLIGHT)
        try:
            async for number, judgement in asked:
                if isinstance(judgement, Undecided) and judgement.reason in _GONE:
                    return None
                answers[number] = judgement
        finally:
            await asked.aclose()
        return answers

    def _questions(self, plan: WobblePlan, layout: Rewording) -> Iterator[tuple[int, JudgeRequest]]:
        for number, content in enumerate(plan.contents):
            yield (
                number,
                self._requests.make(
                    layout.policy,
                    content,
                    effort=plan.policy.settings.effort,
                    lane=Lane.BACKGROUND,
                    server=plan.policy.guild_id,
                    deadline_s=_DEADLINE_S,
                    variant=layout.variant,
                ),
            )
