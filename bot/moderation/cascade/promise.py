"""The promise of a cascade: a threshold below which at most a few violations lie. Pure.

Messages that score below the threshold are taken as clear without reasoning. *Recall* is the share of the violations,
as the reasoner sees them, that score at or above it. It falls as the threshold rises, so the highest threshold whose
bound holds may be taken (fixed-sequence testing, https://arxiv.org/abs/2110.01052). With n violations of which k score
below a threshold, the recall is at least r with 95 % confidence where P(Bin(n, 1 - r) <= k) <= 0.05, which is the
Clopper-Pearson bound. The k-th smallest score is as good a threshold as one that was fixed before looking: the share
of violations below an order statistic has a Beta distribution, whatever the scores' own is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

CONFIDENCE = 0.95
RECALLS = (0.90, 0.95, 0.98, 0.99)  #: what a server can ask for


def most_missed(violations: int, recall: float, *, confidence: float = CONFIDENCE) -> int | None:
    """How many of this many violations may score below the threshold. None if there are too few violations to prove
    anything."""
    allowed = 1.0 - confidence
    total, missed = 0.0, None
    for count in range(violations + 1):
        total += _probability(count, violations, 1.0 - recall)
        if total > allowed:
            break
        missed = count
    return missed


def violations_needed(recall: float, *, confidence: float = CONFIDENCE) -> int:
    """The number of violations needed to promise this recall at all, whatever their scores."""
    return math.ceil(math.log(1.0 - confidence) / math.log(recall))


def threshold_for(scores: Sequence[float], recall: float, *, confidence: float = CONFIDENCE) -> float | None:
    """The highest threshold that keeps the promise; None if there are too few violations.

    Args:
        scores: of all violations, in any order.
    """
    missed = most_missed(len(scores), recall, confidence=confidence)
    return None if missed is None else sorted(scores)[missed]


def highest_promise(violations: int) -> float | None:
    """The highest recall in `RECALLS` for which this many violations could be enough."""
    return max((recall for recall in RECALLS if violations_needed(recall) <= violations), default=None)


def _probability(count: int, trials: int, chance: float) -> float:
    """P(Bin(trials, chance) = count)."""
    ways = math.lgamma(trials + 1) - math.lgamma(count + 1) - math.lgamma(trials - count + 1)
    return math.exp(ways + count * math.log(chance) + (trials - count) * math.log1p(-chance))
