"""Output of commands: JSON lines for programs, and text that is safe on a terminal for people."""

from __future__ import annotations

import contextlib
import json
import sys

from bot.log import escaped


def print_line(text: str) -> None:
    """Write one line and flush it, so that a reader at the other end of a pipe sees it at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_json(value: object) -> None:
    """Write a value as one line of JSON.

    ASCII only: the texts come from members, and this way they can't fool a terminal or a program that splits lines at
    U+2028.
    """
    print_line(json.dumps(value, ensure_ascii=True))


def print_result(value: object, *lines: str, json: bool) -> None:
    """Write the result of a command: one line of JSON for programs, or these lines for people."""
    if json:
        print_json(value)
        return
    for line in lines:
        print_line(line)


def print_remark(text: str) -> None:
    """Write one line to standard error, for people rather than programs.

    Errors while writing, such as a full disk, don't stop the command.
    """
    with contextlib.suppress(OSError):
        sys.stderr.write(f"bylaw: {escaped(' '.join(text.split()))}\n")


def terminal_text(text: str) -> str:
    """The text without anything that could move the cursor or reorder a line, except line breaks."""
    return "\n".join(escaped(line) for line in text.split("\n"))
