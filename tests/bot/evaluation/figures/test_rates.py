"""Counts and rates equal scikit-learn's, intervals equal SciPy's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics

from bot.evaluation.figures.answers import Answers
from bot.evaluation.figures.rates import (
    Counts,
    counts_of,
    counts_with_undecided,
    exact_f1_interval,
    exact_interval,
    rate_intervals,
)

PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


@given(PAIRS)
def test_counts_are_those_of_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    """The table of two by two has the same cells."""
    truth, flagged = (np.array(each, dtype=np.bool_) for each in zip(*pairs, strict=True))
    counts = counts_of(truth, flagged)
    matrix = metrics.confusion_matrix(truth, flagged, labels=[False, True])
    assert [[counts.tn, counts.fp], [counts.fn, counts.tp]] == matrix.tolist()


@given(PAIRS)
def test_rates_are_those_of_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    """Precision, recall and F1 are the same, and None where scikit-learn has to make up a value."""
    truth, flagged = (np.array(each, dtype=np.bool_) for each in zip(*pairs, strict=True))
    counts = counts_of(truth, flagged)
    expected = {
        "precision": metrics.precision_score(truth, flagged, zero_division=np.nan),
        "recall": metrics.recall_score(truth, flagged, zero_division=np.nan),
        "f1": metrics.f1_score(truth, flagged, zero_division=np.nan),
        "fpr": 1 - metrics.recall_score(~truth, ~flagged, zero_division=np.nan),
        "accuracy": metrics.accuracy_score(truth, flagged),
    }
    for name, value in expected.items():
        found = getattr(counts, name)
        assert (found is None) == bool(np.isnan(value))
        assert found is None or found == pytest.approx(value)


@given(*(st.integers(1, 10_000) for _ in range(4)))
def test_agreement_is_that_of_scikit_learn(tp: int, fp: int, tn: int, fn: int) -> None:
    """Kappa and Matthews' coefficient are the same."""
    counts = Counts(tp=tp, fp=fp, tn=tn, fn=fn)
    truth, flagged, weights = [1, 0, 0, 1], [1, 1, 0, 0], [tp, fp, tn, fn]
    assert counts.kappa == pytest.approx(metrics.cohen_kappa_score(truth, flagged, sample_weight=weights))
    assert counts.mcc == pytest.approx(metrics.matthews_corrcoef(truth, flagged, sample_weight=weights))


def test_the_printed_figures_of_the_christchurch_call_come_out() -> None:
    """Its counts give the precision, recall, kappa and Matthews' coefficient that were printed with them."""
    counts = Counts(tp=114, fp=0, tn=44, fn=12)
    figures = (counts.precision, counts.recall, counts.kappa, counts.mcc)
    assert [f"{each:.3f}" for each in figures if each is not None] == ["1.000", "0.905", "0.831", "0.843"]


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.9, 0.95]))
def test_exact_intervals_are_those_of_scipy(hits_of: tuple[int, int], confidence: float) -> None:
    """Clopper and Pearson's interval is the same from another library."""
    hits, of = hits_of
    expected = binomtest(hits, of).proportion_ci(confidence, method="exact")
    assert exact_interval(hits, of, confidence=confidence) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_what_cannot_be_measured_has_no_figure() -> None:
    """Without violations there is no recall, without flags no precision; nothing divides by zero."""
    counts = Counts(tp=0, fp=0, tn=7, fn=0)
    assert (counts.precision, counts.recall, counts.f1, counts.mcc, counts.kappa) == (None,) * 5
    assert counts.fpr == 0
    assert exact_f1_interval(counts) is None
    assert rate_intervals(counts)["precision"] is rate_intervals(counts)["recall"] is None
    assert Counts(tp=0, fp=0, tn=0, fn=0).kappa is None


def test_undecided_rows_are_counted_both_ways(answers_factory: Callable[..., Answers]) -> None:
    """As clear they are misses and right rejections, as violations hits and false alarms."""
    answers = answers_factory(
        [True, True, False, False], [True, False, False, False], decided=[True, False, False, True]
    )
    assert counts_with_undecided(answers, as_violation=False) == Counts(tp=1, fp=0, tn=2, fn=1)
    assert counts_with_undecided(answers, as_violation=True) == Counts(tp=2, fp=1, tn=1, fn=0)
    apart = answers.only_decided
    assert counts_of(apart.truth, apart.flagged) == Counts(tp=1, fp=0, tn=1, fn=0)


@given(*(st.integers(0, 300) for _ in range(3)))
def test_the_exact_interval_of_f1_holds_f1(tp: int, fp: int, fn: int) -> None:
    """F1 lies in its own interval, which stays within 0 and 1."""
    counts = Counts(tp=tp, fp=fp, tn=5, fn=fn)
    found = exact_f1_interval(counts)
    assert (found is None) == (counts.f1 is None)
    if found and counts.f1 is not None:
        assert 0 <= found[0] <= counts.f1 + 1e-9
        assert counts.f1 - 1e-9 <= found[1] <= 1
