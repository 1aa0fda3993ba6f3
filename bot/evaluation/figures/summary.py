"""Assembles all figures of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.evaluation.figures import prevalence, rates
from bot.evaluation.figures.answers import Answers, answers_about
from bot.evaluation.figures.bootstrap import RESAMPLES, auprc_interval, drawn, f1_interval
from bot.evaluation.figures.cost import Cost, cost_of
from bot.evaluation.figures.detectable import least_difference, likely_difference
from bot.evaluation.figures.ranking import auprc
from bot.evaluation.figures.rates import Counts, Interval
from bot.evaluation.figures.repeats import Repeatability, repeatability_of
from bot.evaluation.figures.rules import RuleFigures, rule_figures
from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.runs.journal import read_predictions
from bot.evaluation.runs.manifest import Manifest, read_manifest
from bot.evaluation.runs.prediction import Prediction
from bot.evaluation.runs.repeats import Repeat, read_repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class AtPrevalence:
    """Precision where this share of messages are violations."""

    share: float
    precision: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFigures:
    """The figures of one label. Rates are over rows with a verdict."""

    answers: Answers
    counts: Counts
    as_clear: Counts  #: with undecided rows counted as clear
    as_violation: Counts
    auprc: float | None
    intervals: Mapping[str, Interval | None]  #: by the figure's name
    prevalences: tuple[AtPrevalence, ...]
    least_difference: Mapping[str, tuple[float | None, float | None]]  #: of recall and fpr: possible at all, likely

    @property
    def undecided(self) -> int:
        """Rows without a verdict."""
        return int(np.count_nonzero(~self.answers.decided))

    @property
    def values(self) -> Mapping[str, float | None]:
        """The figures that have intervals, by name."""
        counts = self.counts
        return {
            "precision": counts.precision,
            "recall": counts.recall,
            "f1": counts.f1,
            "fpr": counts.fpr,
            "auprc": self.auprc,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFigures:
    """The figures of one run over one set; the main label comes first."""

    manifest: Manifest
    predictions: Sequence[Prediction]
    labels: tuple[LabelFigures, ...]
    rules: tuple[RuleFigures, ...]
    cost: Cost
    undecided: Mapping[str, int]  #: why, and how often
    methods: Mapping[str, int]  #: how verdicts were reached, and how often
    repeats: tuple[Repeatability, ...] = ()  #: how often an answer changes; empty if nothing was asked again

    @property
    def main(self) -> LabelFigures:
        """The figures of the main label."""
        return self.labels[0]

    @property
    def missing(self) -> int:
        """Rows that the run has not judged yet."""
        return self.manifest.data.rows - len(self.predictions)


def figures_of(folder: Path, *, resamples: int = RESAMPLES) -> SetFigures:
    """The figures of the run in a folder.

    Raises:
        CannotEvaluate: there is no run, it has no answers yet, or its files are broken.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise CannotEvaluate(f"{folder} holds no run: name the folder that `bylaw eval run --out` wrote.")
    predictions = tuple(read_predictions(folder))
    if not predictions:
        raise CannotEvaluate(f"{folder} has no answer yet: run `bylaw eval run` first.")
    return summarise(manifest, predictions, read_repeats(folder), resamples=resamples)


def summarise(
    manifest: Manifest,
    predictions: Sequence[Prediction],
    repeats: Sequence[Repeat] = (),
    *,
    resamples: int = RESAMPLES,
) -> SetFigures:
    """Compute all figures."""
    return SetFigures(
        manifest=manifest,
        predictions=predictions,
        labels=tuple(
            label_figures(answers_about(label, predictions), resamples=resamples) for label in manifest.labels
        ),
        rules=tuple(rule_figures(list(manifest.policy.rules), manifest.labels, predictions)),
        cost=cost_of(predictions),
        undecided=Counter(each.reason or "" for each in predictions if each.outcome == "undecided"),
        methods=Counter(each.method for each in predictions if each.outcome != "undecided"),
        repeats=repeatability_of(repeats),
    )


def label_figures(answers: Answers, *, resamples: int = RESAMPLES) -> LabelFigures:
    """The figures of one label."""
    rows = answers.only_decided
    counts = rates.counts_of(rows.truth, rows.flagged)
    draws = drawn(answers, resamples=resamples)
    positives, negatives = counts.tp + counts.fn, counts.fp + counts.tn
    return LabelFigures(
        answers=answers,
        counts=counts,
        as_clear=rates.counts_with_undecided(answers, as_violation=False),
        as_violation=rates.counts_with_undecided(answers, as_violation=True),
        auprc=auprc(answers),
        intervals={
            **rates.rate_intervals(counts),
            "f1": f1_interval(answers, draws),
            "auprc": auprc_interval(answers, draws),
        },
        prevalences=tuple(_at(share, counts) for share in prevalence.SHARES),
        least_difference={
            "recall": (least_difference(positives), likely_difference(positives)),
            "fpr": (least_difference(negatives), likely_difference(negatives)),
        },
    )


def _at(share: float, counts: Counts) -> AtPrevalence:
    recall, fpr = counts.recall, counts.fpr
    known = recall is not None and fpr is not None
    return AtPrevalence(
        share=share,
        precision=prevalence.precision_at(share, recall or 0.0, fpr or 0.0) if known else None,
        interval=prevalence.precision_interval_at(share, counts),
    )
