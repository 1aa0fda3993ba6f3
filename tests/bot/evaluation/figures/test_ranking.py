"""The area under the precision-recall curve equals scikit-learn's, with ties and with weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from bot.evaluation.figures.answers import Answers
from bot.evaluation.figures.ranking import auprc, average_precision, logit_auprc_interval, ranked

SCORES = st.sampled_from([0.0, 0.1, 0.5, 0.5001, 0.9, 1.0])  # few, so that many are equal
ROWS = st.lists(st.tuples(st.booleans(), SCORES, st.integers(0, 4)), min_size=1, max_size=40)


@given(ROWS)
def test_the_area_is_that_of_scikit_learn(rows: list[tuple[bool, float, int]]) -> None:
    """With any weights, as a bootstrap makes them, and any ties."""
    truth, score, weights = (np.array(each) for each in zip(*rows, strict=True))
    assume(weights[truth].sum() > 0)
    found = average_precision(ranked(truth, score), weights[None, :].astype(np.float64))
    assert found[0] == pytest.approx(average_precision_score(truth, score, sample_weight=weights))


@given(ROWS)
def test_undecided_rows_are_left_out(rows: list[tuple[bool, float, int]]) -> None:
    """The area is that of the rows with a verdict; without a violation among them there is none."""
    truth, score, weights = (np.array(each) for each in zip(*rows, strict=True))
    decided = weights > 0
    answers = Answers(
        label="x",
        row=np.arange(len(rows)),
        truth=truth,
        flagged=score > 0.5,
        decided=decided,
        score=score,
        cluster=np.arange(len(rows)),
    )
    if not truth[decided].any():
        assert auprc(answers) is None
    else:
        assert auprc(answers) == pytest.approx(average_precision_score(truth[decided], score[decided]))


def test_no_row_has_no_area(answers_factory: Callable[..., Answers]) -> None:
    """An empty run is no error."""
    assert auprc(answers_factory([], [])) is None


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_the_logit_interval_holds_the_area(area: float, positives: int) -> None:
    """Also at 0 and 1 and with a single violation."""
    low, high = logit_auprc_interval(area, positives)
    assert 0 <= low <= area <= high <= 1
    assert low < high
