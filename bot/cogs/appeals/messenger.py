"""Sends direct messages to members: the production `Messenger`."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import discord
from discord.ext import commands

from bot.cogs.appeals.letters import render_letter
from bot.languages.translation import _, speaking
from bot.moderation.appeals.direct_messages import DirectMessage
from bot.moderation.cards.face import NoticeState
from bot.moderation.servers.interface_language import InterfaceLanguages

_log = logging.getLogger(__name__)

_CANNOT_WRITE_TO_THEM = 50_007  #: Discord's code for a member who accepts no messages from here, or blocked the bot
_SERVER_ERRORS = 500  #: from this status on, it is unknown what happened
SECONDS = 8.0  #: seconds that an action waits for its notice at most


class DiscordMessenger:
    """Sends messages to one member at a time, only about actions against them or what they asked for."""

    def __init__(self, bot: commands.AutoShardedBot, languages: InterfaceLanguages) -> None:
        self._bot = bot
        self._languages = languages

    async def send(self, guild_id: int, member_id: int, message: DirectMessage) -> NoticeState:
        """Send it. Returns whether it arrived, as far as Discord says."""
        guild = self._bot.get_guild(guild_id)
        with speaking(await self._languages.of_member(guild_id, member_id)):
            view = render_letter(message, guild.name if guild else _("A server that you are or were in"))
        sent_off = False
        try:
            async with asyncio.timeout(SECONDS):
                channel = await self._bot.create_dm(discord.Object(id=member_id))
                sent_off = True
                await channel.send(view=view, allowed_mentions=discord.AllowedMentions.none())
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            state = _what_is_known(error, sent_off=sent_off)
            what = {"guild": guild_id, "kind": type(message).__name__, "state": state.value}
            _log.info("letter not delivered", extra={**what, "error": type(error).__name__})
            return state
        return NoticeState.DELIVERED


def _what_is_known(error: Exception, *, sent_off: bool) -> NoticeState:
    """The result for a message that Discord didn't confirm. A message that it never received didn't arrive."""
    if not isinstance(error, discord.HTTPException):
        return NoticeState.UNKNOWN if sent_off else NoticeState.FAILED
    if error.code == _CANNOT_WRITE_TO_THEM:
        return NoticeState.CLOSED
    return NoticeState.UNKNOWN if sent_off and error.status >= _SERVER_ERRORS else NoticeState.FAILED
