"""Answers fit into a message, and files have harmless names."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from bot.cogs.interactions.quoting import units
from bot.cogs.interactions.reply import CONTENT_LIMIT, clipped, file_name


@given(st.text(max_size=3_000).map(lambda text: text * 3))
@example("a line\n" * 1_000)
@example("x" * 3_000)
def test_a_text_that_is_too_long_is_cut_by_lines(text: str) -> None:
    """What is left out is counted."""
    shown = clipped(text)
    assert units(shown) <= CONTENT_LIMIT
    assert shown == text or " more line" in shown


@given(st.text(max_size=80))
def test_file_names_are_harmless(name: str) -> None:
    """Letters, digits and dashes: no path, no ending of somebody else's choice."""
    made = file_name(name)
    assert made.endswith(".md")
    assert made[:-3].replace("-", "").isalnum()
    assert made.isascii()
    assert len(made) <= 53
