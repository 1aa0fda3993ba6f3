"""How well scores rank violations above clear rows: the area under the precision-recall curve."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from scipy.stats import t

from bot.evaluation.figures.answers import Answers, Booleans, Floats, Whole
from bot.evaluation.figures.rates import CONFIDENCE, Interval


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows with the highest score first, split after each group of equal scores with a violation.

    The area only grows there, so with few violations there is little to sum. Rows after the last one are left out.
    """

    order: Whole  #: positions of the rows
    starts: Whole  #: where in that order each piece starts
    violations: Whole  #: positions of the violations
    violation_starts: Whole  #: where among those each piece starts


def ranked(truth: Booleans, score: Floats) -> Ranked:
    """Sort rows by score."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    hits = np.flatnonzero(truth[order])
    # for each violation, the position after the last row with its score
    ends = np.searchsorted(-ordered, -ordered[hits], side="right")
    cuts, firsts = np.unique(ends, return_index=True)
    return Ranked(
        order=order[: cuts[-1] if len(cuts) else 0],
        starts=np.concatenate([[0], cuts[:-1]]).astype(np.int64),
        violations=order[hits],
        violation_starts=firsts.astype(np.int64),
    )


def average_precision(rows: Ranked, weights: npt.NDArray[np.generic]) -> Floats:
    """AUPRC as average precision, once for each line of `weights` (how often each row counts, in the rows' own order).

    It is scikit-learn's `average_precision_score`; NaN where no violation has a weight.
    """
    if not len(rows.violations):
        return np.full(len(weights), np.nan)
    gained = np.add.reduceat(weights[:, rows.violations], rows.violation_starts, axis=1, dtype=np.float64)
    seen = np.cumsum(np.add.reduceat(weights[:, rows.order], rows.starts, axis=1, dtype=np.float64), axis=1)
    hits = np.cumsum(gained, axis=1)
    precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
    total, area = hits[:, -1], np.sum(gained * precision, axis=1)
    found: Floats = np.divide(area, total, out=np.full(len(weights), np.nan), where=total > 0)
    return found


def auprc(answers: Answers) -> float | None:
    """The area under the precision-recall curve of the rows with a verdict; None without a violation."""
    rows = answers.only_decided
    if not rows.truth.any():
        return None
    return float(average_precision(ranked(rows.truth, rows.score), np.ones((1, len(rows))))[0])


def logit_auprc_interval(
    area: float, positives: int, *, spread: float = 0.0, confidence: float = CONFIDENCE
) -> Interval:
    """An interval of AUPRC on the logit scale, where its distribution is nearly normal (Boyd, Eng and Page 2013).

    An area of 0 or 1 is moved by half a violation, so that there is an interval at all.

    Args:
        area: the area.
        positives: how many violations it is from.
        spread: the standard deviation of resampled areas on the logit scale; the formula's own counts if it is larger.
        confidence: of the interval.
    """
    inner = logit_scale_area(area, positives)
    formula = 1 / math.sqrt(positives * inner * (1 - inner))
    reach = float(t.ppf(0.5 + confidence / 2, max(positives - 1, 1))) * max(formula, spread)
    return (min(area, float(expit(logit(inner) - reach))), max(area, float(expit(logit(inner) + reach))))


def logit_scale_area(area: float, positives: int) -> float:
    """The area, kept away from 0 and 1 by half a violation."""
    return min(max(area, 0.5 / positives), 1 - 0.5 / positives) if positives > 1 else 0.5
