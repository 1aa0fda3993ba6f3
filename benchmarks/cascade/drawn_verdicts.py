"""A judge that takes the engine's time and gives verdicts that are drawn.

A model with random weights judges nothing, so what a look finds and what reasoning says are drawn as the simulation
draws them, by the text and a seed: the same message always gets the same answers. The engine computes every request,
so what it costs, keeps and loses is real.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from benchmarks.cascade.simulation import Setting, apart, score_of
from classifier import Effort, Judge, Judgement, JudgeRequest, Outcome, PolicyFit, PolicyText, Verdict, Way

RATIONALE = "Drawn, not judged."
_BREAKS = 0.8


@dataclass(frozen=True, slots=True)
class Drawn:
    """What there is to say about a text."""

    look: float  #: the score of the look at all policies
    violation: bool  #: what reasoning says


class DrawnVerdicts:
    """`classifier.Judge` around the engine's."""

    def __init__(self, judge: Judge, setting: Setting, *, seed: int = 0) -> None:
        self._judge = judge
        self._setting = setting
        self._seed = seed

    def drawn(self, text: str) -> Drawn:
        """Always the same for a text."""
        dice = random.Random(f"{self._seed}/{text}")
        violation = dice.random() < self._setting.prevalence
        latent = dice.gauss() + violation * apart(self._setting.auc)
        return Drawn(score_of(latent), violation)

    def breaks(self, text: str, policy: PolicyText) -> bool:
        """Does reasoning find that it breaks this policy? A violation breaks most of those that cover it."""
        return self.drawn(text).violation and random.Random(f"{policy.fingerprint}/{text}").random() < _BREAKS

    @property
    def name(self) -> str:
        """One line for people."""
        return f"verdicts drawn; {self._judge.name}"

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Let the engine work, and say what was drawn."""
        answer = await self._judge.judge(request)
        if not isinstance(answer, Verdict):
            return answer
        text = request.content.target.text
        if request.way is Way.SCREEN:
            return replace(answer, score=self.drawn(text).look)
        broken = self.breaks(text, request.policy)
        return replace(
            answer,
            outcome=Outcome.VIOLATION if broken else Outcome.CLEAR,
            rule_ids=request.policy.rule_ids[:1] if broken else (),
            messages=(),
            score=0.97 if broken else 0.02,
            rationale=RATIONALE if broken else "",
            passage=None,
        )

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """As the engine does."""
        return await self._judge.prepare(policy, effort=effort)

    async def close(self) -> None:
        """Close the engine."""
        await self._judge.close()
