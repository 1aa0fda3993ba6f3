"""Estimates from few answers and many, and what a week is."""

from __future__ import annotations

from datetime import date

import pytest

from bot.moderation.lookups.samples import Estimate, SampleSums, estimate_of, monday

WEEK = date(2026, 11, 16)


def sums(violations: int, fine: int, *, quiet: int = 1_000) -> SampleSums:
    """A week's answers."""
    return SampleSums(week=WEEK, quiet=quiet, violations=violations, fine=fine)


def test_nothing_was_answered() -> None:
    """Nothing is estimated, and weeks without answers do not count."""
    assert estimate_of(()) is None
    assert estimate_of((sums(0, 0),)) is None
    found = estimate_of((sums(0, 0, quiet=9_000), sums(1, 9, quiet=500)))
    assert found is not None
    assert (found.answered, found.violations, found.quiet_a_week) == (10, 1, 500)


@pytest.mark.parametrize(
    ("violations", "fine", "low", "high"),
    [(0, 30, 0.0, 0.1135), (1, 9, 0.0179, 0.4042), (50, 50, 0.4038, 0.5962), (10, 0, 0.7225, 1.0)],
)
def test_the_interval_is_wilsons(violations: int, fine: int, low: float, high: float) -> None:
    """Known values; it never leaves 0 to 1, and always holds the share itself."""
    found = estimate_of((sums(violations, fine),))
    assert isinstance(found, Estimate)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))
    assert 0 <= found.low <= found.share <= found.high <= 1


@pytest.mark.parametrize(("day", "first"), [(16, 16), (19, 16), (22, 16), (23, 23)])
def test_weeks_begin_on_mondays(day: int, first: int) -> None:
    """And end on Sundays."""
    assert monday(date(2026, 11, day)) == date(2026, 11, first)
