"""The port to a model's vocabulary: ordinary text to ids and back, and the ids of harmony's control tokens.

`encode` has no way to produce a control token, whatever the text says; that is the ground on which the prompt is
safe from injection. A byte-level vocabulary ships beside the port, for tests and for what is
needed of a prompt without a model file: its words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from classifier.content import clean_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlIds:
    """The ids of the control tokens that we write and read (harmony's ``o200k_harmony`` encoding).

    `every` holds all ids that are not ordinary text: these seven, the end-of-text marks and the reserved ones.
    """

    start: int
    end: int
    message: int
    channel: int
    constrain: int
    return_: int
    call: int
    every: frozenset[int]


class Vocabulary(Protocol):
    """Text to token ids and back."""

    @property
    def control(self) -> ControlIds:
        """The control tokens of this vocabulary."""

    def encode(self, text: str) -> tuple[int, ...]:
        """The ids of `text` as ordinary text; ``<|start|>`` in it is nine ordinary characters."""

    def decode(self, ids: Iterable[int]) -> bytes:
        """The bytes of ordinary ids; control ids and unknown ids give none."""


class ByteVocabulary:
    """One id per byte, control tokens above: the smallest vocabulary that keeps the port's promises."""

    def __init__(self) -> None:
        self._control = ControlIds(
            start=256,
            end=257,
            message=258,
            channel=259,
            constrain=260,
            return_=261,
            call=262,
            every=frozenset(range(256, 264)),
        )

    @property
    def control(self) -> ControlIds:
        """The control tokens of this vocabulary."""
        return self._control

    def encode(self, text: str) -> tuple[int, ...]:
        """One id for each byte of the UTF-8 text."""
        return tuple(clean_text(text).encode())

    def decode(self, ids: Iterable[int]) -> bytes:
        """The bytes again; ids above 255 give none."""
        return bytes(token for token in ids if 0 <= token < 256)
