"""Plots of a label's answers: precision and recall, and calibration of scores."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from bot.evaluation.figures.answers import Answers, Floats
from bot.evaluation.figures.rates import exact_interval

_MOST_POINTS = 1_000
_BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot in two formats."""

    png: bytes
    svg: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A bin of rows with similar scores, and how many are violations."""

    score: float  #: their mean
    share: float
    low: float
    high: float
    rows: int


def precision_recall_plot(answers: Answers) -> Plot:
    """The curve of the rows with a verdict; needs a violation among them."""
    rows = answers.only_decided
    precision, recall, _ = precision_recall_curve(rows.truth, rows.score)
    some = np.unique(np.linspace(0, len(recall) - 1, _MOST_POINTS).astype(int))
    with _axes("recall", "precision") as (figure, axes):
        axes.step(recall[some], precision[some], where="post", label="by score")
        axes.axhline(float(rows.truth.mean()), linestyle=":", color="gray", label="flagging everything")
        flagged = int(np.count_nonzero(rows.flagged))
        if flagged:
            hits = int(np.count_nonzero(rows.flagged & rows.truth))
            axes.plot([hits / int(rows.truth.sum())], [hits / flagged], "o", label="verdicts")
        axes.legend(loc="best")
        return _saved(figure)


def calibration_plot(answers: Answers) -> Plot:
    """The calibration plot: how often rows with a score are violations; the bars are exact 95 % intervals."""
    found = bins(answers)
    with _axes("mean score", "share of violations") as (figure, axes):
        axes.plot([0, 1], [0, 1], linestyle=":", color="gray", label="a score that is a probability")
        scores, shares = [each.score for each in found], [each.share for each in found]
        reach = [[each.share - each.low for each in found], [each.high - each.share for each in found]]
        axes.errorbar(scores, shares, yerr=reach, fmt="o", capsize=3, label="rows with a verdict")
        axes.legend(loc="best")
        return _saved(figure)


def bins(answers: Answers) -> list[Bin]:
    """The rows with a verdict in ten bins of equal width by score; bins without rows are left out."""
    rows = answers.only_decided
    places = np.clip((rows.score * _BINS).astype(int), 0, _BINS - 1)
    return [_bin(rows.score[places == place], rows.truth[places == place]) for place in np.unique(places)]


def _bin(scores: Floats, truth: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Bin:
    hits = int(np.count_nonzero(truth))
    low, high = exact_interval(hits, len(truth)) or (0.0, 1.0)
    return Bin(score=float(scores.mean()), share=hits / len(truth), low=low, high=high, rows=len(truth))


@contextmanager
def _axes(across: str, up: str) -> Iterator[tuple[Figure, Axes]]:
    with mpl.rc_context({"svg.hashsalt": "bylaw"}):  # deterministic: the same answers give the same file
        figure = Figure(figsize=(6, 4.5), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.set(xlabel=across, ylabel=up, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        yield figure, axes


def _saved(figure: Figure) -> Plot:
    png, svg = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=110, metadata={"Software": None})
    figure.savefig(svg, format="svg", metadata={"Date": None})
    return Plot(png=png.getvalue(), svg=svg.getvalue())
