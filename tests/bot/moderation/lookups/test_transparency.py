"""A month in numbers in which no member can be recognised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.lookups.numbers.transparency import LEAST, OTHERS, BadMonth, merged, month_of, shown

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(("text", "name"), [("", "2026-02"), ("2026-03", "2026-03"), (" 2025-12 ", "2025-12")])
def test_months(text: str, name: str) -> None:
    """The one that is named, or the last whole one."""
    month = month_of(text, now=NOW)
    assert month.name == name
    assert month.begins.day == month.ends.day == 1
    assert timedelta(days=28) <= month.ends - month.begins <= timedelta(days=31)


def test_the_first_of_january() -> None:
    """The last whole month is in another year."""
    assert month_of("", now=datetime(2026, 1, 1, tzinfo=UTC)).name == "2025-12"


@pytest.mark.parametrize("text", ["2026-13", "March", "2026", "2026-04", "99999-01", "-1"])
def test_what_is_no_month(text: str) -> None:
    """One line says how to write it."""
    with pytest.raises(BadMonth):
        month_of(text, now=NOW)


def test_small_numbers_are_put_together() -> None:
    """The smallest of the large ones goes with them where they are too few even then."""
    assert merged({"a": 40, "b": 12, "c": 3, "d": 2}) == (("a", 40), ("b", 12), (OTHERS, 5))
    assert merged({"a": 40, "b": 12, "c": 3}) == (("a", 40), (OTHERS, 15))
    assert merged({"a": 2, "b": 1}) == ((OTHERS, None),)
    assert merged({"a": 8, "b": 0}) == (("a", 8),)
    assert merged({}) == ()


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 60), max_size=12))
def test_no_small_number_is_shown_or_worked_out(counts: dict[str, int]) -> None:
    """Not in the list, and not from the list and its total."""
    total, listed = sum(counts.values()), merged(counts)
    assert all(number is None or number >= LEAST for _, number in listed)
    if shown(total) is not None:
        assert sum(number or 0 for _, number in listed) == total
    large = [name for name, number in listed if name != OTHERS]
    left = {name: count for name, count in counts.items() if name not in large and count}
    assert not left or sum(left.values()) >= LEAST or total < LEAST
