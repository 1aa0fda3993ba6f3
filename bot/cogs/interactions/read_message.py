"""Reads a message from Discord for somebody, who gets to see no more than they could see themselves."""

from __future__ import annotations

from enum import Enum

import discord


class Unread(Enum):
    """Why a message was not read."""

    HIDDEN = "hidden"  #: the person cannot read this channel themselves
    GONE = "gone"  #: deleted, or Bylaw cannot read it


async def read_message(
    guild: discord.Guild | None, reader: discord.User | discord.Member, channel_id: int, message_id: int
) -> discord.Message | Unread:
    """The message, if both the person and the bot can read its channel.

    Raises:
        discord.HTTPException: Discord did not answer; it may do so later.
    """
    channel = guild.get_channel_or_thread(channel_id) if guild is not None and message_id > 0 else None
    if guild is None or channel is None or isinstance(channel, discord.ForumChannel | discord.CategoryChannel):
        return Unread.GONE
    if not isinstance(reader, discord.Member) or not _may_read(channel, reader):
        return Unread.HIDDEN
    if not _may_read(channel, guild.me):
        return Unread.GONE
    try:
        return await channel.fetch_message(message_id)
    except (discord.NotFound, discord.Forbidden):
        return Unread.GONE


def _may_read(channel: discord.abc.GuildChannel | discord.Thread, who: discord.Member) -> bool:
    allowed = channel.permissions_for(who)
    return allowed.view_channel and allowed.read_message_history
