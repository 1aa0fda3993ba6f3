"""Files of lines that are only ever added to, so that a program can be stopped at any moment and lose no whole line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from bot.evaluation.problem import CannotEvaluate

T = TypeVar("T")


def open_to_add(path: Path) -> BinaryIO:
    """The file, open for adding. Unbuffered: each line is one write, so a killed program loses at most the line that it
    was writing.

    Raises:
        OSError: it cannot be written.
    """
    return path.open("ab", buffering=0)


def add_line(file: BinaryIO, line: bytes) -> None:
    """Write a whole line. It is in the file, though perhaps not on the disk yet, when this returns.

    Raises:
        OSError: the disk does not take it.
    """
    while line:
        line = line[file.write(line) :]


def without_cut_end(path: Path, read: Callable[[bytes], T], *, else_do: str) -> list[T]:
    """All whole lines. A last one that was cut off, as by a power cut, is taken out of the file.

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
    """What `read` makes of the whole lines; after each one `read_up_to` hears at which byte it ends. `read` raises
    ValueError for a line that it cannot read; as the last one it counts as cut off.

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
