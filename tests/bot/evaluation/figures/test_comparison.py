"""Comparing two runs: McNemar equals SciPy's binomial test, Holm its definition, differences scikit-learn's figures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics

from bot.evaluation.figures.answers import Answers
from bot.evaluation.figures.comparison import compare, exact_mcnemar, holm


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_a_binomial_test_of_the_flips(first: int, second: int) -> None:
    """Without a flip there is no difference at all."""
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert exact_mcnemar(first, second) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_is_its_definition(ps: list[float]) -> None:
    """The smallest p times their number, the next one times one less, never falling, at most 1."""
    expected, highest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[place]))
        expected[place] = highest
    assert holm(ps) == pytest.approx(expected)


def pair(seed: int, rows: int = 120) -> tuple[Answers, Answers]:
    """Two runs over the same rows, one better than the other, each undecided now and then."""
    random = np.random.default_rng(seed)
    truth = random.random(rows) < 0.4

    def run(error: float) -> Answers:
        flagged = truth ^ (random.random(rows) < error)
        decided = random.random(rows) < 0.95
        return Answers(
            label="x",
            row=np.arange(rows),
            truth=truth,
            flagged=flagged & decided,
            decided=decided,
            score=(random.random(rows) + flagged) / 2 * decided,
            cluster=np.arange(rows) // 3,
        )

    return run(0.3), run(0.05)


@pytest.mark.parametrize("seed", range(5))
def test_differences_are_those_of_scikit_learn(seed: int) -> None:
    """Each difference is that of the figures on the rows on which both have a verdict, and lies in its interval."""
    first, second = pair(seed)
    both = first.decided & second.decided
    found = compare(first, second)
    truth = first.truth[both]
    scorers = {
        "precision": lambda each: metrics.precision_score(truth, each.flagged[both]),
        "recall": lambda each: metrics.recall_score(truth, each.flagged[both]),
        "fpr": lambda each: 1 - metrics.recall_score(~truth, ~each.flagged[both]),
        "f1": lambda each: metrics.f1_score(truth, each.flagged[both]),
        "auprc": lambda each: metrics.average_precision_score(truth, each.score[both]),
    }
    assert set(found.differences) == set(scorers)
    for name, score in scorers.items():
        difference = found.differences[name]
        assert difference.value == pytest.approx(score(second) - score(first))
        assert difference.interval
        assert difference.interval[0] <= difference.value <= difference.interval[1]
    assert (found.n, found.left_out) == (int(both.sum()), int((~both).sum()))
    assert found.only_second_right > found.only_first_right
    assert found.p < 0.05


def test_a_run_does_not_differ_from_itself() -> None:
    """All differences are zero, for sure."""
    first, _ = pair(1)
    found = compare(first, first)
    assert (found.only_first_right, found.only_second_right, found.p) == (0, 0, 1.0)
    assert {each.value for each in found.differences.values()} == {0.0}
    assert {each.interval for each in found.differences.values()} == {(0.0, 0.0)}


def test_a_figure_that_one_run_lacks_has_no_difference(answers_factory: Callable[..., Answers]) -> None:
    """Nothing flagged means no precision; rows without a verdict leave nothing to compare."""
    first = answers_factory([True, False], [False, False])
    second = answers_factory([True, False], [True, False])
    assert compare(first, second).differences["precision"].value is None
    silent = answers_factory([True, False], [False, False], decided=[False, False])
    assert compare(first, silent).differences == {}
