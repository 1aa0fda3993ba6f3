"""The threshold that a promise allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.cascade.promise import (
    RECALLS,
    highest_promise,
    most_missed,
    threshold_for,
    violations_needed,
)

stats = pytest.importorskip("scipy.stats", reason="the extra `eval` is not installed")
beta, normal = stats.beta, stats.norm


@pytest.mark.parametrize(
    ("recall", "violations"),
    [
        (0.90, (29, 46, 61, 103)),
        (0.95, (59, 93, 124, 208)),
        (0.98, (149, 236, 313, 523)),
        (0.99, (299, 473, 628, 1049)),
    ],
)
def test_so_many_violations_allow_so_many_misses(recall: float, violations: tuple[int, ...]) -> None:
    """With 0, 1, 2 and 5 below the threshold, as published; with one violation less, one miss less."""
    assert violations_needed(recall) == violations[0]
    for missed, count in zip((0, 1, 2, 5), violations, strict=True):
        assert most_missed(count, recall) == missed
        assert most_missed(count - 1, recall) == (missed - 1 if missed else None)


@given(st.integers(0, 800), st.sampled_from(RECALLS))
def test_it_is_the_bound_of_clopper_and_pearson(violations: int, recall: float) -> None:
    """The upper bound for the share of misses, by SciPy, is within the promise; with one miss more it is not."""
    missed = most_missed(violations, recall)

    def upper(count: int) -> float:
        return 1.0 if count >= violations else float(beta.ppf(0.95, count + 1, violations - count))

    if missed is not None:
        assert upper(missed) <= 1.0 - recall + 1e-9
    assert upper(-1 if missed is None else missed + 1) > 1.0 - recall - 1e-9 or missed is None


@given(st.lists(st.floats(0, 1), max_size=200), st.sampled_from(RECALLS))
def test_a_threshold_misses_no_more_than_it_may(scores: list[float], recall: float) -> None:
    """Also where many score alike; and where there are too few there is none."""
    threshold, missed = threshold_for(scores, recall), most_missed(len(scores), recall)
    assert (threshold is None) == (missed is None) == (len(scores) < violations_needed(recall))
    if threshold is not None and missed is not None:
        assert sum(score < threshold for score in scores) <= missed
        assert sum(score <= threshold for score in scores) > missed


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("violations", "recall"), [(300, 0.95), (800, 0.95), (800, 0.99)])
def test_mapie_agrees(violations: int, recall: float, seed: int) -> None:
    """Its controller with fixed-sequence testing chooses the same order statistic, or the one below: its p-value is the
    larger of two bounds, so it is a little more careful, and never allows more."""
    risk_control = pytest.importorskip("mapie.risk_control", reason="MAPIE is not installed")
    draw = np.random.default_rng(seed)
    broken = np.arange(violations + 500) < violations
    scores = 1 / (1 + np.exp(3 - 2 * (draw.standard_normal(broken.size) + 2.5 * broken)))
    candidates = np.sort(scores[broken])[:60]
    controller = risk_control.BinaryClassificationController(
        predict_function=lambda rows: np.c_[1 - rows[:, 0], rows[:, 0]],
        risk="recall",
        target_level=recall,
        confidence_level=0.95,
        list_predict_params=candidates,
        fwer_method="fixed_sequence",
        best_predict_param_choice="precision",
    )
    controller.calibrate(scores.reshape(-1, 1), broken.astype(int))
    theirs = int(np.sum(candidates <= np.max(controller.valid_predict_params)))
    ours = threshold_for(scores[broken].tolist(), recall)
    assert ours is not None
    assert theirs <= int(np.sum(candidates <= ours)) <= theirs + 1


@pytest.mark.parametrize(
    ("violations", "promise"), [(28, None), (29, 0.90), (58, 0.90), (59, 0.95), (298, 0.98), (299, 0.99), (10**6, 0.99)]
)
def test_what_could_be_promised_today(violations: int, promise: float | None) -> None:
    """The highest recall that this many violations are enough for."""
    assert highest_promise(violations) == promise


@pytest.mark.parametrize(("chosen", "least", "most"), [(False, 0.93, 1.0), (True, 0.0, 0.2)])
def test_violations_that_people_chose_would_break_the_promise(chosen: bool, least: float, most: float) -> None:
    """Drawn from traffic, 300 violations keep a promise of 95 % in 95 of 100 runs. People pin and decide the plain ones
    first; chosen so that a plainer one is more likely to be among them, they would keep it in hardly any."""
    draw, kept = np.random.default_rng(5), 0
    for _ in range(400):
        latent = draw.standard_normal(3_000)
        plain = draw.random(3_000) < 1 / (1 + np.exp(-latent)) if chosen else np.ones(3_000, dtype=bool)
        threshold = threshold_for(latent[plain][:300].tolist(), 0.95)
        assert threshold is not None
        kept += normal.sf(threshold) >= 0.95
    assert least <= kept / 400 <= most
