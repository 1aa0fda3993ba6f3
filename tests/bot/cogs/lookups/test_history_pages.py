"""Histories in pages: every line in exactly one, in order, and each page within its limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.interactions.quoting import units
from bot.cogs.lookups.history_pages import ENTRIES_SHOWN, PAGE_LIMIT, history_page

LINES = st.lists(st.text("ab😀", min_size=1, max_size=700), max_size=60)


@given(LINES)
def test_every_line_is_in_one_page(lines: list[str]) -> None:
    """From the oldest page to the newest the lines come in their order, and none is left out or shown twice."""
    newest = history_page(lines)
    pages = [history_page(lines, number) for number in range(1, newest.pages + 1)]
    assert [line for page in pages for line in page.text.split("\n")[1:]] == lines
    assert pages[-1] == newest
    for page in pages:
        shown = page.text.split("\n")[1:]
        assert len(shown) <= ENTRIES_SHOWN
        assert len(shown) <= 1 or sum(units(line) + 1 for line in shown) <= PAGE_LIMIT


@given(LINES, st.integers(-5, 10**6))
def test_a_page_that_is_not_there_any_more(lines: list[str], number: int) -> None:
    """The nearest one is shown."""
    page = history_page(lines, number)
    assert 1 <= page.page <= page.pages


def test_one_part_has_no_buttons() -> None:
    """Several have two, of which those at the ends are off."""
    assert history_page(["a"]).buttons(1, 2) is None
    row = history_page(["a"] * 20, 1).buttons(1, 2)
    assert row is not None
    assert [(button.item.label, button.item.disabled) for button in row.children] == [("Older", True), ("Newer", False)]
