"""Splits a long conversation into windows that fit into a prompt. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.moderation.messages.content import Speakers, message_of
from bot.moderation.messages.message_seen import MessageSeen
from classifier import Content, Message, Standing

WINDOW = 8_000  #: characters of the messages of one window: some 2,000 tokens of English
OVERLAP = 2_000  #: characters of the messages before a window that it shows as context
MOST_MESSAGES = 60  #: in one window
_SHORTEST = 40  # least number of characters that a message counts for: its number costs tokens, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Messages that are judged together, and those before them that are shown as context."""

    messages: tuple[MessageSeen, ...]
    context: tuple[MessageSeen, ...] = ()

    def content(self) -> Content:
        """The judge's input. Speakers are letters; the title of the place comes first."""
        speakers = Speakers()
        titles = [title for title in self.messages[-1].titles if title.strip()]
        place = [Message(text=" / ".join(titles)[:300], standing=Standing.PLACE)] if titles else []
        context = [*place, *(message_of(seen, speakers) for seen in self.context)]
        *others, target = (message_of(seen, speakers) for seen in self.messages)
        return Content(target=target, conversation=tuple(others), context=tuple(context))

    def speakers(self) -> tuple[tuple[str, int], ...]:
        """The speakers in the judge's input, in order of their letters."""
        speakers = Speakers()
        for seen in (*self.context, *self.messages):
            speakers.letter(seen.author_id)
        return speakers.known

    def numbered(self, number: int) -> MessageSeen | None:
        """The judged message with this number in the verdict."""
        return self.messages[number - 1] if 0 < number <= len(self.messages) else None


def windows(
    messages: Sequence[MessageSeen], *, earlier: Sequence[MessageSeen] = (), size: int = WINDOW, overlap: int = OVERLAP
) -> tuple[Window, ...]:
    """Split a conversation, oldest message first, so that every message is judged in exactly one window.

    Args:
        earlier: messages before them that were judged already; they serve as context of the first window.
        size: characters of the messages of one window. A longer message gets its own window.
        overlap: characters of the messages before a window that go with it.
    """
    found: list[Window] = []
    begun = 0
    while begun < len(messages):
        end = begun + max(1, _fitting([*messages[begun : begun + MOST_MESSAGES]], size))
        before = [*earlier, *messages[:begun]]
        shown = _fitting(before[::-1], overlap)
        found.append(Window(messages=tuple(messages[begun:end]), context=tuple(before[len(before) - shown :])))
        begun = end
    return tuple(found)


def _fitting(messages: Sequence[MessageSeen], room: int) -> int:
    """How many of the messages, from the first on, fit into `room` characters."""
    for count, seen in enumerate(messages):
        room -= max(len(seen.words), _SHORTEST)
        if room < 0:
            return count
    return len(messages)
