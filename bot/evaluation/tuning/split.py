"""Splits rows into development and held-out ones by a hash, so that it is the same every time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Literal

from pydantic import Field

from bot.evaluation.sets.card import Entry
from bot.evaluation.sets.row import LabelledRow

_SALT = "bylaw split 1"
_DIGITS = 16


class Side(StrEnum):
    """The two sides of a split."""

    DEVELOPMENT = "development"
    HELD_OUT = "held-out"


class Split(Entry):
    """A split of rows. Rows of one cluster are all on one side, so that no near-copy of a held-out row influences the
    choice."""

    by: Literal["sha256 of salt and cluster"] = "sha256 of salt and cluster"
    salt: str = _SALT
    held_out: float = Field(default=0.5, gt=0, lt=1)  #: approximate share of clusters that is held out

    def side_of(self, row: LabelledRow) -> Side:
        """The side of a row."""
        place = int(_digest(f"{self.salt}\0{row.cluster}")[:_DIGITS], 16) / 16**_DIGITS
        return Side.HELD_OUT if place < self.held_out else Side.DEVELOPMENT


def rows_digest(rows: Iterable[int]) -> str:
    """sha256, in hex, over line numbers in order."""
    return _digest(" ".join(map(str, sorted(rows))))


def in_order(rows: Sequence[LabelledRow], label: str) -> list[LabelledRow]:
    """The rows in a deterministic random order, stratified so that every prefix has about the same share of violations
    as the whole."""
    sides = [[row for row in rows if row.labels[label] is truth] for truth in (True, False)]
    return [row for _, row in sorted((place for side in sides for place in _spread(side)), key=lambda pair: pair[0])]


def _spread(rows: Sequence[LabelledRow]) -> Iterator[tuple[tuple[float, int], LabelledRow]]:
    mixed = sorted(rows, key=lambda row: _digest(f"order\0{row.number}"))
    for place, row in enumerate(mixed):
        yield ((place + 0.5) / len(mixed), row.number), row


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
