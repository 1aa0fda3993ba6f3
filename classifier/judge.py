"""The one door of the classifier: a policy and a content go in, a `Judgement` comes out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from classifier.content import Content
from classifier.policy_text import PolicyText
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
    BACKGROUND = "background"  #: re-judging and backtests


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRequest:
    """One question to a judge."""

    policy: PolicyText
    content: Content
    effort: Effort = Effort.LOW
    lane: Lane = Lane.LIVE
    server: int = 0  #: whose turn it takes; the classifier knows a server by this number only
    deadline_s: float = 300.0  #: seconds from now until the answer is of no use any more


class Judge(Protocol):
    """Anything that judges. Implementations: `lite`, `scripted`, `llama`.

    One contract suite (``tests/contract/test_judge.py``) runs over all of them.
    """

    @property
    def name(self) -> str:
        """One line for people: which judge this is and what it runs on."""

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Answer the request. May be called again with the same request; the verdict is then the same.

        Never raises for odd content, odd model output or a dead model: those come back as `Undecided`.
        Cancelling the call withdraws the request.
        """

    async def close(self) -> None:
        """Free what the judge holds. Requests under way and later ones get `Undecided`. Safe to call twice."""
