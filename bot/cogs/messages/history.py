"""Reads the history of channels and threads from Discord: the production `History`."""

from __future__ import annotations

import logging

import aiohttp
import discord
from discord.ext import commands

from bot.cogs.interactions.read_message import MessageReader
from bot.languages.translation import marked
from bot.moderation.messages.history import NOT_ANSWERED, Page, Unreadable
from bot.moderation.messages.message_seen import MessageSeen

_log = logging.getLogger(__name__)

Readable = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread

_NOT_HERE = Unreadable(why=marked("Bylaw is not connected to this server at the moment."))
_GONE = Unreadable(why=marked("The channel or thread no longer exists."), gone=True)
_CLOSED = Unreadable(
    why=marked("Bylaw cannot read the history of this channel: give it View Channel and Read Message History there."),
    closed=True,
)


class DiscordHistory:
    """Reads messages over REST. discord.py handles rate limits; refusals are returned as values."""

    def __init__(self, bot: commands.AutoShardedBot, reader: MessageReader) -> None:
        self._bot = bot
        self._reader = reader

    async def after(self, guild_id: int, channel_id: int, message_id: int, *, most: int = 100) -> Page | Unreadable:
        """The messages posted right after this id."""
        return await self._read(guild_id, channel_id, most=most, after=discord.Object(message_id))

    async def before(self, guild_id: int, channel_id: int, message_id: int, *, most: int = 100) -> Page | Unreadable:
        """The last messages up to this id, the message itself included."""
        return await self._read(guild_id, channel_id, most=most, before=discord.Object(message_id + 1))

    async def _read(
        self,
        guild_id: int,
        channel_id: int,
        *,
        most: int,
        after: discord.Object | None = None,
        before: discord.Object | None = None,
    ) -> Page | Unreadable:
        try:
            channel = await self._channel(guild_id, channel_id)
            if isinstance(channel, Unreadable):
                return channel
            found = [
                message
                async for message in channel.history(
                    limit=most, after=after, before=before, oldest_first=after is not None
                )
            ]
        except discord.NotFound:
            return _GONE
        except discord.Forbidden:
            return _CLOSED
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            where = {"guild": guild_id, "channel": channel_id}
            _log.warning("history not read", extra={**where, "why": type(error).__name__})
            return NOT_ANSWERED
        seen = [each for message in found if (each := await self._reader.seen(message)) is not None]
        return Page(messages=tuple(sorted(seen, key=_by_id)), more=len(found) >= most)

    async def _channel(self, guild_id: int, channel_id: int) -> Readable | Unreadable:
        """The channel, from the cache; an archived thread, which isn't cached, from Discord."""
        guild = self._bot.get_guild(guild_id)
        if guild is None:
            return _NOT_HERE
        channel = guild.get_channel_or_thread(channel_id) or await self._bot.fetch_channel(channel_id)
        if not isinstance(channel, Readable):
            return _GONE
        may = channel.permissions_for(guild.me)
        return channel if may.view_channel and may.read_message_history else _CLOSED


def _by_id(seen: MessageSeen) -> int:
    return seen.message_id
