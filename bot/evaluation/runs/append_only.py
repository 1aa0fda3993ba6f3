"""Append-only files of lines, so that a program can be stopped at any time without losing a whole line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from bot.evaluation.problem import CannotEvaluate

T = TypeVar("T")


def open_to_add(path: Path) -> BinaryIO:
    """Open the file for appending. Unbuffered: each line is one write, so a killed program loses at most the line that
    it was writing.

    Raises:
        OSError: it cannot be written.
    """
    return path.open("ab", buffering=0)


def add_line(file: BinaryIO, line: bytes) -> None:
    """Write a whole line. When this returns, it is in the file, but perhaps not on the disk yet.

    Raises:
        OSError: writing failed.
    """
    while line:
        line = line[file.write(line) :]


def without_cut_end(path: Path, read: Callable[[bytes], T], *, else_do: str) -> list[T]:
    """All whole lines. An incomplete last line, such as after a power cut, is removed from the file.

    Raises:
        CannotEvaluate: a line before the last one is broken; `else_do` ends the sentence that says what to do.
        OSError: the file cannot be read or written.
    """
    whole = 0

    def read_up_to(end: int) -> None:
        nonlocal whole
        whole = end

    found = list(whole_lines(path, read, else_do=else_do, read_up_to=read_up_to))
    os.truncate(path, whole)
    return found


def whole_lines(
    path: Path, read: Callable[[bytes], T], *, else_do: str, read_up_to: Callable[[int], None] = lambda _: None
) -> Iterator[T]:
    """Parse the whole lines with `read`; `read_up_to` is called after each with the byte where it ends. `read` raises
    ValueError for a line that it can't parse; if that is the last one, it counts as incomplete.

    Raises:
        CannotEvaluate: a line before the last one is broken; `else_do` ends the sentence that says what to do.
        OSError: the file cannot be read.
    """
    end, broken = 0, 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if broken:
                raise CannotEvaluate(f"{path}: line {broken} is broken. {else_do}")
            if not line.endswith(b"\n"):
                broken = number
                continue
            try:
                found = read(line)
            except ValueError:
                broken = number
                continue
            end += len(line)
            read_up_to(end)
            yield found
