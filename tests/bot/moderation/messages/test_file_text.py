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


SURELY, PERHAPS = AttachedFile(name="a.txt"), AttachedFile(name="a")


@pytest.mark.parametrize("file", [SURELY, PERHAPS])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_marks_and_utf_8_are_read_exactly(coding: str, file: AttachedFile) -> None:
    """Whether or not the name says that it is a text."""
    assert text_of(TEXT.encode(coding), file) == TEXT


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_letters_without_a_mark(coding: str) -> None:
    """Told by their zeros."""
    assert text_of("the butler did it".encode(coding), PERHAPS) == "the butler did it"


def test_old_encodings_are_read_where_the_name_says_text() -> None:
    """As the type says, or as most do; without a name they are taken for other data where they look like it."""
    russian = AttachedFile(name="a.txt", kind="text/plain; charset=windows-1251")
    assert text_of("дворецкий".encode("cp1251"), russian) == "дворецкий"
    assert text_of("Grüße".encode("cp1252"), SURELY) == "Grüße"
    assert text_of("Grüße".encode("cp1252"), AttachedFile(name="a.txt", kind="text/plain; charset=no-such")) == "Grüße"
    assert text_of(bytes(range(1, 256)), PERHAPS) is None


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00", b"a\0b\0c\0d\0" * 600])
def test_a_false_mark_hides_nothing(mark: bytes) -> None:
    """Discord's preview heeds none, so members read the words behind it."""
    assert "the butler did it" in (text_of(mark + b"the butler did it", SURELY) or "")


def test_zero_bytes_part_no_words() -> None:
    """Nobody sees them."""
    assert text_of(b"the but\0ler did it", SURELY) == "the butler did it"


@given(data=st.binary(max_size=300), file=st.sampled_from([SURELY, PERHAPS]))
def test_no_bytes_raise(data: bytes, file: AttachedFile) -> None:
    """A file that claims to be a text is always read somehow."""
    text = text_of(data, file)
    assert text is not None or file is PERHAPS
