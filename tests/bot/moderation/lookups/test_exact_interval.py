"""The exact interval is the one of statsmodels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from bot.moderation.lookups.numbers.exact_interval import exact_interval


@given(st.data())
def test_equals_statsmodels(data: st.DataObject) -> None:
    """For every count up to a hundred thousand."""
    whole = data.draw(st.one_of(st.integers(1, 60), st.integers(1, 100_000)))
    part = data.draw(st.integers(0, whole))
    assert exact_interval(part, whole) == pytest.approx(proportion_confint(part, whole, method="beta"), abs=1e-9)


def test_the_example_of_the_docs() -> None:
    """41 of 50: between 69 and 91 %."""
    low, high = exact_interval(41, 50)
    assert (round(low, 2), round(high, 2)) == (0.69, 0.91)


def test_nothing_counted_says_nothing() -> None:
    """Every share is possible."""
    assert exact_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("part", "whole"), [(-1, 3), (4, 3)])
def test_what_is_no_count(part: int, whole: int) -> None:
    """Is refused."""
    with pytest.raises(ValueError, match="between 0 and the whole"):
        exact_interval(part, whole)
