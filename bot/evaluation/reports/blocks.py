"""The blocks of a report, independent of Markdown and HTML. Texts are plain; the writers escape them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class Quote(str):
    """A text by a member or a judge, shown literally."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the report's title."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a line of column names."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot: its file name without extension, and a description."""

    name: str
    shows: str


Block = Heading | Paragraph | Table | Picture
