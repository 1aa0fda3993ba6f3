"""How well scores put violations before clear rows: the area under the precision-recall curve."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from scipy.stats import norm

from bot.evaluation.figures.answers import Answers, Booleans, Floats, Whole
from bot.evaluation.figures.rates import CONFIDENCE, Interval


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows with the highest score first."""

    order: Whole
    truth: Floats  #: 1 for a violation, in that order
    ends: Whole  #: where each run of equal scores ends


def ranked(truth: Booleans, score: Floats) -> Ranked:
    """Sort rows by score."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1) if len(ordered) else np.array([], np.int64)
    return Ranked(order, truth[order].astype(np.float64), ends.astype(np.int64))


def average_precision(rows: Ranked, weights: npt.NDArray[np.float64]) -> Floats:
    """AUPRC as average precision, once for each line of `weights` (how often each row counts, in the rows' own order).

    It is scikit-learn's `average_precision_score`; NaN where no violation has a weight.
    """
    weighted = weights[:, rows.order]
    hits = np.cumsum(weighted * rows.truth, axis=1)[:, rows.ends]
    seen = np.cumsum(weighted, axis=1)[:, rows.ends]
    precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
    gained = np.diff(hits, axis=1, prepend=0.0)
    total = hits[:, -1] if hits.shape[1] else np.zeros(len(weights))
    area = np.sum(gained * precision, axis=1)
    found: Floats = np.divide(area, total, out=np.full(len(weights), np.nan), where=total > 0)
    return found


def auprc(answers: Answers) -> float | None:
    """The area under the precision-recall curve of the rows with a verdict; None without a violation."""
    rows = answers.only_decided
    if not rows.truth.any():
        return None
    return float(average_precision(ranked(rows.truth, rows.score), np.ones((1, len(rows))))[0])


def logit_auprc_interval(area: float, positives: int, *, confidence: float = CONFIDENCE) -> Interval:
    """An interval of AUPRC for independent rows: normal on the logit scale (Boyd, Eng and Page 2013).

    An area of 0 or 1 counts as half a violation less, so that there is an interval at all.
    """
    inner = min(max(area, 0.5 / positives), 1 - 0.5 / positives) if positives > 1 else 0.5
    wide = float(norm.ppf(0.5 + confidence / 2)) / math.sqrt(positives * inner * (1 - inner))
    return (min(area, float(expit(logit(inner) - wide))), max(area, float(expit(logit(inner) + wide))))
