"""A whole case as a page: every value is text, whoever wrote it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.disclosure.as_html import as_html

OURS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "dl", "dt", "dd", "ol", "li", "section",
}  # fmt: skip
HOSTILE = st.text(st.sampled_from("<>&\"'/=abs\u202e\u200b\x00\n"), max_size=30) | st.text(max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3),
    max_leaves=12,
)


class Reader(HTMLParser):
    """Which tags a page has, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        del attrs
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


@given(record=st.dictionaries(HOSTILE, VALUES, max_size=4))
def test_no_text_becomes_a_tag(record: dict[str, Any]) -> None:
    """Names and values alike; nothing that cannot be seen is left."""
    reader = Reader()
    page = as_html("Case 1", record)
    reader.feed(page)
    assert reader.tags <= OURS
    assert not set("\u202e\u200b\x00") & set(page)


def test_values_are_shown_in_words() -> None:
    """Yes and no, a dash for nothing, lists one below the other."""
    reader = Reader()
    reader.feed(
        as_html("Case 1", {"state": "open", "message": {"deleted": True, "link": None}, "notes": [], "x": ["a"]})
    )
    assert "Stateopen" in reader.text
    assert "Deletedyes" in reader.text
    assert "Link-" in reader.text
    assert "none" in reader.text
