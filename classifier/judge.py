"""The one door of the classifier: a policy and a content go in, a `Judgement` comes out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from classifier.content import Content
from classifier.policy_text import PolicyText
from classifier.prompt_variant import PromptVariant
from classifier.verdict import Judgement


class Effort(StrEnum):
    """How long the model may think. The names are the model's own (harmony's ``Reasoning:`` line)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Lane(StrEnum):
    """Who waits for the answer, most urgent first."""

    INTERACTIVE = "interactive"  #: a moderator looks at a spinner
    LIVE = "live"  #: a message that was just posted
    AGAIN = "again"  #: a message that was judged or missed before
    BACKGROUND = "background"  #: backtests and other work in the background


class Way(StrEnum):
    """How a judge with a model reaches its verdict. Judges without a model ignore it."""

    REASON = "reason"  #: think, then answer
    PROBE = "probe"  #: answer at once: the score is read where the first digit of the answer would be
    PROBE_THEN_REASON = "probe_then_reason"  #: probe, and think only if the score is at least `think_from`
    SCREEN = "screen"  #: only the probe's score: the verdict is clear whatever it is, and says nothing but its score


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFit:
    """Whether a policy fits into a judge's context."""

    tokens: int
    most: int  #: tokens of the longest policy that leaves room for a message and a reply
    kept: bool = True  #: it is read once and cached; False: it is read again for every message

    @property
    def fits(self) -> bool:
        """Whether the judge can use this policy at all."""
        return self.tokens <= self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRequest:
    """One question to a judge."""

    policy: PolicyText
    content: Content
    effort: Effort = Effort.LOW
    way: Way = Way.REASON
    think_from: float = 0.2  #: with `Way.PROBE_THEN_REASON`: the lowest score of a probe that is thought over
    lane: Lane = Lane.LIVE
    server: int = 0  #: whose turn it takes; the classifier knows a server by this number only
    deadline_s: float = 300.0  #: seconds from now until the answer is useless
    variant: PromptVariant | None = None  #: another wording, for measuring; judges without a model take no notice


class Judge(Protocol):
    """Anything that judges. Implementations: `lite`, `scripted`, `llama`, `remote`.

    One contract suite (``tests/contract/test_judge.py``) runs over all of them.
    """

    @property
    def name(self) -> str:
        """One line for people: which judge this is and what it runs on."""

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Answer the request. May be called again with the same request.

        A judge without a model then says the same. A model need not: beside other requests its sums are added up in
        another order (llama.cpp issue 7052), so the score moves, and a verdict near the line can flip.

        Measured with `benchmarks.engine.repeatability` on a CPU and a model of random weights, which shows what
        arithmetic does and nothing of judgement: of 60 messages none got another verdict alone, beside 31 others or
        after a restart (0 to 6 %, exact intervals). Beside others one named other rules and scores moved by up to 0.04;
        alone and after a restart nothing moved. The real model was not measured here. In public logs of it, 94 of 716
        prompts that were sent more than once got different labels (13 %, docs/judge-card.md), in settings not ours.

        Never raises for odd content, odd model output or a dead model: those come back as `Undecided`.
        Cancelling the call withdraws the request.
        """

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """Get ready for requests under this policy and say whether it fits.

        None where a judge has no such limit, or cannot be asked at the moment. Never raises; nothing has to be
        prepared before it is judged.
        """

    async def close(self) -> None:
        """Free what the judge holds. Requests under way and later ones get `Undecided`. Safe to call twice."""
