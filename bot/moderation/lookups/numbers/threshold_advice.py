"""Threshold advice: what a higher threshold would have spared moderators, and what they would have missed. Advice only:
nothing is set automatically.

A lower threshold can't be evaluated: messages below the current one have no case to decide.
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
    violations: int  #: of these, those decided as violations


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdAdvice:
    """Past cases, counted at other thresholds than the current one."""

    present: float
    decided: int  #: decided cases at or above the current threshold
    others: tuple[AtThreshold, ...] = ()  #: ascending; only those that make a difference

    @property
    def missing(self) -> int:
        """How many more decisions are needed before there is advice."""
        return max(0, ENOUGH - self.decided)


def advise(scores: Sequence[DecidedScore], *, present: float, offered: Sequence[float]) -> ThresholdAdvice:
    """Recount at each offered threshold above the current one."""
    seen = [each for each in scores if each.score >= present]
    if len(seen) < ENOUGH:
        return ThresholdAdvice(present=present, decided=len(seen))
    counted = (_at(seen, threshold) for threshold in sorted(set(offered)) if threshold > present)
    return ThresholdAdvice(present=present, decided=len(seen), others=tuple(each for each in counted if each.fewer))


def _at(seen: Sequence[DecidedScore], threshold: float) -> AtThreshold:
    below = [each.violation for each in seen if each.score < threshold]
    return AtThreshold(threshold=threshold, fewer=len(below), violations=sum(below))
