"""What the model writes, token by token: thinking within a budget, then an answer that follows the grammar.

A reply is a generator. It yields what to add to the sequence and is sent the logits behind that, so it knows
nothing of llama.cpp, time or other replies: whoever runs it may run one or many side by side, and a test can send it
made-up numbers. It asks for logits only where there is something to choose.

The framing is ours wherever the model has no real choice. It picks the channel and writes the text; the marks between
its messages are written for it, a reply that ends without an answer is led to one, and at the end of its budget the
reasoning is closed with a sentence, as a model that was trained on whole ones expects.

What is written for it has the tokens that the tokenizer makes of the finished answer (`answer_grammar`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from classifier.judge import Way
from classifier.llama.engine import answer_grammar as grammar
from classifier.llama.engine.allowed_tokens import AllowedTokens
from classifier.llama.engine.reply_form import Choices, Digit, Reply, ReplyForm, Thinking
from classifier.prompt.harmony import closing_ids
from classifier.prompt.vocabulary import Vocabulary
from classifier.prompt.wording import OUT_OF_BUDGET

T = TypeVar("T")
Row = npt.NDArray[np.float32]
Writing = Generator["Feed", Row, "Reply"]
_Steps: TypeAlias = Generator["Feed", Row, T]


class BrokenLogits(Exception):
    """The model's output is not finite: damaged weights or a faulty device."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Tokens for the model to read before it says what comes next."""

    ids: tuple[int, ...]
    afresh: bool = False  #: everything behind the prompt is forgotten first


@dataclass(frozen=True, slots=True)
class Written:
    """Everything after ``<|start|>assistant`` in a reply that is not a verdict."""

    ids: tuple[int, ...]


def write_reply(
    *,
    vocabulary: Vocabulary,
    rule_ids: Sequence[str],
    messages: int = 1,
    reasoning_tokens: int,
    way: Way = Way.REASON,
    think_from: float = 0.0,
    allowed: AllowedTokens | None = None,
) -> Writing:
    """Write the reply to a prompt that ends with ``<|start|>assistant``, about content of this many messages.

    The first ids that it yields go behind the prompt. At `reasoning_tokens` tokens, the marks between messages
    included, the thinking is closed. With `Way.PROBE` there is none; with `Way.PROBE_THEN_REASON` there is none where
    the probe's score is below `think_from`; from there on the reply is written again, with thinking. With `Way.SCREEN`
    the reply is clear whatever the digit is: only the score counts. `allowed` has the vocabulary's tables where they
    are shared between replies.

    Raises:
        BrokenLogits: where the digit should be, the logits are not finite.
    """
    allowed = allowed or AllowedTokens(vocabulary)
    if way is not Way.REASON:
        probe = _Writer(allowed, 0)
        probe.open_answer()
        digit = yield from probe.read_digit()
        if way is Way.SCREEN:
            return probe.clear(digit, Thinking.SCORE_ONLY)
        if way is Way.PROBE or digit.score < think_from:
            return (yield from probe.answer(digit, rule_ids, messages, Thinking.UNASKED))
    writer = _Writer(allowed, reasoning_tokens, afresh=way is not Way.REASON)
    thinking = yield from writer.decide(writer.think())
    digit = yield from writer.read_digit()
    return (yield from writer.answer(digit, rule_ids, messages, thinking))


def write_inventions(
    *,
    vocabulary: Vocabulary,
    rule_ids: Sequence[str],
    count: int,
    longest: int,
    reasoning_tokens: int,
    allowed: AllowedTokens | None = None,
) -> Generator[Feed, Row, Written]:
    """Write `count` invented messages of at most `longest` characters each, with the rule that each is about, behind a
    prompt that ends with ``<|start|>assistant``. `allowed` is as in `write_reply`.

    Raises:
        BrokenLogits: as `write_reply`.
    """
    writer = _Writer(allowed or AllowedTokens(vocabulary), reasoning_tokens)
    yield from writer.decide(writer.think())
    return (yield from writer.invent(rule_ids, count, longest))


def longest_inventions(
    *, vocabulary: Vocabulary, rule_ids: Sequence[str], count: int, longest: int, reasoning_tokens: int
) -> int:
    """The most tokens that `write_inventions` can add to the prompt."""
    each = grammar.longest_answer(rule_ids) - grammar.LONGEST_RATIONALE_TOKENS + longest
    marks, sentence = len(closing_ids(vocabulary)), len(vocabulary.encode(OUT_OF_BUDGET))
    return reasoning_tokens + 2 * marks + sentence + count * each


def longest_reply(*, vocabulary: Vocabulary, rule_ids: Sequence[str], messages: int = 1, reasoning_tokens: int) -> int:
    """The most tokens that `write_reply` can add to the prompt."""
    marks = len(closing_ids(vocabulary))  # one message may open where the budget ends, and is closed behind it
    sentence = len(vocabulary.encode(OUT_OF_BUDGET))
    return reasoning_tokens + 2 * marks + sentence + grammar.longest_answer(rule_ids, messages=messages) + 1


