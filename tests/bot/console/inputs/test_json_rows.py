"""Lines of JSON become rows, or one sentence about what is wrong with them."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.inputs.json_rows import LONGEST, MAX_LINE_BYTES, BadRow, Row, lines_of, read_row


def row_of(**fields: object) -> Row:
    """Read one row."""
    return read_row(json.dumps(fields).encode())


async def collected(lines: AsyncIterator[bytes]) -> list[bytes]:
    """All lines."""
    return [line async for line in lines]


def test_a_text_is_the_target() -> None:
    """The short form has one message and no context."""
    row = row_of(id="a", text="hello", decision="clear")
    assert row.id == "a"
    assert (row.content.target.text, row.content.context) == ("hello", ())


def test_the_last_message_is_the_target() -> None:
    """Names become labels, in the order in which people speak."""
    row = row_of(
        id=7, messages=[{"author": "Zoe", "text": "1"}, {"author": "Al", "text": "2"}, {"author": "Zoe", "text": "3"}]
    )
    assert row.id == 7
    assert [(each.author, each.text) for each in row.content.context] == [("A", "1"), ("B", "2")]
    assert (row.content.target.author, row.content.target.text) == ("A", "3")


def test_many_authors_keep_labels_of_their_own() -> None:
    """More speakers than letters do not become one."""
    row = row_of(id=1, messages=[{"author": str(number), "text": ""} for number in range(60)])
    labels = {message.author for message in (*row.content.context, row.content.target)}
    assert len(labels) == 60


def test_a_byte_order_mark_is_no_text() -> None:
    """Files made on Windows begin with one."""
    assert read_row(b'\xef\xbb\xbf{"id": 1, "text": "x"}').id == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"not json", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"id": ' + b"9" * 10_000 + b', "text": ""}', "is not JSON"),
        (b"[1, 2]", "is not a JSON object"),
        (b'"text"', "is not a JSON object"),
        (b'{"text": "x"}', '"id"'),
        (b'{"id": null, "text": "x"}', '"id"'),
        (b'{"id": true, "text": "x"}', '"id"'),
        (b'{"id": 1.5, "text": "x"}', '"id"'),
        (b'{"id": ["x"], "text": "x"}', '"id"'),
        (b'{"id": 1}', '"text" or "messages"'),
        (b'{"id": 1, "text": "x", "messages": []}', '"text" or "messages"'),
        (b'{"id": 1, "messages": []}', "at least one message"),
        (b'{"id": 1, "messages": {"text": "x"}}', "at least one message"),
        (b'{"id": 1, "messages": ["x"]}', "not a string"),
        (b'{"id": 1, "messages": [{"author": 3, "text": "x"}]}', "not a string"),
        (b'{"id": 1, "text": null}', "not a string"),
    ],
)
def test_a_bad_line_is_told_apart(line: bytes, says: str) -> None:
    """Each kind of nonsense has its sentence."""
    with pytest.raises(BadRow, match=says):
        read_row(line)


@given(st.binary(max_size=200))
def test_bytes_are_a_row_or_a_bad_row(line: bytes) -> None:
    """Nothing else can come of any bytes."""
    with suppress(BadRow):
        assert isinstance(read_row(line), Row)


@given(st.text(), st.one_of(st.text(), st.integers()))
def test_any_text_and_id_come_through(text: str, row_id: str | int) -> None:
    """Text of every kind is judged as it was written, and its id comes back unchanged."""
    row = row_of(id=row_id, text=text)
    assert (row.id, row.content.target.text) == (row_id, text)


async def test_lines_come_one_by_one() -> None:
    """An empty line and a last line without its end are lines too."""
    assert await collected(lines_of(io.BytesIO(b"a\n\nb"))) == [b"a\n", b"\n", b"b"]


async def test_an_endless_line_comes_in_pieces() -> None:
    """A line without an end does not fill the memory."""
    pieces = await collected(lines_of(io.BytesIO(b"x" * (MAX_LINE_BYTES + 5))))
    assert [len(piece) for piece in pieces] == [MAX_LINE_BYTES + 1, 4]
    with pytest.raises(BadRow, match=f"longer than {LONGEST}"):
        read_row(pieces[0])


async def test_only_a_few_lines_are_read_ahead() -> None:
    """Whoever reads slowly is not overrun."""

    class Counting(io.BytesIO):
        read = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            self.read += 1
            return b"x\n"

    stream = Counting()
    lines = lines_of(stream, ahead=3)
    for _ in range(5):
        await anext(lines)
    assert stream.read <= 5 + 3


async def test_a_stream_that_breaks_ends() -> None:
    """A pipe that fails is like one that ended: what came is judged."""

    class Broken(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            raise OSError("gone")

    assert await collected(lines_of(Broken())) == []


async def test_the_reading_thread_keeps_nobody_waiting() -> None:
    """The thread is a daemon, so that Ctrl-C ends the program while it waits for a line."""
    lines = lines_of(io.BytesIO(b"a\n" * 1000), ahead=1)
    await anext(lines)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "lines")
