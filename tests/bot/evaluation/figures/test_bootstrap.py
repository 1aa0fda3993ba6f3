"""The cluster bootstrap draws whole clusters, and its intervals keep their promise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from bot.evaluation.figures.answers import Answers
from bot.evaluation.figures.bootstrap import auprc_interval, cluster_weights, drawn, f1_interval, percentiles
from bot.evaluation.figures.prevalence import precision_at, precision_interval_at
from bot.evaluation.figures.ranking import average_precision, ranked
from bot.evaluation.figures.rates import Counts, Interval, counts_of, rate_intervals


def judged(random: np.random.Generator, rows: int, *, recall: float, fpr: float, share: float) -> Answers:
    """Answers of a judge with planted error rates. Flagged rows have scores above 0.5, the others below."""
    truth = random.random(rows) < share
    flagged = np.where(truth, random.random(rows) < recall, random.random(rows) < fpr)
    return Answers(
        label="x",
        row=np.arange(rows),
        truth=truth,
        flagged=flagged,
        decided=np.ones(rows, np.bool_),
        score=(random.random(rows) + flagged) / 2,
        cluster=np.arange(rows),
    )


def test_a_resample_is_what_repeating_its_rows_gives() -> None:
    """F1 and AUPRC of each draw equal scikit-learn's on rows that are really repeated."""
    random = np.random.default_rng(7)
    answers = judged(random, 80, recall=0.7, fpr=0.2, share=0.4)
    answers = Answers(**{name: getattr(answers, name) for name in Answers.__slots__} | {"cluster": np.arange(80) // 4})
    draws = drawn(answers, resamples=25, seed=3)
    weights = np.concatenate(list(cluster_weights(20, resamples=25, seed=3, rows=80)))
    for number, line in enumerate(weights):
        rows = np.repeat(np.arange(80), line[answers.cluster].astype(int))
        truth, flagged, score = answers.truth[rows], answers.flagged[rows], answers.score[rows]
        assert draws.f1[number] == pytest.approx(f1_score(truth, flagged))
        assert draws.auprc[number] == pytest.approx(average_precision_score(truth, score))


def test_draws_have_as_many_clusters_as_there_are() -> None:
    """Each resample draws with replacement, as often as there are clusters, in however many blocks."""
    weights = np.concatenate(list(cluster_weights(700, resamples=50, seed=1, rows=400_000)))
    assert weights.shape == (50, 700)
    assert (weights.sum(axis=1) == 700).all()
    assert weights.mean() == pytest.approx(1)
    assert 0.3 < np.mean(weights == 0) < 0.43  # 1 / e


def test_rows_that_go_together_make_the_interval_wider(answers_factory: Callable[..., Answers]) -> None:
    """Forty rows in four clusters, right or wrong together, promise less than forty independent rows."""
    truth = [True] * 20 + [False] * 20
    flagged = [True] * 10 + [False] * 10 + [True] * 10 + [False] * 10
    alone = answers_factory(truth, flagged)
    together = answers_factory(truth, flagged, cluster=[row // 10 for row in range(40)])
    narrow, wide = (f1_interval(each, drawn(each)) for each in (alone, together))
    assert narrow
    assert wide
    assert wide[1] - wide[0] > 1.3 * (narrow[1] - narrow[0])


def test_nothing_to_measure_has_no_interval(answers_factory: Callable[..., Answers]) -> None:
    """No row, no violation and no verdict are no errors."""
    for answers in (answers_factory([], []), answers_factory([False] * 5, [False] * 5)):
        draws = drawn(answers, resamples=10)
        assert f1_interval(answers, draws) is None
        assert auprc_interval(answers, draws) is None
    assert percentiles(np.array([np.nan, np.nan])) is None


def test_the_same_answers_give_the_same_interval() -> None:
    """A report can be repeated."""
    answers = judged(np.random.default_rng(2), 200, recall=0.8, fpr=0.1, share=0.3)
    assert f1_interval(answers, drawn(answers)) == f1_interval(answers, drawn(answers))


@pytest.mark.parametrize(("recall", "fpr", "share", "rows"), [(0.9, 0.02, 0.3, 150), (0.35, 0.1, 0.15, 250)])
def test_intervals_cover_the_planted_error_rates(recall: float, fpr: float, share: float, rows: int) -> None:
    """In at least 95 % of 1,000 runs each figure's interval holds the truth that was planted."""
    random, runs = np.random.default_rng(11), 1_000
    precision = precision_at(share, recall, fpr)
    large = judged(random, 400_000, recall=recall, fpr=fpr, share=share)
    true_area = float(average_precision(ranked(large.truth, large.score), np.ones((1, len(large))))[0])
    assert precision
    truth = {
        "precision": precision,
        "recall": recall,
        "fpr": fpr,
        "f1": 2 * precision * recall / (precision + recall),
        "auprc": true_area,
        "at 1 %": precision_at(0.01, recall, fpr) or 0.0,
    }
    held = dict.fromkeys(truth, 0)
    for run in range(runs):
        answers = judged(random, rows, recall=recall, fpr=fpr, share=share)
        counts, draws = counts_of(answers.truth, answers.flagged), drawn(answers, resamples=200, seed=run)
        found: dict[str, Interval | None] = {
            **rate_intervals(counts),
            "f1": f1_interval(answers, draws),
            "auprc": auprc_interval(answers, draws),
            "at 1 %": precision_interval_at(0.01, counts),
        }
        for name, interval in found.items():
            held[name] += interval is None or interval[0] <= truth[name] <= interval[1]
    assert {name: count for name, count in held.items() if count < 0.95 * runs} == {}


def test_precision_without_anything_flagged_is_unknown() -> None:
    """Neither a rate nor an interval is made up."""
    assert precision_at(0.01, 0.0, 0.0) is None
    assert precision_interval_at(0.01, Counts(tp=0, fp=0, tn=9, fn=0)) is None
