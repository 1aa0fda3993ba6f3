"""Harmony's framing, read back: token ids in, the messages of a reply with their channels out.

Models make known mistakes here (https://github.com/openai/harmony/issues/38, vllm issues 41902 and 45736, llama.cpp
issue 25321): ``<|message|>`` missing after the channel, commentary before the answer, several analyses, a channel
misspelled, no channel at all. Each of these still yields messages; whether one of them is an answer is for
`classifier.prompt.reply` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifier.prompt.vocabulary import ControlIds, Vocabulary


@dataclass(frozen=True, slots=True)
class ReplyMessage:
    """One message of a reply."""

    channel: str | None  #: None: the model opened none; ``""``: one unknown to harmony, or a turn not its own
    text: str
    closed: bool  #: ended by a control token, not by the end of the ids


def messages_of(ids: Iterable[int], vocabulary: Vocabulary) -> Iterator[ReplyMessage]:
    """The messages in `ids`, which is everything that was generated after ``<|start|>assistant``.

    Reading ends with ``<|return|>`` or ``<|call|>``, where the model's turn ends. Never raises.
    """
    control = vocabulary.control
    draft = _Draft()
    for mark, text in _runs(ids, vocabulary):
        if mark == control.message and not draft.opened:
            if "{" in draft.text:  # an answer in the header: a message of its own, so that it cannot be overlooked
                yield draft.message(closed=True)
            draft = _Draft(channel=draft.channel, text=text, opened=True)
        elif mark == control.constrain and not draft.opened:
            draft = _Draft(channel=draft.channel, text=draft.text + text.removeprefix("json"))
        elif mark == control.channel and draft.awaits_channel:
            draft = _Draft.of_channel(text, foreign=draft.channel == "")
        else:
            if mark is not None:
                yield draft.message(closed=True)
            if mark in (control.return_, control.call):
                return
            draft = _next_draft(mark, text, control)
    yield draft.message(closed=False)


def _runs(ids: Iterable[int], vocabulary: Vocabulary) -> Iterator[tuple[int | None, str]]:
    """The text between control tokens, each with the control token before it; the first has none."""
    mark: int | None = None
    run: list[int] = []
    for token in ids:
        if token in vocabulary.control.every:
            yield mark, vocabulary.decode(run).decode("utf-8", "replace")
            mark, run = token, []
        else:
            run.append(token)
    yield mark, vocabulary.decode(run).decode("utf-8", "replace")


_CHANNEL = re.compile(r"\s*(analysis|commentary|final)(?![a-z])(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A message that is still being read."""

    channel: str | None = None
    text: str = ""
    opened: bool = False  # its <|message|> was there

    @classmethod
    def of_channel(cls, text: str, *, foreign: bool = False) -> _Draft:
        """The draft after ``<|channel|>``. What follows the channel's name is the text, should no header end come."""
        match = _CHANNEL.match(text)
        if foreign or match is None:
            return cls(channel="", text=text)
        return cls(channel=match[1], text=re.sub(r"\A\s*json\b", "", match[2]))

    @property
    def awaits_channel(self) -> bool:
        return not self.opened and not self.channel and "{" not in self.text

    def message(self, *, closed: bool) -> ReplyMessage:
        return ReplyMessage(self.channel, self.text, closed)


def _next_draft(mark: int | None, text: str, control: ControlIds) -> _Draft:
    """The draft that a control token begins."""
    if mark == control.channel:
        return _Draft.of_channel(text)
    if mark == control.start:
        header = text.lstrip()
        own = header.removeprefix("assistant")
        return _Draft(text=own) if own != header or own.startswith("{") else _Draft(channel="", text=text)
    return _Draft(text=text)
