"""What a higher threshold would have spared moderators, and what they would have missed. Nothing is set by itself.

A lower threshold cannot be counted: what stays below the present one has no case that anybody could decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.moderation.lookups.numbers.decided_scores import ENOUGH, DecidedScore


@dataclass(frozen=True, slots=True, kw_only=True)
class AtThreshold:
    """What would have been different at another threshold."""

    threshold: float
    fewer: int  #: cards that moderators would not have seen
    violations: int  #: of these the ones that they decided to be violations


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdAdvice:
    """The past at other thresholds than the present one."""

    present: float
    decided: int  #: cases at the present threshold or above that moderators decided
    others: tuple[AtThreshold, ...] = ()  #: rising; only those that make a difference

    @property
    def missing(self) -> int:
        """How many more decisions it takes before anything is said."""
        return max(0, ENOUGH - self.decided)


def advise(scores: Sequence[DecidedScore], *, present: float, offered: Sequence[float]) -> ThresholdAdvice:
    """Count again at each of the thresholds that are offered and higher than the present one."""
    seen = [each for each in scores if each.score >= present]
    if len(seen) < ENOUGH:
        return ThresholdAdvice(present=present, decided=len(seen))
    counted = (_at(seen, threshold) for threshold in sorted(set(offered)) if threshold > present)
    return ThresholdAdvice(present=present, decided=len(seen), others=tuple(each for each in counted if each.fewer))


def _at(seen: Sequence[DecidedScore], threshold: float) -> AtThreshold:
    below = [each.violation for each in seen if each.score < threshold]
    return AtThreshold(threshold=threshold, fewer=len(below), violations=sum(below))
