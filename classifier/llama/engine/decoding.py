"""What the model writes, token by token: thinking within a budget, then an answer held to the grammar.

A reply is a generator. It yields what to add to the sequence and is sent the logits behind that, so it knows
nothing of llama.cpp, time or other replies: whoever runs it may run one or many side by side, and a test can send it
made-up numbers. It asks for logits only where there is something to choose.

The framing is ours wherever the model has no real choice. It picks the channel and writes the text; the marks between
its messages are written for it, a reply that ends without an answer is led to one, and at the end of its budget the
reasoning is closed, not cut off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from classifier.judge import Way
from classifier.llama.engine import answer_grammar as grammar
from classifier.prompt.harmony import closing_ids
from classifier.prompt.vocabulary import Vocabulary

T = TypeVar("T")
Row = npt.NDArray[np.float32]
Writing = Generator["Feed", Row, "Reply"]
_Steps: TypeAlias = Generator["Feed", Row, T]

_CHANNELS = ("analysis", "commentary", "final")
_LONGEST_NAME = 16  # tokens of a channel's name; those of gpt-oss have one or two
_FIRST_CANDIDATES = 64


class BrokenLogits(Exception):
    """The model's numbers are no numbers: damaged weights or a fault of the device."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Tokens for the model to read before it says what comes next."""

    ids: tuple[int, ...]
    afresh: bool = False  #: everything behind the prompt is forgotten first


@dataclass(frozen=True, slots=True)
class Reply:
    """Everything behind ``<|start|>assistant``, and P(violation) where the model wrote its digit."""

    ids: tuple[int, ...]
    score: float
    probed: bool = False  #: the answer came without thinking


def write_reply(
    *,
    vocabulary: Vocabulary,
    rule_ids: Sequence[str],
    messages: int = 1,
    reasoning_tokens: int,
    way: Way = Way.REASON,
    think_from: float = 0.0,
) -> Writing:
    """Write the reply to a prompt of this many messages that ends with ``<|start|>assistant``.

    The first ids that it yields go behind the prompt. At `reasoning_tokens` tokens, the marks between messages
    included, the thinking is closed. With `Way.PROBE` there is none; with `Way.PROBE_THEN_REASON` there is none where
    the probe's score is below `think_from`; from there on the reply is written again, with thinking.

    Raises:
        BrokenLogits: where the digit should be, the logits are not finite.
    """
    if way is not Way.REASON:
        probe = _Writer(vocabulary, 0)
        yield from probe.think()
        score = yield from probe.read_score()
        if way is Way.PROBE or score < think_from:
            return (yield from probe.answer(score, rule_ids, messages, probed=True))
    writer = _Writer(vocabulary, reasoning_tokens, afresh=way is not Way.REASON)
    yield from writer.think()
    score = yield from writer.read_score()
    return (yield from writer.answer(score, rule_ids, messages, probed=False))


def longest_reply(*, vocabulary: Vocabulary, rule_ids: Sequence[str], messages: int = 1, reasoning_tokens: int) -> int:
    """The most tokens that `write_reply` can add to the prompt."""
    marks = len(closing_ids(vocabulary))  # one message may open where the budget ends, and is closed behind it
    return reasoning_tokens + 2 * marks + grammar.longest_answer(rule_ids, messages=messages) + 1


class _Writer:
    """One reply being written."""

    def __init__(self, vocabulary: Vocabulary, budget: int, *, afresh: bool = False) -> None:
        self._vocabulary = vocabulary
        self._control = vocabulary.control
        self._budget = budget
        self._ids: list[int] = []
        self._unsent = 0  # how many of the ids the model has not seen
        self._afresh = afresh  # until something was sent

    def think(self) -> _Steps[None]:
        """Write everything up to and with the header of the final message."""
        if not self._has_budget():
            self._write(self._control.channel, *self._vocabulary.encode("final"), self._control.message)
            return
        self._write(self._control.channel)
        while (channel := (yield from self._read_channel())) != "final":
            ended_by = (yield from self._read_text()) if channel else None
            if ended_by != self._control.end:
                self._write(*closing_ids(self._vocabulary))
                return
            role = self._vocabulary.encode("assistant")
            self._write(self._control.end, self._control.start, *role, self._control.channel)

    def _read_channel(self) -> _Steps[str]:
        """Let the model name its channel. The header is closed for it behind a known name, and when it goes astray."""
        name: list[int] = []
        while len(name) < _LONGEST_NAME and self._has_budget():
            token = int((yield from self._ask()).argmax())
            if token in self._control.every:
                break
            self._write(token)
            name.append(token)
            if self._text(name).startswith(_CHANNELS):
                break
        self._write(self._control.message)
        text = self._text(name)
        return next((channel for channel in _CHANNELS if text.startswith(channel)), text)

    def _read_text(self) -> _Steps[int | None]:
        """Let the model write until it stops by itself; gives the control token, which is not written, or None."""
        while self._has_budget():
            token = int((yield from self._ask()).argmax())
            if token in self._control.every:
                return token
            self._write(token)
        return None

    def read_score(self) -> _Steps[float]:
        """Open the final message's form and read P(violation) at its digit."""
        self._write(*self._vocabulary.encode(grammar.OPENING))
        row = yield from self._ask()
        zero, one = (self._vocabulary.encode(digit)[0] for digit in "01")
        return _probability(float(row[zero]), float(row[one]))

    def answer(self, score: float, rule_ids: Sequence[str], messages: int, *, probed: bool) -> Writing:
        """Write the digit and what follows. A clear answer is complete with it: the model need not see the rest."""
        zero, one = (self._vocabulary.encode(digit)[0] for digit in "01")
        if score <= 0.5:
            self._write(zero, *self._vocabulary.encode(grammar.CLEAR.removeprefix(f"{grammar.OPENING}0")))
        else:
            self._write(one)
            yield from self._name_rules(grammar.after_violation(rule_ids, messages=messages))
        self._write(self._control.return_)
        return Reply(tuple(self._ids), score, probed)

    def _name_rules(self, state: grammar.State) -> _Steps[None]:
        text, state = grammar.forced(state)
        self._write(*self._vocabulary.encode(text.decode()))
        while not state.done:
            token, state = pick((yield from self._ask()), state, self._vocabulary)
            text, state = grammar.forced(state)
            self._write(token, *self._vocabulary.encode(text.decode()))

    def _write(self, *ids: int) -> None:
        """Add ids. They go to the model together, with its next choice."""
        self._ids += ids
        self._unsent += len(ids)

    def _ask(self) -> _Steps[Row]:
        """The logits behind everything written so far."""
        feed = Feed(tuple(self._ids[-self._unsent :]), self._afresh)
        self._unsent, self._afresh = 0, False
        row = yield feed
        return row

    def _has_budget(self) -> bool:
        return len(self._ids) < self._budget

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
