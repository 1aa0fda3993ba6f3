"""The port to a channel's history: messages that were posted while the bot was away, or before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.languages.translation import marked
from bot.moderation.messages.message_seen import MessageSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Messages of a channel, oldest first. `more`: there are others behind the last one."""

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
    """Reads channels and threads. Never raises for what Discord refuses."""

    async def after(self, guild_id: int, channel_id: int, message_id: int, *, most: int = 100) -> Page | Unreadable:
        """The messages posted right after this id."""

    async def before(self, guild_id: int, channel_id: int, message_id: int, *, most: int = 100) -> Page | Unreadable:
        """The last messages up to this id, the message itself included."""


@dataclass(slots=True)
class MemoryHistory:
    """A history that holds what it was given: for tests. Channels in `unreadable` answer with that."""

    messages: list[MessageSeen] = field(default_factory=list)
    unreadable: dict[int, Unreadable] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)  #: channels, in the order of the questions

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
