"""What is judged: one target, and apart from it the context that only helps to read it.

Whatever a member wrote comes in here as plain text and leaves as tokens of the content or the context segment,
never of another one (`classifier.harmony`).
"""

from __future__ import annotations

from dataclasses import dataclass


def clean_text(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 cannot; leave every other character as it is."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _has_surrogate(text) else text


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: a speaker's label and what was written. Labels are ours (``A``, ``B``), never names."""

    author: str = "A"
    text: str
    forwarded: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "author", clean_text(self.author))
        object.__setattr__(self, "text", clean_text(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The message to judge and the messages before it, oldest first."""

    target: Message
    context: tuple[Message, ...] = ()
