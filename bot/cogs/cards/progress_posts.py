"""Messages that Bylaw posts in the moderators' channel on its own: progress and reports, edited in place."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import aiohttp
import discord
from discord.ext import commands

from bot.cogs.cards.board import missing_permissions
from bot.cogs.interactions.reply import Reply, clipped, files_of, row_of
from bot.languages.translation import speaking
from bot.moderation.servers.interface_language import InterfaceLanguages

_log = logging.getLogger(__name__)


Post = Callable[[], Reply]  #: renders a post; called with the server's language set


class ProgressPosts:
    """Posts and edits. Refusals are logged and never raised, because nobody waits for an answer."""

    def __init__(self, bot: commands.AutoShardedBot, languages: InterfaceLanguages) -> None:
        self._bot = bot
        self._languages = languages

    def has_channel(self, guild_id: int, channel_id: int) -> bool:
        """Does this channel still exist, as far as Bylaw can see?"""
        guild = self._bot.get_guild(guild_id)
        return guild is not None and guild.get_channel(channel_id) is not None

    async def post(self, guild_id: int, channel_id: int, post: Post) -> int | None:
        """Post in one of our channels. Returns the message's id, or None if that isn't possible now."""
        guild = self._bot.get_guild(guild_id)
        channel = guild.get_channel(channel_id) if guild else None
        if not isinstance(channel, discord.TextChannel) or missing_permissions(channel):
            return None
        reply = await self.rendered(guild_id, post)
        try:
            message = await channel.send(**_options(reply), files=files_of(reply))
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.warning("report not posted", extra={"guild": guild_id, "error": type(error).__name__})
            return None
        return message.id

    async def edit(self, guild_id: int, channel_id: int, message_id: int, post: Post) -> bool:
        """Edit one of our messages. False if it was deleted."""
        channel = self._bot.get_partial_messageable(channel_id, guild_id=guild_id)
        reply = await self.rendered(guild_id, post)
        try:
            await channel.get_partial_message(message_id).edit(**_options(reply), attachments=files_of(reply))
        except (discord.NotFound, discord.Forbidden):
            return False
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.warning("report not edited", extra={"guild": guild_id, "error": type(error).__name__})
        return True

    async def rendered(self, guild_id: int, post: Post) -> Reply:
        """The post in the server's language, whoever started it."""
        with speaking(await self._languages.of_server(guild_id)):
            return post()


def _options(reply: Reply) -> dict[str, Any]:
    return {
        "content": clipped(reply.text),
        "view": row_of(reply.buttons) if reply.buttons else None,
        "allowed_mentions": discord.AllowedMentions.none(),
    }
