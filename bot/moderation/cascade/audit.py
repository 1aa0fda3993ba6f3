"""Audits the promised recall: a sample of skipped messages is judged in full, and the misses are counted. Pure.

Most of the sample lies just below the threshold, where misses are likely; a miss that was sampled with chance p counts
1/p times, so the estimate is unbiased for any chances. The test may run after every message: it is a bet that is won at
most once in twenty times while the promise is kept, however often it is checked (a test martingale, Ville's inequality;
https://arxiv.org/abs/2010.09686).

For a recall r, each violation that was found counts 1 - r and each sampled miss -r/p. If the recall is at least r, the
expected sum never falls. Betting a share `b` of the most that could be lost on its falling multiplies the wealth by 1 -
b for each violation found and by 1 + b r / ((1 - r) p) for each miss sampled. So only the number of violations found
and the chances of the misses have to be stored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

LEAST_CHANCE = 0.02  #: chance that a skipped message is judged in full
MOST_CHANCE = 0.5  #: the same just below the threshold
_POWER = 2.0  #: how fast the chance falls with the score
_BETS = (0.01, 0.03, 0.1, 0.3)  #: shares to bet; which is best depends on how badly the promise is broken
_ALARM = 0.05  #: how likely a false alarm is, ever
PERIOD = 50  #: violations found, after which another bet begins in parallel, because traffic may have changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Counts of one period, which lasts until a number of violations was found."""

    found: int = 0  #: violations that scored at or above the threshold
    misses: tuple[float, ...] = ()  #: for each violation that the sample found below it: the chance of its sampling
    audited: int = 0  #: skipped messages that were judged in full


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallShown:
    """What the audit shows of the recall."""

    estimate: float | None  #: None before the first violation
    at_least: float  #: the interval holds with 95 % confidence at every moment at once
    at_most: float
    audited: int
    missed: int


def chance_of_audit(score: float, threshold: float) -> float:
    """The chance that a message with this score, below the threshold, is judged in full."""
    nearness = (score / threshold) ** _POWER if threshold > 0.0 else 1.0
    return LEAST_CHANCE + (MOST_CHANCE - LEAST_CHANCE) * min(1.0, nearness)


def count_found(periods: Sequence[Period]) -> tuple[Period, ...]:
    """One more violation at or above the threshold."""
    periods = periods or (Period(),)
    if periods[-1].found >= PERIOD:
        return (*periods, Period(found=1))
    return (*periods[:-1], replace(periods[-1], found=periods[-1].found + 1))


def count_audited(periods: Sequence[Period], *, chance: float, missed: bool) -> tuple[Period, ...]:
    """One more skipped message that was judged in full."""
    last = periods[-1] if periods else Period()
    misses = (*last.misses, chance) if missed else last.misses
    return (*periods[:-1], replace(last, misses=misses, audited=last.audited + 1))


def is_broken(periods: Sequence[Period], recall: float) -> bool:
    """Is it certain enough that the recall is below this share?"""
    return _log_wealth(periods, recall) >= -math.log(_ALARM)


def recall_shown(periods: Sequence[Period]) -> RecallShown:
    """The recall that the counts show."""
    found = sum(each.found for each in periods)
    misses = [chance for each in periods for chance in each.misses]
    missed = sum(1.0 / chance for chance in misses)
    half = -math.log(_ALARM / 2.0)
    return RecallShown(
        estimate=found / (found + missed) if found or misses else None,
        at_least=_edge(lambda recall: _log_wealth_against(found, misses, recall) >= half),
        at_most=_edge(lambda recall: _log_of_bets(found, misses, recall) < half),
        audited=sum(each.audited for each in periods),
        missed=len(misses),
    )


def _log_wealth(periods: Sequence[Period], recall: float) -> float:
    """Of all bets together: one that began with the first period, one with the second, and so on, each with a share of
    the first stake. The shares sum to one, so this is a test martingale as well."""
    found, misses, logs = 0, list[float](), list[float]()
    for age, period in enumerate(reversed(periods)):
        found, misses = found + period.found, [*misses, *period.misses]
        start = len(periods) - age
        logs.append(_log_of_bets(found, misses, recall) - math.log(start * (start + 1)))
    return _log_sum(logs)


def _log_of_bets(found: int, misses: Sequence[float], recall: float) -> float:
    """The wealth of a stake that is spread evenly over all sizes of bets on the recall's being lower."""
    odds = recall / (1.0 - recall)
    logs = (found * math.log1p(-bet) + sum(math.log1p(bet * odds / chance) for chance in misses) for bet in _BETS)
    return _log_sum(logs) - math.log(len(_BETS))


def _log_wealth_against(found: int, misses: Sequence[float], recall: float) -> float:
    """The same for bets on the recall's being higher. A miss with the smallest chance may cost almost all of the
    wealth."""
    odds = (1.0 - recall) / recall
    logs = []
    for share in (0.1, 0.3, 0.6, 0.9):
        bet = share * LEAST_CHANCE
        logs.append(found * math.log1p(bet * odds) + sum(math.log1p(-bet / chance) for chance in misses))
    return _log_sum(logs) - math.log(len(logs))


def _edge(holds: Callable[[float], bool]) -> float:
    """The recall at which a condition that holds for low recalls stops holding."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if holds(middle) else (low, middle)
    return high if high == 1.0 else low


def _log_sum(logs: Iterable[float]) -> float:
    found = list(logs)
    most = max(found, default=-math.inf)
    return most if most == -math.inf else most + math.log(sum(math.exp(each - most) for each in found))
