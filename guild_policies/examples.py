"""Pinned examples: what a policy must say about a sentence, written by a moderator in words of their own.

A pin outlives the versions of its policy. Before a draft is published all pins are judged under it, and a pin that does
not hold shows that a rule no longer means what the team wants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from classifier import Judgement, Undecided, UndecidedReason
from guild_policies.scope import DEFAULT_THRESHOLD, flags
from guild_policies.sentences import Refusal, marked
from guild_policies.text.hidden import is_blank

MAX_PINS_PER_POLICY = 50
_TOLD = 6
_FAILS = marked("pin {number} fails")
_UNDECIDED = marked("pin {number} undecided")
_MORE = marked("{number} more pins")
#: What `failing_in_words` is made of. It is stored, so it is found again by these patterns to be translated.
FAILING = (_UNDECIDED, _MORE, _FAILS)
MAX_PIN_LENGTH = 2_000  #: characters, as many as a message without Nitro has


class BadPin(Refusal, ValueError):
    """A pin that cannot be saved. The message tells a moderator what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A sentence, and the verdict that it must get."""

    id: int  #: unique over all servers
    policy_id: int
    text: str  #: a moderator's own words
    rule_id: str | None  #: the rule that it must break; None if it must be clear
    author_id: int
    created_at: datetime
    held: bool | None = None  #: under the version in force, when it was last judged; None where it never was


class PinOutcome(StrEnum):
    """The result of a pin."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"  #: the judge gave no verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PinResult:
    """A pin, judged."""

    pin: Pin
    outcome: PinOutcome
    rule_ids: tuple[str, ...] = ()  #: that were found broken
    score: float | None = None
    rationale: str = ""
    reason: UndecidedReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinReport:
    """All pins of a policy under one text."""

    results: tuple[PinResult, ...]

    @property
    def failing(self) -> tuple[PinResult, ...]:
        """The pins that do not hold, those without a verdict among them."""
        return tuple(result for result in self.results if result.outcome is not PinOutcome.HOLDS)


def checked_pin(text: str) -> str:
    """The text without white space around it. Raises `BadPin`."""
    text = text.strip()
    if is_blank(text):
        raise BadPin(marked("Write the sentence to judge."))
    if len(text) > MAX_PIN_LENGTH:
        raise BadPin(marked("Shorten the example to at most {most} characters."), most=MAX_PIN_LENGTH)
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        raise BadPin(marked("The example has characters that cannot be saved. Write it as plain text."))
    return text


def result_of(pin: Pin, judgement: Judgement, *, threshold: float = DEFAULT_THRESHOLD) -> PinResult:
    """Check whether the pin holds. A violation below the policy's threshold counts as clear, as it does for
    messages."""
    if isinstance(judgement, Undecided):
        return PinResult(pin=pin, outcome=PinOutcome.UNDECIDED, reason=judgement.reason)
    flagged = flags(judgement, threshold)
    holds = not flagged if pin.rule_id is None else flagged and pin.rule_id in judgement.rule_ids
    return PinResult(
        pin=pin,
        outcome=PinOutcome.HOLDS if holds else PinOutcome.FAILS,
        rule_ids=judgement.rule_ids,
        score=judgement.score,
        rationale=judgement.rationale,
    )


def failing_in_words(results: Sequence[PinResult]) -> str:
    """Which pins do not hold, in numbers only: for the audit log. `FAILING` joined by commas."""
    sentences = {PinOutcome.FAILS: _FAILS, PinOutcome.UNDECIDED: _UNDECIDED}
    told = [sentences[result.outcome].format(number=result.pin.id) for result in results[:_TOLD]]
    more = len(results) - len(told)
    return ", ".join(told + ([_MORE.format(number=more)] if more else []))
