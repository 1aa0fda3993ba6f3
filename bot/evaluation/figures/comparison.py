"""Two runs over the same rows: is one better, and by how much?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from bot.evaluation.figures.answers import Answers, Booleans, Floats
from bot.evaluation.figures.bootstrap import RESAMPLES, SEED, cluster_weights, percentiles
from bot.evaluation.figures.ranking import Ranked, average_precision, ranked
from bot.evaluation.figures.rates import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A figure of the second run less that of the first; None if one of them is not defined."""

    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two runs, on rows where both have a verdict."""

    n: int
    left_out: int  #: rows on which one of them is undecided
    only_first_right: int
    only_second_right: int
    p: float  #: McNemar's exact test: the probability of flips this one-sided if neither run is better
    differences: dict[str, Difference]


def compare(first: Answers, second: Answers, *, resamples: int = RESAMPLES, seed: int = SEED) -> Compared:
    """Compare two runs with the same rows in the same order."""
    both = first.decided & second.decided
    one, two = first.taken(both), second.taken(both)
    one_right, two_right = one.flagged == one.truth, two.flagged == two.truth
    only_first = int(np.count_nonzero(one_right & ~two_right))
    only_second = int(np.count_nonzero(~one_right & two_right))
    return Compared(
        n=len(one),
        left_out=len(first) - len(one),
        only_first_right=only_first,
        only_second_right=only_second,
        p=exact_mcnemar(only_first, only_second),
        differences=_differences(one, two, resamples=resamples, seed=seed),
    )


def exact_mcnemar(only_first: int, only_second: int) -> float:
    """The two-sided p of McNemar's exact test."""
    return float(mcnemar([[0, only_first], [only_second, 0]], exact=True).pvalue)


def holm(ps: Sequence[float]) -> list[float]:
    """The p values, corrected for their number by Holm's method."""
    return [float(p) for p in multipletests(ps, method="holm")[1]] if ps else []


def _differences(one: Answers, two: Answers, *, resamples: int, seed: int) -> dict[str, Difference]:
    """Differences of figures, with intervals by the paired bootstrap: both runs are drawn with the same clusters."""
    if not len(one):
        return {}
    clusters = int(one.cluster.max()) + 1
    sums = [_Sums.of(rows, clusters) for rows in (one, two)]
    whole = [each.figures(np.ones((1, clusters), np.uint16)) for each in sums]
    drawn: dict[str, list[Floats]] = {name: [] for name in whole[0]}
    for weights in cluster_weights(clusters, resamples=resamples, seed=seed, rows=len(one)):
        before, after = (each.figures(weights) for each in sums)
        for name, values in drawn.items():
            values.append(after[name] - before[name])
    found = {}
    for name, values in drawn.items():
        value = float((whole[1][name] - whole[0][name])[0])
        known = not np.isnan(value)
        found[name] = Difference(
            value=value if known else None, interval=percentiles(np.concatenate(values)) if known else None
        )
    return found


@dataclass(frozen=True, slots=True)
class _Sums:
    """Counts of each cluster, so that a resample is a product of matrices."""

    answers: Answers
    order: Ranked
    hits: Floats
    alarms: Floats
    positives: Floats
    negatives: Floats

    @classmethod
    def of(cls, rows: Answers, clusters: int) -> _Sums:
        def count(mask: Booleans) -> Floats:
            return np.bincount(rows.cluster, mask, clusters).astype(np.float64)

        return cls(
            rows,
            ranked(rows.truth, rows.score),
            count(rows.truth & rows.flagged),
            count(~rows.truth & rows.flagged),
            count(rows.truth),
            count(~rows.truth),
        )

    def figures(self, weights: npt.NDArray[np.uint16]) -> dict[str, Floats]:
        often = weights.astype(np.float64)
        hits, alarms = often @ self.hits, often @ self.alarms
        positives, negatives = often @ self.positives, often @ self.negatives
        return {
            "precision": _ratio(hits, hits + alarms),
            "recall": _ratio(hits, positives),
            "fpr": _ratio(alarms, negatives),
            "f1": _ratio(2 * hits, hits + alarms + positives),
            "auprc": average_precision(self.order, weights[:, self.answers.cluster]),
        }


def _ratio(part: Floats, whole: Floats) -> Floats:
    found: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return found