class _Writer(ReplyForm):
    """A reply whose tokens come from logits."""

    def __init__(self, allowed: AllowedTokens, budget: int, *, afresh: bool = False) -> None:
        super().__init__(allowed.vocabulary, budget)
        self._allowed = allowed
        self._unsent = 0  # how many of the ids the model has not seen
        self._afresh = afresh  # until something was sent

    def write(self, *ids: int) -> None:
        """Add ids. They go to the model together, with its next choice."""
        super().write(*ids)
        self._unsent += len(ids)

    def decide(self, choices: Choices[T]) -> _Steps[T]:
        """Let the likeliest token win at each choice."""
        try:
            among = next(choices)
            while True:
                row = yield from self._ask()
                token = max(among, key=lambda token: float(row[token])) if among else int(row.argmax())
                among = choices.send(token)
        except StopIteration as finished:
            found: T = finished.value
            return found

    def read_digit(self) -> _Steps[Digit]:
        """Open the final message's form and read what the model makes of its digit."""
        self.write_text(grammar.OPENING)
        row = yield from self._ask()
        zero, one = (self.vocabulary.encode(digit)[0] for digit in "01")
        return _read_digit(row, zero, one)

    def answer(self, digit: Digit, rule_ids: Sequence[str], messages: int, thinking: Thinking) -> Writing:
        """Write the digit and what follows."""
        if digit.score <= 0.5:
            return self.clear(digit, thinking)
        yield from self.decide(self.name(rule_ids, messages))
        yield from self._explain(grammar.rationale())
        return self.end(digit, thinking)

    def invent(self, rule_ids: Sequence[str], count: int, longest: int) -> _Steps[Written]:
        """Write the form of this many messages; the model chooses the rule of each and writes its text."""
        self.write_text('{"messages":[{"')
        options = [f'rule":"{json.dumps(rule_id)[1:-1]}","text{grammar.RATIONALE_MARK}' for rule_id in rule_ids]
        for place in range(1, count + 1):
            yield from self.decide(self.choose(options))
            closing = '"},{"' if place < count else '"}]}'
            yield from self._explain(grammar.rationale(longest=longest, closing=closing), most_tokens=longest)
        self.write(self.control.return_)
        return Written(tuple(self.ids))

    def _explain(self, state: grammar.State, *, most_tokens: int = grammar.LONGEST_RATIONALE_TOKENS) -> _Steps[None]:
        """Let the model write a text, such as the rationale, and close it when there is no more room."""
        before, written = grammar.RATIONALE_MARK, 0
        while not (ending := state.ending(full=written >= most_tokens)) and not state.done:
            token, state = pick((yield from self._ask()), state, self._allowed, before=before)
            self.write(token)
            before, written = "", written + 1
        self.write_text(ending)

    def _ask(self) -> _Steps[Row]:
        """The logits behind everything written so far."""
        feed = Feed(tuple(self.ids[-self._unsent :]), self._afresh)
        self._unsent, self._afresh = 0, False
        row = yield feed
        return row


def _read_digit(row: Row, zero: int, one: int) -> Digit:
    """Softmax over the two digits, and their share of the softmax over everything."""
    with np.errstate(all="ignore"):  # non-finite numbers are detected below
        highest = float(row.max())
        share_of_zero, share_of_one = (math.exp(min(float(row[digit]) - highest, 0.0)) for digit in (zero, one))
        everything = float(np.exp(row - np.float32(highest)).sum(dtype=np.float64))
    if not all(map(math.isfinite, (row[zero], row[one], highest, everything))):
        raise BrokenLogits("the logits of the answer are not finite")
    score = 1.0 / (1.0 + math.exp(min(float(row[zero]) - float(row[one]), 700.0)))
    return Digit(score, min(1.0, (share_of_zero + share_of_one) / everything))


def pick(row: Row, state: grammar.State, allowed: AllowedTokens, *, before: str = "") -> tuple[int, grammar.State]:
    """The likeliest token that may come next in the rationale, and the state after it.

    Control tokens are never allowed, nor is one that the tokenizer would have split otherwise beside what is written
    for the model: behind `before`, and in front of the closing bracket.

    Raises:
        BrokenLogits: no token of the vocabulary is allowed, which a byte-level vocabulary rules out.
    """
    vocabulary = allowed.vocabulary
    for token in chain((int(row.argmax()),), allowed.likeliest_first(row, state)):
        if token not in vocabulary.control.every:
            following = grammar.advance(state, vocabulary.decode((token,)))
            if following is not None and _is_natural(token, following, vocabulary, before):
                return token, following
    raise BrokenLogits("no token fits the form of the answer")


def _is_natural(token: int, following: grammar.State, vocabulary: Vocabulary, before: str) -> bool:
    after = following.ending(full=False) if following.closed else ""
    if not before and not after:
        return True
    try:
        text = vocabulary.decode((token,)).decode()
    except UnicodeDecodeError:  # half a character cannot be split
        return True
    return vocabulary.encode(before + text + after) == (*vocabulary.encode(before), token, *vocabulary.encode(after))
