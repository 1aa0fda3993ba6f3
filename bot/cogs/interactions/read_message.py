"""Reads a Discord message for judging: its words, its files, and the member who wrote it.

Every path uses this: live, edited, from history, reported, checked by menu, sampled, tried out.
"""

from __future__ import annotations

from enum import Enum

import discord

from bot.cogs.interactions.translate import message_seen
from bot.moderation.messages.attached_files import with_files
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.proxied import Attribution


class Unread(Enum):
    """Why a message was not read."""

    HIDDEN = "hidden"  #: the person cannot read this channel themselves
    GONE = "gone"  #: deleted, or Bylaw cannot read it


class MessageReader:
    """Turns Discord's messages into messages to judge."""

    def __init__(self, attribution: Attribution) -> None:
        self._attribution = attribution

    async def seen(self, message: discord.Message) -> MessageSeen | None:
        """Our frozen copy of a message, attributed to the member who wrote it, without reading its files. None for a
        message outside a server."""
        seen = message_seen(message)
        return None if seen is None else await self._attribution.of(seen)

    async def whole(self, message: discord.Message) -> MessageSeen | None:
        """The same with its files read, as far as possible."""
        seen = await self.seen(message)
        return None if seen is None else await with_files(seen)

    async def fetched(
        self, guild: discord.Guild | None, reader: discord.User | discord.Member, channel_id: int, message_id: int
    ) -> MessageSeen | Unread:
        """The whole message, fetched from Discord for a person who must be able to see it themselves.

        Raises:
            discord.HTTPException: Discord didn't answer; a retry may work.
        """
        channel = guild.get_channel_or_thread(channel_id) if guild is not None and message_id > 0 else None
        if guild is None or channel is None or isinstance(channel, discord.ForumChannel | discord.CategoryChannel):
            return Unread.GONE
        if not isinstance(reader, discord.Member) or not _may_read(channel, reader):
            return Unread.HIDDEN
        if not _may_read(channel, guild.me):
            return Unread.GONE
        try:
            message = await channel.fetch_message(message_id)
        except (discord.NotFound, discord.Forbidden):
            return Unread.GONE
        return await self.whole(message) or Unread.GONE


def _may_read(channel: discord.abc.GuildChannel | discord.Thread, who: discord.Member) -> bool:
    allowed = channel.permissions_for(who)
    return allowed.view_channel and allowed.read_message_history
