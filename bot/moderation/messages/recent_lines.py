"""The last lines of each channel, in memory only: what was said just before a message that opens a case.

It keeps few lines of few channels, so that moderators can read a message in context. They are only stored if a case is
opened; a line deleted before that is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

from cachetools import LRUCache

from bot.moderation.cases.case import ContextLine
from bot.moderation.messages.message_seen import MessageSeen

LINES = 4  #: lines added to a message, unless the server says otherwise
MOST_LINES = 10
CHANNELS = 2_000
LONGEST_LINE = 500  #: characters


@dataclass(frozen=True, slots=True)
class _Line:
    message_id: int
    guild_id: int
    line: ContextLine
    whose: int  #: of a webhook's line, the member with the same words


class RecentLines:
    """Remembers the last lines of the channels that were busy last."""

    def __init__(self, *, channels: int = CHANNELS) -> None:
        self._channels: LRUCache[int, list[_Line]] = LRUCache(maxsize=channels)

    def keep(self, seen: MessageSeen) -> None:
        """Remember a message; an edit replaces the line."""
        if seen.is_system or seen.is_empty or seen.is_title:
            return
        text = shortened(seen.words, LONGEST_LINE)
        line = _Line(seen.message_id, seen.guild_id, ContextLine(author_id=seen.author_id, text=text), whose=seen.whose)
        lines = self._channels.setdefault(seen.channel_id, [])
        others = [each for each in lines if each.message_id != seen.message_id]
        lines[:] = sorted([*others, line], key=lambda each: each.message_id)[-MOST_LINES - 1 :]

    def before(self, seen: MessageSeen, *, most: int = LINES) -> tuple[ContextLine, ...]:
        """What was posted in the same channel before this message, oldest first."""
        lines = self._channels.get(seen.channel_id, [])
        earlier = [each.line for each in lines if each.message_id < seen.message_id]
        return tuple(earlier[-most:]) if most else ()

    def of_server(self, guild_id: int) -> tuple[str, ...]:
        """The remembered lines of a server's channels, in no particular order."""
        return tuple(each.line.text for lines in self._channels.values() for each in lines if each.guild_id == guild_id)

    def text_before(self, seen: MessageSeen) -> str | None:
        """The previous text of this message, if it is remembered and different."""
        if not seen.edit:
            return None
        lines = self._channels.get(seen.channel_id, [])
        texts = (each.line.text for each in lines if each.message_id == seen.message_id)
        return next((text for text in texts if text != shortened(seen.words, LONGEST_LINE)), None)

    def forget(self, channel_id: int, message_ids: frozenset[int]) -> None:
        """These messages were deleted."""
        lines = self._channels.get(channel_id, [])
        lines[:] = [each for each in lines if each.message_id not in message_ids]

    def forget_member(self, member_id: int) -> None:
        """A member had their words erased: drop them, so that they aren't shown with the next case."""
        for lines in self._channels.values():
            lines[:] = [each for each in lines if each.whose != member_id]

    def forget_channel(self, channel_id: int) -> None:
        """The channel or thread was deleted."""
        self._channels.pop(channel_id, None)


def shortened(text: str, longest: int) -> str:
    """The beginning and the end of a text that is too long."""
    if len(text) <= longest:
        return text
    half = (longest - 3) // 2
    return f"{text[:half]} … {text[-half:]}"
