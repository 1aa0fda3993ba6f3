"""The tables hold what a scan of the whole vocabulary finds, wherever the rationale is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.llama.engine.allowed_tokens import AllowedTokens
from classifier.llama.engine.answer_grammar import State, advance, rationale
from classifier.prompt.vocabulary import ByteVocabulary

#: What makes trouble in tokens: marks, escapes, half characters, control characters, surrogates, overlong forms.
AWKWARD = (
    b'"', b'"}', b'."', b'x"}', b'"}x', b'""', b"}", b"\\", b"\\\\", b"\\u", b"\\u00", b"\\u00e9", b"\\ud8", b"\\n",
    b'\\"', b"u", b"u0041", b"00", b"e9", b"d83d", b"n", b"t", b"\n", b" \n", b"\x7f", b"\xe4", b"\xb8", b"\xb8\xad",
    b"\xe4\xb8", b"\xe4\xb8\xad", b"\xad ", b"\xf0\x9f", b"\x91\x8d", b"\x8d", b"\x91\x8d!", b"\xed\xa0", b"\xa0\x80",
    b"\xc0\x80", b"\xc2", b"\xc2\x80", b"\x80", b"\xff", b"hello", b" world", "déjà".encode(), "中文".encode(), b"",
    b"a\xe4", b'x",', b'","', b'x","', b"a\\", b'a\\"', b'\xad"', b'9"}',
)  # fmt: skip


class PieceVocabulary(ByteVocabulary):
    """Bytes, control tokens, and any pieces above them."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._above = tuple(pieces)
        self._first = max(super().control.every) + 1

    def __len__(self) -> int:
        return self._first + len(self._above)

    def decode(self, ids: Iterable[int]) -> bytes:
        """One piece after the other."""
        return b"".join(
            self._above[token - self._first] if token >= self._first else super(PieceVocabulary, self).decode((token,))
            for token in ids
        )


def scan(state: State, vocabulary: PieceVocabulary) -> list[int]:
    """Every token that the grammar allows, found by trying all."""
    return [
        token
        for token in range(len(vocabulary))
        if token not in vocabulary.control.every and advance(state, vocabulary.decode((token,))) is not None
    ]


def states(written: Iterable[bytes], *, longest: int, closing: str) -> list[State]:
    """Every state on the way of writing these pieces, leaving out what is not allowed."""
    found = [rationale(longest=longest, closing=closing)]
    for piece in written:
        following = advance(found[-1], piece)
        if following is not None:
            found.append(following)
    return found


PIECES = st.one_of(st.sampled_from(AWKWARD), st.binary(max_size=4), st.text(max_size=3).map(str.encode))


@settings(max_examples=60)
@given(
    pieces=st.lists(PIECES, max_size=30),
    written=st.lists(PIECES, max_size=12),
    longest=st.integers(1, 6),
    closing=st.sampled_from(['"}', '","']),
    seed=st.integers(0, 2**32 - 1),
)
def test_tables_and_scan_allow_the_same(
    pieces: list[bytes], written: list[bytes], longest: int, closing: str, seed: int
) -> None:
    """At every state, whatever the vocabulary, and the likeliest one comes first."""
    vocabulary = PieceVocabulary((*AWKWARD, *pieces))
    allowed = AllowedTokens(vocabulary)
    row = np.random.default_rng(seed).permutation(len(vocabulary)).astype(np.float32)
    for state in states(written, longest=longest, closing=closing):
        expected = scan(state, vocabulary)
        assert allowed.after(state, len(vocabulary)).tolist() == expected
        order = list(dict.fromkeys(allowed.likeliest_first(row, state)))
        assert order == sorted(expected, key=lambda token: -row[token])


@pytest.mark.parametrize("text", [b"", b"x", b"\\", b"\\u", b"\\u00", b"\xe4", b"\xf0\x9f", b'x"', b'x"}', b"x" * 600])
def test_the_tiny_models_vocabulary_is_in_its_tables(tiny_vocabulary, text: bytes) -> None:
    """At the beginning, inside characters and escapes, at the end, and where there is no room."""
    state = advance(rationale(), text) if text else rationale()
    assert state is not None
    allowed = AllowedTokens(tiny_vocabulary)
    expected = [
        token
        for token in range(len(tiny_vocabulary))
        if token not in tiny_vocabulary.control.every and advance(state, tiny_vocabulary.decode((token,))) is not None
    ]
    assert allowed.after(state, len(tiny_vocabulary)).tolist() == expected


def test_the_vocabulary_is_read_once() -> None:
    """A choice inside a character decodes no token: their bytes are sorted by the first one before."""
    asked: list[tuple[int, ...]] = []

    class Counting(PieceVocabulary):
        def decode(self, ids: Iterable[int]) -> bytes:
            ids = tuple(ids)
            asked.append(ids)
            return super().decode(ids)

    vocabulary = Counting(AWKWARD)
    allowed = AllowedTokens(vocabulary)
    allowed.prepare(len(vocabulary))
    asked.clear()
    state = advance(rationale(), b"\xe4")
    assert state is not None
    assert len(allowed.after(state, len(vocabulary))) == len(scan(state, PieceVocabulary(AWKWARD)))
    assert asked == []
