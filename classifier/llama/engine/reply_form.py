"""The form of a reply, independent of where its tokens come from: thinking in channels, a digit, names, an end.

The steps are generators. They yield the tokens among which the model is to choose, none for any token at all, and are
sent the token that it chose. So the engine can answer them from logits (`decoding`) and a client from another server
(`classifier.remote`), and both write the same reply.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, TypeVar

from classifier.llama.engine import answer_grammar as grammar
from classifier.prompt.harmony import closing_ids
from classifier.prompt.vocabulary import Vocabulary
from classifier.prompt.wording import OUT_OF_BUDGET

T = TypeVar("T")
Choices: TypeAlias = Generator[Collection[int], int, T]

_CHANNELS = ("analysis", "commentary", "final")
_LONGEST_NAME = 16  # tokens of a channel's name; those of gpt-oss have one or two
_ANY: tuple[int, ...] = ()


class Thinking(Enum):
    """What came before an answer."""

    WHOLE = "the model ended its thinking itself"
    CUT = "its thinking was cut at the budget"
    NONE = "the model answered at once"
    UNASKED = "the model was asked to answer at once"
    SCORE_ONLY = "only a score was asked for"


@dataclass(frozen=True, slots=True)
class Digit:
    """What the model makes of the digit that says violation or not."""

    score: float  #: P(1) of the two digits alone
    mass: float  #: P(0) + P(1) of everything that it could write there


@dataclass(frozen=True, slots=True)
class Reply:
    """Everything behind ``<|start|>assistant``, and what was read at its digit."""

    ids: tuple[int, ...]
    score: float  #: P(violation)
    digit_mass: float
    thinking: Thinking


class ReplyForm:
    """One reply being written."""

    def __init__(self, vocabulary: Vocabulary, budget: int) -> None:
        """`budget`: tokens up to the header of the final message."""
        self.vocabulary = vocabulary
        self.control = vocabulary.control
        self.budget = budget
        self.ids: list[int] = []

    def write(self, *ids: int) -> None:
        """Add ids."""
        self.ids += ids

    def write_text(self, text: str) -> None:
        """Add the tokens of a text."""
        self.write(*self.vocabulary.encode(text))

    def open_answer(self) -> None:
        """Write the header of the final message where no other message was opened."""
        self.write(self.control.channel, *self.vocabulary.encode("final"), self.control.message)

    def think(self) -> Choices[Thinking]:
        """Write everything up to and with the header of the final message."""
        if not self._has_budget():
            self.open_answer()
            return Thinking.CUT
        thinking = Thinking.NONE
        role = self.vocabulary.encode("assistant")
        next_header = (self.control.end, self.control.start, *role, self.control.channel)
        self.write(self.control.channel)
        while (channel := (yield from self._read_channel())) != "final":
            begun = len(self.ids)
            ended_by = (yield from self._read_text()) if channel else None
            thinking = Thinking.WHOLE if len(self.ids) > begun else thinking
            if ended_by is None and not self._has_budget():
                thinking = Thinking.CUT
                self.write_text(OUT_OF_BUDGET)
            if ended_by != self.control.end or not self._has_budget(len(next_header)):
                self.write(*closing_ids(self.vocabulary))
                break
            self.write(*next_header)
        return thinking

    def _read_channel(self) -> Choices[str]:
        """Let the model name its channel. The header is closed for it behind a known name, and when it goes astray."""
        name: list[int] = []
        while len(name) < _LONGEST_NAME and self._has_budget():
            token = yield _ANY
            if token in self.control.every:
                break
            self.write(token)
            name.append(token)
            if self._text(name).startswith(_CHANNELS):
                break
        self.write(self.control.message)
        text = self._text(name)
        return next((channel for channel in _CHANNELS if text.startswith(channel)), text)

    def _read_text(self) -> Choices[int | None]:
        """Let the model write until it stops by itself; gives the control token, which is not written, or None."""
        while self._has_budget():
            token = yield _ANY
            if token in self.control.every:
                return token
            self.write(token)
        return None

    def name(self, rule_ids: Sequence[str], messages: int) -> Choices[None]:
        """Write that there is a violation, and let the model choose rules and messages; then the rationale is open."""
        self.write(self.vocabulary.encode("1")[0])
        naming: grammar.Naming | None = grammar.after_violation(rule_ids, messages=messages)
        while naming is not None:
            options = naming.options()
            naming = options[(yield from self.choose(tuple(options)))]

    def choose(self, options: Sequence[str]) -> Choices[str]:
        """Let the model choose one of these texts, token by token as the tokenizer splits them, and write it.

        None of them may be the beginning of another one.
        """
        left = {option: self.vocabulary.encode(option) for option in options}
        place = 0
        while len(left) > 1:
            tokens = {ids[place] for ids in left.values()}
            if len(tokens) > 1:
                token = yield sorted(tokens)
                left = {option: ids for option, ids in left.items() if ids[place] == token}
            else:
                token = tokens.pop()
            self.write(token)
            place += 1
        ((option, ids),) = left.items()
        self.write(*ids[place:])
        return option

    def clear(self, digit: Digit, thinking: Thinking) -> Reply:
        """Write a clear answer: it is complete with its digit, and the model need not see the rest."""
        self.write(self.vocabulary.encode("0")[0])
        self.write_text(grammar.CLEAR.removeprefix(f"{grammar.OPENING}0"))
        return self.end(digit, thinking)

    def end(self, digit: Digit, thinking: Thinking) -> Reply:
        """End the reply."""
        self.write(self.control.return_)
        return Reply(tuple(self.ids), digit.score, digit.mass, thinking)

    def _has_budget(self, ahead: int = 0) -> bool:
        """Whether the model may choose another token behind `ahead` more."""
        return len(self.ids) + ahead < self.budget

    def _text(self, ids: Sequence[int]) -> str:
        return self.vocabulary.decode(ids).decode("utf-8", "replace").strip()
