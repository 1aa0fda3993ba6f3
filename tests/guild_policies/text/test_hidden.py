"""A text that shows nothing is no text, whatever it consists of."""

from __future__ import annotations

import pytest

from guild_policies.text.hidden import is_blank


@pytest.mark.parametrize(
    "text",
    ["", "  \t\n", "\u200b\u2060\ufeff", "\u3164 \u2800", "\u202e\u2066", "\u00ad", "\ufe0f", "\x07", "\u3000\u00a0"],
)
def test_what_shows_nothing_is_blank(text: str) -> None:
    """Spaces of any kind, characters of no width, direction marks, blank letters, controls."""
    assert is_blank(text)


@pytest.mark.parametrize("text", [".", "\u200bx", "👍\ufe0f", "۱", "\u202eab", "é"])
def test_what_shows_a_single_sign_is_not(text: str) -> None:
    """Also between hidden characters."""
    assert not is_blank(text)
