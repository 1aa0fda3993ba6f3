"""What a command writes: lines of JSON for programs, and text that is safe on a terminal for people."""

from __future__ import annotations

import contextlib
import json
import sys

from bot.log import escaped


def print_line(text: str) -> None:
    """Write one line and hand it on at once, so that a reader at the other end of a pipe sees it."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_json(value: object) -> None:
    """Write a value as one line of JSON.

    ASCII only: the texts come from members, and so neither a terminal nor a program that splits lines at U+2028 can
    be fooled by them.
    """
    print_line(json.dumps(value, ensure_ascii=True))


def print_result(value: object, *lines: str, json: bool) -> None:
    """Write what came of a command: one line of JSON for programs, or these lines for people."""
    if json:
        print_json(value)
        return
    for line in lines:
        print_line(line)


def print_remark(text: str) -> None:
    """Write one line to standard error: what a person should know, and no program waits for.

    A standard error that takes nothing, such as a full disk, keeps no command from its work.
    """
    with contextlib.suppress(OSError):
        sys.stderr.write(f"bylaw: {escaped(' '.join(text.split()))}\n")


def terminal_text(text: str) -> str:
    """The text with its line breaks and without anything else that could move the cursor or reorder the line."""
    return "\n".join(escaped(line) for line in text.split("\n"))
