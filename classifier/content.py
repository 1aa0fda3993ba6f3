"""What is judged: a message or a conversation, and separately the context that only helps to understand it.

Whatever a member wrote comes in here as plain text and leaves as tokens of the content or the context segment,
never of another one (`classifier.prompt.harmony`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


def clean_text(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 cannot; leave every other character as it is."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _has_surrogate(text) else text


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


class PartKind(StrEnum):
    """What else a message can carry besides what was typed."""

    POLL = "poll"
    EMBED = "embed"
    COMPONENT = "component"  #: texts, buttons and menus that apps post
    FILE = "file"
    STICKER = "sticker"
    TITLE = "title"  #: of the thread or forum post that the message opened


class Standing(StrEnum):
    """What a message of the context is to the content."""

    EARLIER = "earlier"  #: posted before it
    ANSWERED = "answered"  #: the content replies to it
    PLACE = "place"  #: no message: the titles of the channel and thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Text that came with a message."""

    kind: PartKind
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", clean_text(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: a speaker's label and what was written. Labels are ours (``A``, ``B``), never names."""

    author: str = "A"
    text: str
    forwarded: bool = False
    parts: tuple[Part, ...] = ()
    plain: str = ""  #: the text with disguised letters spelt out, where that reads differently
    standing: Standing = Standing.EARLIER  #: used in the context only

    def __post_init__(self) -> None:
        for name in ("author", "text", "plain"):
            object.__setattr__(self, name, clean_text(getattr(self, name)))

    @property
    def words(self) -> str:
        """Everything that was written: the text and what came with it."""
        return words(self.text, self.parts)


def words(text: str, parts: tuple[Part, ...]) -> str:
    """A text and the parts that came with it, one below the other."""
    return "\n".join(each for each in (text, *(part.text for part in parts)) if each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is judged, with its context. A verdict names messages by their number: 1 is the first of `judged`."""

    target: Message  #: the message to judge; of a conversation the last one
    context: tuple[Message, ...] = ()  #: never judged, oldest first
    conversation: tuple[Message, ...] = ()  #: judged together with the target, the messages before it, oldest first

    @property
    def judged(self) -> tuple[Message, ...]:
        """The messages that can break a rule, in the order in which they are numbered from 1 on."""
        return (*self.conversation, self.target)

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages, in the order in which they are shown."""
        return (*self.context, *self.judged)
