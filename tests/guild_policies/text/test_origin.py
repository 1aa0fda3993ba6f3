"""The line that says where an exported policy comes from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guild_policies.text.origin import Origin, source_of, with_origin, without_origin

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ORIGIN = Origin(source=source_of(1, NOON), version=4)


@given(st.text())
def test_it_comes_off_again(text: str) -> None:
    """The text is as it was, but for line ends and spaces at its end."""
    found, origin = without_origin(with_origin(text, ORIGIN))
    assert origin == ORIGIN
    assert found.rstrip() == text.rstrip()


def test_it_survives_an_editor() -> None:
    """Windows' line ends, blank lines behind it."""
    text = with_origin("# Manners\n", ORIGIN).replace("\n", "\r\n") + "\r\n \r\n"
    assert without_origin(text)[1] == ORIGIN


@pytest.mark.parametrize(
    "text",
    [
        "# Manners\n",
        "<!-- Bylaw source abc version 4 -->\n",
        f"<!-- Bylaw source {ORIGIN.source} version 4 --> and more",
        f"<!-- Bylaw source {ORIGIN.source.upper()} version 4 -->",
        f"<!-- Bylaw source {ORIGIN.source} version 4 -->\n# Manners",
        "",
    ],
)
def test_other_texts_say_nothing(text: str) -> None:
    """And stay as they are."""
    assert without_origin(text) == (text, None)


@pytest.mark.parametrize("version", ["0", "9999999"])
def test_a_version_that_makes_no_sense(version: str) -> None:
    """The line goes, and nothing is believed."""
    text = f"# Manners\n<!-- Bylaw source {ORIGIN.source} version {version} -->"
    assert without_origin(text) == ("# Manners\n", None)


def test_a_source_is_the_policy_and_not_the_installation() -> None:
    """The same wherever the server is kept; another for each policy."""
    assert source_of(1, NOON) == ORIGIN.source
    assert len({source_of(1, NOON), source_of(2, NOON), source_of(1, NOON.replace(microsecond=1))}) == 3
