"""Which tokens may come next in the rationale, by the bytes of an unfinished character; computed once, not at each
choice.

Whether a token is allowed depends on that character, on how many characters there is room for, on whether there is one
at all, and on what closes the text. So for each begun character and each closing there is a table of the tokens that
may follow, with the characters that each of them needs. Inside text that is nearly the whole vocabulary, made when the
engine starts. Inside an escape or half a character it is a few tokens, made when first needed: only tokens that begin
with an allowed byte are looked at.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.llama.engine import answer_grammar as grammar
from classifier.prompt.vocabulary import Vocabulary

Row = npt.NDArray[np.float32]
_Ids = npt.NDArray[np.intp]

_PLAIN = re.compile(rb'[^\x00-\x1f\x7f"\\]+')
_QUOTE = ord('"')
_ROOMY = 1 << 20  # characters: more than any token has
_MOST_TABLES = 256  # of begun characters, some 50 kB each; the least recently used go
_FIRST_CANDIDATES = 64


@dataclass(frozen=True, slots=True)
class _Table:
    """The tokens that may follow a begun character, in the order of their ids."""

    ids: _Ids
    needs: npt.NDArray[np.int32]  #: characters that each takes of the room
    quotes: npt.NDArray[np.bool_]  #: whether it begins with the closing quote


class AllowedTokens:
    """The tables of one vocabulary. For one thread."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._size = 0
        self._pieces: list[bytes] = []
        self._beginning: dict[int, list[int]] = {}
        self._tables: OrderedDict[tuple[bytes, str], _Table] = OrderedDict()

    def prepare(self, size: int) -> None:
        """Read a vocabulary of `size` tokens and make the table of plain text: under a second for 201,088 tokens."""
        control = self.vocabulary.control.every
        self._size = size
        self._pieces = [b"" if token in control else self.vocabulary.decode((token,)) for token in range(size)]
        self._beginning = {}
        for token, piece in enumerate(self._pieces):
            if piece:
                self._beginning.setdefault(piece[0], []).append(token)
        self._tables.clear()
        self._table(b"", grammar.CLOSING)

    def after(self, state: grammar.State, size: int) -> _Ids:
        """The ids below `size`, the length of a row of logits, that the grammar allows here; rising."""
        if size != self._size:
            self.prepare(size)
        if not isinstance(state, grammar.Text):
            return np.array([token for token in self._starting(state) if self._fits(state, token)], dtype=np.intp)
        table = self._table(state.begun, state.closing)
        fits = table.needs <= state.room
        if state.empty:
            fits &= ~table.quotes
        return table.ids[fits]

    def likeliest_first(self, row: Row, state: grammar.State) -> Iterator[int]:
        """The allowed ids by falling logit, some twice. The rest is sorted only when the first one is not taken."""
        ids = self.after(state, len(row))
        if not len(ids):
            return
        logits = row[ids]
        yield int(ids[logits.argmax()])
        if len(ids) > _FIRST_CANDIDATES:
            best = np.argpartition(-logits, _FIRST_CANDIDATES)[:_FIRST_CANDIDATES]
            yield from map(int, ids[best[np.argsort(-logits[best], kind="stable")]])
        yield from map(int, ids[np.argsort(-logits, kind="stable")])

    def _table(self, begun: bytes, closing: str) -> _Table:
        known = self._tables.get((begun, closing))
        if known is None:
            known = self._tables[begun, closing] = self._make(begun, closing)
            if len(self._tables) > _MOST_TABLES:
                self._tables.popitem(last=False)
        self._tables.move_to_end((begun, closing))
        return known

    def _make(self, begun: bytes, closing: str) -> _Table:
        state = grammar.Text(_ROOMY, begun, closing)
        found = ((token, self._needs(state, self._pieces[token])) for token in self._starting(state))
        allowed = [(token, needs) for token, needs in found if needs is not None]
        return _Table(
            ids=np.array([token for token, _ in allowed], dtype=np.intp),
            needs=np.array([needs for _, needs in allowed], dtype=np.int32),
            quotes=np.array([not begun and self._pieces[token][0] == _QUOTE for token, _ in allowed], dtype=np.bool_),
        )

    def _starting(self, state: grammar.State) -> list[int]:
        """The tokens whose first byte is allowed; rising."""
        return sorted(
            token for byte, tokens in self._beginning.items() if state.step(byte) is not None for token in tokens
        )

    def _fits(self, state: grammar.State, token: int) -> bool:
        return grammar.advance(state, self._pieces[token]) is not None

    def _needs(self, state: grammar.Text, piece: bytes) -> int | None:
        """How many characters of room a token takes here; None where it is not allowed."""
        if not state.begun and _PLAIN.fullmatch(piece):
            try:
                return len(piece.decode())
            except UnicodeDecodeError:
                pass  # a part of a character, or no text: looked at byte by byte
        text: grammar.Text = state
        at: grammar.State | None = state
        for byte in piece:
            at = at.step(byte) if at is not None else None
            if isinstance(at, grammar.Text):
                text = at
        if at is None:
            return None
        return state.room - text.room + bool(text.begun)
