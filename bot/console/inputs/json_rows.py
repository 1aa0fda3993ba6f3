"""Reads JSON lines: one message or conversation each, with an id chosen by the caller."""

from __future__ import annotations

import asyncio
import json
import string
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import BinaryIO

from bot.console.screen.output import print_remark
from classifier import Content, Message

MAX_LINE_BYTES = 8 << 20
LONGEST = f"{MAX_LINE_BYTES >> 20} MiB"  #: the same for messages

_MOST_TOLD, _KEY_SHOWN = 20, 40  # limit of unknown keys reported, and of a key's length
_DECISIONS = {"violation": True, "clear": False}
_UNDECIDED = 'needs a "violation" that is true or false, or a "decision" that is "violation" or "clear"'
_SHAPE = 'write {"id": ..., "text": ...} or {"id": ..., "messages": [{"author": ..., "text": ...}]}'


class BadRow(ValueError):
    """The line isn't a row. The message says what is wrong and never quotes the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing to judge."""

    id: str | int  #: chosen by the caller; returned unchanged
    content: Content
    ignored: tuple[str, ...] = ()  #: keys that are ignored


class IgnoredKeys:
    """Reports ignored keys of rows on standard error, each once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def remark(self, number: int, row: Row) -> None:
        """Check the row in this line."""
        new = [key for key in row.ignored if key not in self._told][: _MOST_TOLD - len(self._told)]
        if new:
            self._told.update(new)
            names = ", ".join(f'"{key[:_KEY_SHOWN]}"' for key in new)
            print_remark(f"line {number}: ignoring {names}. Expected: {_SHAPE.removeprefix('write ')}.")


def read_row(line: bytes) -> Row:
    """Read one line.

    Authors become labels in the order in which they speak (``A``, ``B``, ...): a judge never reads names.

    Raises:
        BadRow: it isn't a JSON object of the right shape.
    """
    if len(line) > MAX_LINE_BYTES:
        raise BadRow(f"is longer than {LONGEST}: shorten it, or split its messages over several lines")
    return row_of(read_fields(line))


def read_decided(line: bytes) -> tuple[Row, bool]:
    """Read one line that also has the team's decision: ``"violation": true`` or ``false``, or ``"decision":
    "violation"`` or ``"clear"``.

    Raises:
        BadRow: it isn't a JSON object of the right shape, has no decision, or has both.
    """
    fields = read_fields(line)
    said = [decided(fields.pop(name)) for name in ("violation", "decision") if name in fields]
    if len(set(said)) != 1:
        raise BadRow(_UNDECIDED)
    return row_of(fields), said[0]


def decided(value: object) -> bool:
    """The decision, from the value of ``violation`` or ``decision``.

    Raises:
        BadRow: the value is neither.
    """
    known = _DECISIONS.get(value) if isinstance(value, str) else value
    if not isinstance(known, bool):
        raise BadRow(_UNDECIDED)
    return known


def read_fields(line: bytes) -> dict[str, object]:
    """Read one line as a JSON object of any shape.

    Raises:
        BadRow: it isn't one.
    """
    try:
        fields = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadRow("is not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise BadRow(f"is not JSON: {_SHAPE}") from None
    if not isinstance(fields, dict):
        raise BadRow(f"is not a JSON object: {_SHAPE}")
    return fields


def row_of(fields: dict[str, object]) -> Row:
    """Convert an object to a row.

    Raises:
        BadRow: it doesn't have the right shape.
    """
    return Row(id=_id(fields.get("id")), content=_content(fields), ignored=_ignored(fields))


def _id(value: object) -> str | int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadRow('needs an "id" that is a string or a whole number')
    return value


def _ignored(fields: dict[str, object]) -> tuple[str, ...]:
    """The ignored keys: the row's own, then those of its messages, as ``messages.KEY``."""
    messages = fields.get("messages", ())
    inner = {key for each in messages if isinstance(each, dict) for key in each} if isinstance(messages, list) else ()
    return (
        *sorted(fields.keys() - {"id", "text", "messages"}),
        *(f"messages.{key}" for key in sorted(set(inner) - {"author", "text"})),
    )


def _content(fields: dict[str, object]) -> Content:
    if ("text" in fields) == ("messages" in fields):
        raise BadRow(f'needs either "text" or "messages", and not both: {_SHAPE}')
    messages = fields.get("messages", [{"text": fields.get("text")}])
    if not isinstance(messages, list) or not messages:
        raise BadRow('has "messages" that are not a list of at least one message')
    labels: dict[str, str] = {}
    *context, target = [_message(message, labels) for message in messages]
    return Content(target=target, context=tuple(context))


def _message(value: object, labels: dict[str, str]) -> Message:
    fields = value if isinstance(value, dict) else {}
    text, author = fields.get("text"), fields.get("author", "")
    if not isinstance(text, str) or not isinstance(author, str):
        raise BadRow("has a text or an author that is not a string")
    return Message(author=labels.setdefault(author, _label(len(labels))), text=text)


def _label(number: int) -> str:
    """``A`` to ``Z``, then ``A1``, ``B1`` and so on."""
    letters = string.ascii_uppercase
    return letters[number % len(letters)] + (str(number // len(letters)) if number >= len(letters) else "")


async def lines_of(stream: BinaryIO, *, ahead: int = 16) -> AsyncIterator[bytes]:
    """Yield the lines of a stream as they arrive, without blocking the event loop.

    A separate daemon thread reads them, so that a program that ends doesn't wait for a line that nobody will type. It
    reads at most `ahead` lines in advance. A line longer than `MAX_LINE_BYTES` is yielded in pieces, the first of which
    is too long for a row.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(ahead)

    def read() -> None:
        line = b"\n"
        while line:
            room.acquire()
            try:
                line = stream.readline(MAX_LINE_BYTES + 1)
            except (OSError, ValueError):  # closed while we read
                line = b""
            try:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            except RuntimeError:  # the loop is closed, so nobody needs the lines
                return

    threading.Thread(target=read, name="lines", daemon=True).start()
    while line := await lines.get():
        room.release()
        yield line
