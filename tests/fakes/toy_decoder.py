"""A decoder without a model, for tests: its output depends on every token of a sequence, and nothing else.

It is as strict as `Sequences`: an empty step, a batch that is too large, a cut after the end and a cut into what was
put are errors.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from classifier.llama.engine.decoding import Row
from classifier.llama.engine.model import OutOfMemory

VOCABULARY = 50  #: size of its vocabulary


def wanted(ids: Sequence[int]) -> int:
    """The token that it writes behind these."""
    return zlib.crc32(bytes(str(tuple(ids)), "ascii")) % VOCABULARY


class ToyDecoder:
    """Sequences as lists of tokens."""

    def __init__(self, sequences: int = 4, batch_tokens: int = 32, *, fails_at: frozenset[int] = frozenset()) -> None:
        """`fails_at`: calls that run out of memory, counted from 1."""
        self.sequences, self.batch_tokens = sequences, batch_tokens
        self.held: list[list[int]] = [[] for _ in range(sequences)]
        self.read: list[int] = []  # tokens of each call of `extend`
        self.chosen: list[set[int]] = []  # sequences of each call of `step`
        self._put = [0] * sequences
        self._calls = 0
        self._fails_at = fails_at

    def extend(self, chunks: Mapping[int, Sequence[int]]) -> None:
        """As `Decoder.extend`."""
        self._count_call()
        if not chunks or not all(chunks.values()) or sum(map(len, chunks.values())) > self.batch_tokens:
            raise ValueError("a batch has tokens for each of its sequences, and no more than was agreed")
        self.read.append(sum(map(len, chunks.values())))
        for sequence, ids in chunks.items():
            self.held[sequence] += ids

    def step(self, tokens: Mapping[int, int]) -> Mapping[int, Row]:
        """As `Decoder.step`."""
        self._count_call()
        if not tokens:
            raise ValueError("a step has tokens")
        self.chosen.append(set(tokens))
        rows = {}
        for sequence, token in tokens.items():
            self.held[sequence].append(token)
            rows[sequence] = np.zeros(VOCABULARY, dtype=np.float32)
            rows[sequence][wanted(self.held[sequence])] = 1
        return rows

    def cut(self, sequence: int, length: int) -> None:
        """As `Decoder.cut`."""
        if length > len(self.held[sequence]):
            raise ValueError("there is nothing behind the end")
        if 0 < length < self._put[sequence]:
            raise ValueError("what was put is there as a whole")
        self._put[sequence] *= length > 0
        del self.held[sequence][length:]

    def keep(self, sequence: int) -> tuple[int, ...]:
        """As `Decoder.keep`."""
        return tuple(self.held[sequence])

    def put(self, sequence: int, snapshot: tuple[int, ...]) -> None:
        """As `Decoder.put`."""
        self.held[sequence] = list(snapshot)
        self._put[sequence] = len(snapshot)

    def _count_call(self) -> None:
        self._calls += 1
        if self._calls in self._fails_at:
            raise OutOfMemory("as was asked for")
