"""Probabilities by counts: isotonic regression as scikit-learn computes it, and what Venn-Abers makes of it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from bot.moderation.lookups.numbers.venn_abers import Labelled, fitted, probability

scores = st.one_of(st.floats(0.5, 1, width=16), st.sampled_from([0.5, 0.8, 0.9, 0.99]))
decided = st.lists(st.tuples(scores, st.booleans()), min_size=1, max_size=80)


def by_scikit_learn(labelled: list[Labelled], score: float) -> float:
    """The fitted share at a score."""
    model = IsotonicRegression(increasing=True, out_of_bounds="clip")
    model.fit([each for each, _ in labelled], [float(label) for _, label in labelled])
    return float(model.predict([score])[0])


@given(decided)
def test_the_regression_equals_scikit_learns(labelled: list[Labelled]) -> None:
    """At every score, ties included."""
    for score, share in fitted(labelled).items():
        assert share == pytest.approx(by_scikit_learn(labelled, score), abs=1e-9)


@given(decided, scores)
def test_the_probability_equals_scikit_learns(labelled: list[Labelled], score: float) -> None:
    """Two regressions, one with the new score as a violation and one as none, make one probability."""
    low, high = (by_scikit_learn([*labelled, (score, label)], score) for label in (False, True))
    assert 0 <= low <= high <= 1
    assert probability(score, labelled) == pytest.approx(high / (1 - low + high), abs=1e-9)


def test_few_decisions_are_believed_little() -> None:
    """One agreement at the top makes no certainty, and none at all is a coin."""
    assert probability(0.9, []) == 0.5
    assert 0.5 < probability(0.99, [(0.98, True)]) < 0.7


@pytest.mark.parametrize("truth", [0.3, 0.6, 0.9])
def test_it_finds_a_planted_share(truth: float) -> None:
    """Of a thousand cases with scores that say nothing."""
    dice = random.Random(7)
    labelled = [(dice.choice((0.6, 0.9)), dice.random() < truth) for _ in range(1_000)]
    assert probability(0.9, labelled) == pytest.approx(truth, abs=0.06)
