"""What this package says to people: English sentences with named placeholders, kept apart from their values.

The package knows no languages. Whoever shows a sentence passes a `Say`, which may translate it: the bot passes its
translation, the command line passes nothing and gets English. `marked` lets the bot's catalogues find the sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Say(Protocol):
    """Says a sentence in some language."""

    def __call__(self, sentence: str, /, **values: object) -> str:
        """The sentence with its placeholders filled in."""


def in_english(sentence: str, /, **values: object) -> str:
    """The sentence in English, with its numbers written as ``1,000``."""
    return sentence.format_map({name: f"{value:,}" if type(value) is int else value for name, value in values.items()})


def marked(sentence: str) -> str:
    """Return the text unchanged. Marks it for the bot's catalogues: it is translated later, when the language is
    known."""
    return sentence


class Refusal(Exception):
    """Something wasn't done. As a string, it says why in one or two English sentences.

    Args:
        sentence: `marked`, with named placeholders.
        values: what the placeholders stand for: numbers only, never what somebody wrote.
    """

    def __init__(self, sentence: str, **values: int) -> None:
        super().__init__(in_english(sentence, **values))
        self.sentence = sentence
        self.values: Mapping[str, int] = values

    def told(self, say: Say) -> str:
        """Why, in the language of `say`."""
        return say(self.sentence, **self.values)
