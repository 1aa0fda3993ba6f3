"""What the model writes, token by token: thinking within a budget, then an answer held to the grammar.

A reply is a generator. It yields token ids to add to the sequence and is sent the logits behind them, so it knows
nothing of llama.cpp, time or other replies: whoever runs it may run one or many side by side, and a test can send it
made-up numbers.

The framing is ours wherever the model has no real choice. It picks the channel and writes the text; the marks between
its messages are written for it, a reply that ends without an answer is led to one, and at the end of its budget the
reasoning is closed, not cut off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.harmony import closing_ids
from classifier.llama import grammar
from classifier.vocabulary import Vocabulary

Row = npt.NDArray[np.float32]
Writing = Generator[tuple[int, ...], Row, "Reply"]
_Step = Generator[tuple[int, ...], Row, Row]

_LONGEST_HEADER = 8  # tokens of a channel's name; a real one has one
_FIRST_CANDIDATES = 64


class BrokenLogits(Exception):
    """The model's numbers are no numbers: damaged weights or a fault of the device."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Everything behind ``<|start|>assistant``, and P(violation) where the model wrote its digit."""

    ids: tuple[int, ...]
    score: float


def write_reply(*, vocabulary: Vocabulary, rule_ids: Sequence[str], reasoning_tokens: int) -> Writing:
    """Write the reply to a prompt that ends with ``<|start|>assistant``.

    The first ids that it yields go behind the prompt. `reasoning_tokens` bounds everything before the final message.

    Raises:
        BrokenLogits: where the digit should be, the logits are not finite.
    """
    writer = _Writer(vocabulary, reasoning_tokens)
    row = yield from writer.think()
    return (yield from writer.answer(row, rule_ids))


def longest_reply(*, vocabulary: Vocabulary, rule_ids: Sequence[str], reasoning_tokens: int) -> int:
    """The most tokens that `write_reply` can add to the prompt."""
    framing = len(closing_ids(vocabulary)) + len(vocabulary.encode("final")) + 4
    return reasoning_tokens + framing + grammar.longest_answer(rule_ids)


class _Writer:
    """One reply being written: its ids so far and what is left of its budget."""

    def __init__(self, vocabulary: Vocabulary, budget: int) -> None:
        self._vocabulary = vocabulary
        self._control = vocabulary.control
        self._left = budget
        self._ids: list[int] = []

    def think(self) -> _Step:
        """Everything up to and with the header of the final message; the row is the one behind it."""
        if self._left <= 0:
            final = self._vocabulary.encode("final")
            return (yield from self._say(self._control.channel, *final, self._control.message))
        row = yield from self._say(self._control.channel)
        while True:
            channel, row = yield from self._read_channel(row)
            if channel == "final":
                return row
            if not channel or (yield from self._read_text(row)) != self._control.end or self._left <= 0:
                return (yield from self._say(*closing_ids(self._vocabulary)))
            role = self._vocabulary.encode("assistant")
            row = yield from self._say(self._control.end, self._control.start, *role, self._control.channel)

    def _read_channel(self, row: Row) -> Generator[tuple[int, ...], Row, tuple[str, Row]]:
        """Let the model name its channel. The header is closed for it as soon as it says final, or nothing sensible."""
        name: list[int] = []
        while len(name) < _LONGEST_HEADER and self._spend():
            token = int(row.argmax())
            if token == self._control.message or (token in self._control.every and token != self._control.constrain):
                break
            name.append(token)
            if self._text(name) == "final":
                row = yield from self._say(token, self._control.message)
                return "final", row
            row = yield from self._say(token)
        row = yield from self._say(self._control.message)
        return self._text(name), row

    def _read_text(self, row: Row) -> Generator[tuple[int, ...], Row, int | None]:
        """Let the model write until it stops by itself; gives the control token, which is not said, or None."""
        while self._spend():
            token = int(row.argmax())
            if token in self._control.every:
                return token
            row = yield from self._say(token)
        return None

    def answer(self, row: Row, rule_ids: Sequence[str]) -> Writing:
        """The final message. A clear one is complete with its digit, so nothing more is computed for it."""
        row = yield from self._say(*self._vocabulary.encode(grammar.OPENING))
        zero, one = (self._vocabulary.encode(digit)[0] for digit in "01")
        score = _probability(float(row[zero]), float(row[one]))
        if score <= 0.5:
            self._ids += [zero, *self._vocabulary.encode(grammar.CLEAR.removeprefix(f"{grammar.OPENING}0"))]
        else:
            yield from self._name_rules(one, grammar.after_violation(rule_ids))
        self._ids.append(self._control.return_)
        return Reply(tuple(self._ids), score)

    def _name_rules(self, one: int, state: grammar.State) -> Generator[tuple[int, ...], Row, None]:
        text, state = grammar.forced(state)
        ids = (one, *self._vocabulary.encode(text.decode()))
        while not state.done:
            row = yield from self._say(*ids)
            token, state = pick(row, state, self._vocabulary)
            text, state = grammar.forced(state)
            ids = (token, *self._vocabulary.encode(text.decode()))
        self._ids += ids

    def _say(self, *ids: int) -> _Step:
        self._ids += ids
        row = yield ids
        return row

    def _spend(self) -> bool:
        self._left -= 1
        return self._left >= 0

    def _text(self, ids: Sequence[int]) -> str:
        return self._vocabulary.decode(ids).decode("utf-8", "replace").strip()


def _probability(zero: float, one: float) -> float:
    """Softmax over the two digits: P(1)."""
    if not (math.isfinite(zero) and math.isfinite(one)):
        raise BrokenLogits("the logits of the answer are not finite")
    return 1.0 / (1.0 + math.exp(min(zero - one, 700.0)))


def pick(row: Row, state: grammar.State, vocabulary: Vocabulary) -> tuple[int, grammar.State]:
    """The likeliest token that the grammar allows, and the state behind it. Control tokens are never allowed.

    Raises:
        BrokenLogits: no token of the vocabulary is allowed, which a byte-level vocabulary rules out.
    """
    for token in _likeliest_first(row):
        if token not in vocabulary.control.every:
            following = grammar.advance(state, vocabulary.decode((token,)))
            if following is not None:
                return token, following
    raise BrokenLogits("no token fits the form of the answer")


def _likeliest_first(row: Row) -> Iterator[int]:
    """Token ids by falling logit. Nearly always the first one is taken, so the rest is sorted only when it is not."""
    yield int(row.argmax())
    orders: tuple[Callable[[], npt.NDArray[np.intp]], ...] = (
        lambda: np.argpartition(-row, _FIRST_CANDIDATES)[:_FIRST_CANDIDATES],
        lambda: np.arange(len(row)),
    )
    for candidates in orders if len(row) > _FIRST_CANDIDATES else orders[1:]:
        ids = candidates()
        for token in ids[np.argsort(-row[ids], kind="stable")]:
            yield int(token)
