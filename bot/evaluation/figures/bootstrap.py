"""Intervals of F1 and AUPRC by a cluster bootstrap.

Rows of one cluster (a template, a thread, texts that differ in a number only) tend to be right or wrong together, so
resampling single rows would give too narrow intervals. The interval is never narrower than the one for independent
rows, because with few clusters a bootstrap alone is too narrow. For AUPRC it is also widened by the bias of resampling,
so that it covers the true value in 95 % of runs with about forty violations
(`tests/bot/evaluation/figures/test_bootstrap.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from bot.evaluation.figures.answers import Answers, Floats
from bot.evaluation.figures.ranking import (
    auprc,
    average_precision,
    logit_auprc_interval,
    logit_scale_area,
    ranked,
)
from bot.evaluation.figures.rates import CONFIDENCE, Interval, counts_of, exact_f1_interval

RESAMPLES = 1_000
SEED = 1
_CELLS = 1_000_000  # cells of a matrix of weights in memory at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """F1 and AUPRC of each resample; NaN if undefined."""

    f1: Floats
    auprc: Floats


def cluster_weights(
    clusters: int, *, resamples: int = RESAMPLES, seed: int = SEED, rows: int = 0
) -> Iterator[npt.NDArray[np.uint16]]:
    """How often each cluster is drawn, in blocks: a line for each resample. `rows` bounds the blocks' size."""
    random = np.random.default_rng(seed)
    block = max(1, _CELLS // max(clusters, rows, 1))
    for start in range(0, resamples, block):
        lines = min(block, resamples - start)
        draws = random.integers(0, clusters, (lines, clusters)) + np.arange(lines)[:, None] * clusters
        yield np.bincount(draws.ravel(), minlength=lines * clusters).reshape(lines, clusters).astype(np.uint16)


def drawn(answers: Answers, *, resamples: int = RESAMPLES, seed: int = SEED) -> Drawn:
    """F1 and AUPRC of resamples of the rows with a verdict."""
    rows = answers.only_decided
    clusters = int(rows.cluster.max()) + 1 if len(rows) else 0
    if not clusters:
        return Drawn(f1=np.array([]), auprc=np.array([]))
    order = ranked(rows.truth, rows.score)
    hits = np.bincount(rows.cluster, rows.truth & rows.flagged, clusters)
    wrong = np.bincount(rows.cluster, rows.truth ^ rows.flagged, clusters)
    f1, areas = [], []
    for weights in cluster_weights(clusters, resamples=resamples, seed=seed, rows=len(rows)):
        often = weights.astype(np.float64)
        twice, misses = 2 * (often @ hits), often @ wrong
        f1.append(np.divide(twice, twice + misses, out=np.full(len(weights), np.nan), where=twice + misses > 0))
        areas.append(average_precision(order, weights[:, rows.cluster]))
    return Drawn(f1=np.concatenate(f1), auprc=np.concatenate(areas))


def f1_interval(answers: Answers, draws: Drawn, *, confidence: float = CONFIDENCE) -> Interval | None:
    """The interval of F1 of the rows with a verdict; None if F1 is not defined."""
    rows = answers.only_decided
    alone = exact_f1_interval(counts_of(rows.truth, rows.flagged), confidence=confidence)
    return alone and _wider(percentiles(draws.f1, confidence=confidence), alone)


def auprc_interval(answers: Answers, draws: Drawn, *, confidence: float = CONFIDENCE) -> Interval | None:
    """The interval of AUPRC of the rows with a verdict; None without a violation."""
    area = auprc(answers)
    if area is None:
        return None
    positives = int(np.count_nonzero(answers.only_decided.truth))
    found = percentiles(draws.auprc, confidence=confidence) or (area, area)
    found = _wider(found, _mirrored(found, area))
    spread = _spread(draws.auprc, positives)
    for centre in (area, _without_bias(area, draws.auprc)):
        around = logit_auprc_interval(centre, positives, spread=spread, confidence=confidence)
        found = _wider(found, around)
    return found


def _mirrored(interval: Interval, area: float) -> Interval:
    """The interval mirrored at the area (the "basic" bootstrap)."""
    return (max(0.0, 2 * area - interval[1]), min(1.0, 2 * area - interval[0]))


def _without_bias(area: float, areas: Floats) -> float:
    """The area without the bias of resampling.

    With few violations, average precision is biased upwards, and that of resamples by the same amount again.
    """
    return min(max(2 * area - float(np.nanmean(areas)), 0.0), 1.0) if not np.isnan(areas).all() else area


def _spread(areas: Floats, positives: int) -> float:
    """The standard deviation of areas on the logit scale."""
    known = areas[~np.isnan(areas)]
    kept = np.clip(known, logit_scale_area(0.0, positives), logit_scale_area(1.0, positives))
    return float(np.std(logit(kept))) if len(kept) else 0.0


def percentiles(values: Floats, *, confidence: float = CONFIDENCE) -> Interval | None:
    """The central interval of the values; None if none is defined."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return (float(low), float(high))


def _wider(one: Interval | None, other: Interval) -> Interval:
    return (min(one[0], other[0]), max(one[1], other[1])) if one else other
