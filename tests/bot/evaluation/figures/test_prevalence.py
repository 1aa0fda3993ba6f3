"""Precision at another prevalence, and the smallest difference that a set can show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest
from sklearn.metrics import precision_score

from bot.evaluation.figures.detectable import FEWEST_FLIPS, FLIPS, least_difference, likely_difference
from bot.evaluation.figures.prevalence import precision_at
from bot.evaluation.figures.rates import Counts


@given(*(st.integers(1, 500) for _ in range(4)), st.sampled_from([0.005, 0.01, 0.03]))
def test_precision_is_that_of_reweighted_rows(tp: int, fp: int, tn: int, fn: int, share: float) -> None:
    """scikit-learn finds the same precision when rows weigh as much as they are frequent."""
    counts = Counts(tp=tp, fp=fp, tn=tn, fn=fn)
    positive, negative = share / (tp + fn), (1 - share) / (fp + tn)
    weights = [tp * positive, fp * negative, tn * negative, fn * positive]
    expected = precision_score([1, 0, 0, 1], [1, 1, 0, 0], sample_weight=weights)
    assert counts.recall is not None
    assert counts.fpr is not None
    assert precision_at(share, counts.recall, counts.fpr) == pytest.approx(expected)


def test_the_least_difference_is_where_the_exact_test_begins() -> None:
    """One flip fewer, all in one direction, is never significant."""
    assert binomtest(FEWEST_FLIPS, FEWEST_FLIPS).pvalue < 0.05 <= binomtest(FEWEST_FLIPS - 1, FEWEST_FLIPS - 1).pvalue
    assert least_difference(300) == FEWEST_FLIPS / 300
    assert least_difference(FEWEST_FLIPS - 1) is None


@pytest.mark.parametrize("rows", [200, 600, 2_000])
def test_the_likely_difference_is_found_four_times_of_five(rows: int) -> None:
    """The exact power of McNemar's exact test at that difference is near 80 %, which the formula approximates."""
    difference = likely_difference(rows)
    assert difference
    better = (FLIPS + difference) / 2 / FLIPS
    flips = np.arange(rows + 1)
    power = 0.0
    for many, chance in zip(flips, binom.pmf(flips, rows, FLIPS), strict=True):
        if chance > 1e-9:
            most = binom.ppf(0.025, many, 0.5) - 1  # the largest count whose two-sided p is surely below 5 %
            power += chance * (binom.cdf(most, many, 1 - better) + binom.sf(many - most - 1, many, 1 - better))
    assert 0.7 < power < 0.85


def test_a_tiny_set_shows_nothing_likely() -> None:
    """Where all flips together are too few there is no such difference."""
    assert likely_difference(20) is None
    small, large = likely_difference(500), likely_difference(5_000)
    assert small
    assert large
    assert large < small < FLIPS
