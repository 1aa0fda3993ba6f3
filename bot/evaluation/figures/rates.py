"""Counts of right and wrong answers, their rates, and exact intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from bot.evaluation.figures.answers import Answers, Booleans

CONFIDENCE = 0.95

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """A confusion matrix."""

    tp: int  #: violations that were flagged
    fp: int  #: clear rows that were flagged
    tn: int
    fn: int

    @property
    def n(self) -> int:
        """All rows."""
        return self.tp + self.fp + self.tn + self.fn

    @property
    def precision(self) -> float | None:
        """The share of what was flagged that is a violation; None if nothing was flagged."""
        return _share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """The share of the violations that was flagged; None if there is none."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def fpr(self) -> float | None:
        """The share of the clear rows that was flagged; None if there is none."""
        return _share(self.fp, self.fp + self.tn)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None if there is no violation, neither real nor flagged."""
        return _share(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def accuracy(self) -> float | None:
        """The share of right answers."""
        return _share(self.tp + self.tn, self.n)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa: agreement beyond chance; None if there is nothing that chance could miss."""
        if not self.n:
            return None
        by_chance = ((self.tp + self.fp) * (self.tp + self.fn) + (self.tn + self.fn) * (self.tn + self.fp)) / self.n**2
        seen = (self.tp + self.tn) / self.n
        return None if by_chance == 1 else (seen - by_chance) / (1 - by_chance)

    @property
    def mcc(self) -> float | None:
        """Matthews' correlation coefficient; None if a row or column of the table is empty."""
        product = (self.tp + self.fp) * (self.tp + self.fn) * (self.tn + self.fp) * (self.tn + self.fn)
        return (self.tp * self.tn - self.fp * self.fn) / math.sqrt(product) if product else None


def counts_of(truth: Booleans, flagged: Booleans) -> Counts:
    """Count the answers."""
    return Counts(
        tp=int(np.count_nonzero(truth & flagged)),
        fp=int(np.count_nonzero(~truth & flagged)),
        tn=int(np.count_nonzero(~truth & ~flagged)),
        fn=int(np.count_nonzero(truth & ~flagged)),
    )


def counts_with_undecided(answers: Answers, *, as_violation: bool) -> Counts:
    """Count all rows, with undecided ones as violations or as clear."""
    return counts_of(answers.truth, answers.flagged | ~answers.decided if as_violation else answers.flagged)


def exact_interval(hits: int, of: int, *, confidence: float = CONFIDENCE) -> Interval | None:
    """Clopper and Pearson's interval of a share; None if there is nothing to take a share of."""
    if not of:
        return None
    low, high = proportion_confint(hits, of, alpha=1 - confidence, method="beta")
    return (float(low), float(high))


def rate_intervals(counts: Counts, *, confidence: float = CONFIDENCE) -> Mapping[str, Interval | None]:
    """Exact intervals of the rates that are shares of independent rows."""
    return {
        "precision": exact_interval(counts.tp, counts.tp + counts.fp, confidence=confidence),
        "recall": exact_interval(counts.tp, counts.tp + counts.fn, confidence=confidence),
        "fpr": exact_interval(counts.fp, counts.fp + counts.tn, confidence=confidence),
    }


def exact_f1_interval(counts: Counts, *, confidence: float = CONFIDENCE) -> Interval | None:
    """An exact interval of F1 for independent rows.

    F1 is 2J / (1 + J) for J = TP / (TP + FP + FN), and given their sum, TP is binomial.
    """
    found = exact_interval(counts.tp, counts.tp + counts.fp + counts.fn, confidence=confidence)
    return found and (2 * found[0] / (1 + found[0]), 2 * found[1] / (1 + found[1]))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
