"""Names that titles suggest are names that the store takes."""

from __future__ import annotations

import pytest

from guild_policies.store.checks import checked_name, name_from

LONG = "How we talk about films that came out less than a year ago"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Spoilers  in the\tclub", "Spoilers in the club"),
        (LONG, "How we talk about films that came out less than a"),
        ("x" * 80, "x" * 50),
        ("\U0001f37f" * 40, "\U0001f37f" * 25),
        ("\u202eSpoilers\u200b", "Spoilers"),
        ("\u202e \u200b", ""),
        ("", ""),
    ],
)
def test_a_title_suggests_a_name(title: str, name: str) -> None:
    """Whole words where they fit into the limit, nothing that cannot be seen, and no half of a character."""
    assert name_from(title, 50) == name
    assert not name or checked_name(name) == name
