"""Direct messages to members: the `Messenger` of the real bot."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import discord
from discord.ext import commands

from bot.cogs.appeals.letters import render_letter
from bot.moderation.appeals.direct_messages import DirectMessage

_log = logging.getLogger(__name__)

SECONDS = 8.0  #: an action waits for its notice no longer than that
UNKNOWN_SERVER = "A server that you are or were in"


class DiscordMessenger:
    """Writes to one member at a time, and only about what was done to them or what they asked for."""

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot

    async def send(self, guild_id: int, member_id: int, message: DirectMessage) -> bool:
        """True where Discord took the message; False where it did not say so, for whatever reason."""
        guild = self._bot.get_guild(guild_id)
        view = render_letter(message, guild.name if guild else UNKNOWN_SERVER)
        try:
            async with asyncio.timeout(SECONDS):
                channel = await self._bot.create_dm(discord.Object(id=member_id))
                await channel.send(view=view, allowed_mentions=discord.AllowedMentions.none())
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            kind, why = type(message).__name__, type(error).__name__
            _log.info("letter not delivered guild=%d kind=%s error=%s", guild_id, kind, why)
            return False
        return True
