"""What a judge answers: a `Verdict`, or `Undecided` with the reason why there is none.

The two are types of their own so that no caller can take a missing answer for a verdict:
`Undecided` has no outcome, no rules and no score.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The two things that a verdict can say."""

    CLEAR = "clear"
    VIOLATION = "violation"


class Method(StrEnum):
    """How a verdict was reached."""

    REASONED = "reasoned"  #: the model thought to its own end, then answered
    CUT = "cut"  #: its thinking was ended at the budget, then it answered
    NO_REASONING = "no_reasoning"  #: it could have thought, and answered at once
    PROBED = "probed"  #: it was asked to answer at once, without thinking
    SCREENED = "screened"  #: only a score was asked for (`Way.SCREEN`)
    LITE = "lite"  #: examples and patterns of the policy, no model
    SCRIPTED = "scripted"  #: given by a test or a demo


class UndecidedReason(StrEnum):
    """Why a judge has no verdict."""

    NO_ANSWER = "no_answer"  #: the reply has no final message
    TRUNCATED = "truncated"  #: the final message is cut off
    UNREADABLE = "unreadable"  #: the final message is not in the agreed form
    UNKNOWN_RULE = "unknown_rule"  #: it names a rule that the policy does not have
    TOO_LONG = "too_long"  #: policy and content do not fit into the model's context
    THINKING_CUT = "thinking_cut"  #: thinking did not end: cut twice without a violation, or out of time while thinking
    DEADLINE = "deadline"  #: no answer in time
    JUDGE_CRASHED = "judge_crashed"  #: this request took the judge down more than once
    JUDGE_UNAVAILABLE = "judge_unavailable"  #: the judge is closed, starting or broken
    QUEUE_FULL = "queue_full"  #: too many requests are already waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a verdict is based on, so that it can be explained and repeated later."""

    method: Method
    judge: str  #: which judge: for a model ``gguf:<sha256> wording:<version>``, else ``lite:1`` and the like
    policy_fingerprint: str
    prompt_fingerprint: str | None = None  #: sha256 over the prompt's token ids; None without a model
    digit_mass: float | None = None  #: probability of both digits together where one was due; None without a model
    prompt_tokens: int = 0
    reply_tokens: int = 0
    seconds_waited: float = 0.0
    seconds_computed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A judge's answer about one content under one policy.

    Raises:
        ValueError: a violation without a rule, a clear verdict with one or with a message, a score outside 0..1.
    """

    outcome: Outcome
    rule_ids: tuple[str, ...]  #: the rules broken, in the policy's order; empty when clear
    score: float  #: 0..1; orders verdicts, is not a probability. With a model: P(1) against P(0) at the answer's digit
    messages: tuple[int, ...] = ()  #: numbers of the messages that break a rule (`Content.judged`); empty when clear
    rationale: str  #: one or two sentences for moderators; may be empty when clear
    reasoning: str = ""  #: the model's chain of thought: moderators on request, members never
    provenance: Provenance
    passage: tuple[int, int] | None = None  #: of a long target's words, the characters that a violation was found in

    def __post_init__(self) -> None:
        if (self.outcome is Outcome.VIOLATION) != bool(self.rule_ids):
            raise ValueError("a violation must name at least one rule, and a clear verdict none")
        if self.messages and self.outcome is Outcome.CLEAR:
            raise ValueError("a clear verdict must not name a message")
        if not 0.0 <= self.score <= 1.0:
            raise ValueError("a score must be between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """There is no verdict. It never leads to an action against a member."""

    reason: UndecidedReason
    detail: str = ""  #: one line for moderators and logs; holds nothing that a member wrote


Judgement = Verdict | Undecided
