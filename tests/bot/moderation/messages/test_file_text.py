"""Which files are texts, and what they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.messages.file_text import Expected, expected, text_of

TEXT = "Grüße, 你好: the butler 😀\n"


@pytest.mark.parametrize(
    ("name", "kind", "wanted"),
    [
        ("message.txt", "", Expected.TEXT),
        ("MESSAGE.TXT", "image/png", Expected.TEXT),
        ("x", "text/plain; charset=utf-8", Expected.TEXT),
        ("x", "application/vnd.api+json", Expected.TEXT),
        ("drawing.svg", "image/svg+xml", Expected.TEXT),
        ("cat.png", "", Expected.NO_TEXT),
        ("cat", "image/png", Expected.NO_TEXT),
        ("film.mp4", "video/mp4", Expected.NO_TEXT),
        ("book.pdf", "", Expected.NO_TEXT),
        ("x", "", Expected.PERHAPS),
        ("x.unheard-of", "application/octet-stream", Expected.PERHAPS),
        ("", "", Expected.PERHAPS),
    ],
)
def test_what_a_file_is_likely_to_be(name: str, kind: str, wanted: Expected) -> None:
    """The ending goes before the type: the one is what members see, the other what a program said."""
    assert expected(AttachedFile(name=name, kind=kind)) is wanted


@pytest.mark.parametrize("surely", [True, False])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_marks_and_utf_8_are_read_exactly(coding: str, surely: bool) -> None:
    """Whether or not the name says that it is a text."""
    assert text_of(TEXT.encode(coding), surely=surely) == TEXT


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_letters_without_a_mark(coding: str) -> None:
    """Told by their zeros."""
    assert text_of(b"".join(each.encode(coding) for each in "the butler did it"), surely=False) == "the butler did it"


def test_old_encodings_are_read_where_the_name_says_text() -> None:
    """And taken for other data where it does not."""
    data = "Grüße".encode("cp1252")
    assert (text_of(data, surely=True), text_of(data, surely=False)) == ("Grüße", None)


@given(data=st.binary(max_size=300), surely=st.booleans())
def test_no_bytes_raise(data: bytes, surely: bool) -> None:
    """A file that claims to be a text is always read somehow."""
    text = text_of(data, surely=surely)
    assert text is not None or not surely
