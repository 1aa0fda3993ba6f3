"""The port to a channel's history: messages that were posted while the bot was away, or before; and what reading it
from a watermark on would not bring back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.languages.translation import marked
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import Place
from bot.moderation.servers.by_server import ByServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Messages of a channel, oldest first. `more`: there are others after the last one."""

    messages: tuple[MessageSeen, ...]
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """The channel cannot be read. Trying later may help, unless it is gone or closed."""

    why: str  #: one plain sentence for moderators
    gone: bool = False  #: it no longer exists
    closed: bool = False  #: Bylaw lacks a permission there; trying again is useless until that changes


NOT_ANSWERED = Unreadable(why=marked("Discord did not answer."))


class History(Protocol):
    """Reads channels and threads. Doesn't raise when Discord refuses."""

    async def after(self, guild_id: int, channel_id: int, message_id: int, *, most: int = 100) -> Page | Unreadable:
        """The messages posted right after this id."""

    async def before(self, guild_id: int, channel_id: int, message_id: int, *, most: int = 100) -> Page | Unreadable:
        """The last messages up to this id, the message itself included."""


@dataclass(slots=True)
class MemoryHistory:
    """For tests: a history that holds what it was given. Channels in `unreadable` answer with that."""

    messages: list[MessageSeen] = field(default_factory=list)
    unreadable: dict[int, Unreadable] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)  #: channels queried, in order

    async def after(self, guild_id: int, channel_id: int, message_id: int, *, most: int = 100) -> Page | Unreadable:
        """The messages posted right after this id."""
        found = self._of(guild_id, channel_id)
        if isinstance(found, Unreadable):
            return found
        later = [seen for seen in found if seen.message_id > message_id]
        return Page(messages=tuple(later[:most]), more=len(later) > most)

    async def before(self, guild_id: int, channel_id: int, message_id: int, *, most: int = 100) -> Page | Unreadable:
        """The last messages up to this id, the message itself included."""
        found = self._of(guild_id, channel_id)
        if isinstance(found, Unreadable):
            return found
        return Page(messages=tuple([seen for seen in found if seen.message_id <= message_id][-most:]))

    def _of(self, guild_id: int, channel_id: int) -> list[MessageSeen] | Unreadable:
        self.asked.append(channel_id)
        if channel_id in self.unreadable:
            return self.unreadable[channel_id]
        here = [seen for seen in self.messages if (seen.guild_id, seen.channel_id) == (guild_id, channel_id)]
        return sorted(here, key=lambda seen: seen.message_id)


class LeftAlone:
    """Postponed messages that reading history from the watermark doesn't return: edits of old messages, and titles.
    They are processed one by one."""

    def __init__(self, *, most: int) -> None:
        """`most`: the limit per channel; beyond it, the oldest are dropped."""
        self._most = most
        self._kept = ByServer[dict[int, MessageSeen]]()

    def add(self, place: Place, seen: MessageSeen) -> None:
        """Add a postponed message. Its last edit counts."""
        here = self._kept.setdefault(place, {})
        here[seen.message_id] = seen
        if len(here) > self._most:
            del here[next(iter(here))]

    def of(self, place: Place) -> tuple[MessageSeen, ...]:
        """The postponed messages of one channel."""
        return tuple(self._kept.get(place, {}).values())

    def done(self, place: Place, seen: MessageSeen) -> None:
        """It is done, or deleted."""
        here = self._kept.get(place, {})
        here.pop(seen.message_id, None)
        if not here:
            self._kept.pop(place, None)

    def channel_gone(self, place: Place) -> None:
        """The channel or thread was deleted."""
        self._kept.pop(place, None)
