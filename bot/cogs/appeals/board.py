"""Posts appeals in the moderators' channel on Discord: the production `AppealBoard`."""

from __future__ import annotations

import hashlib
import logging

import aiohttp
import discord
from discord.ext import commands

from bot.cogs.appeals.card import render_appeal
from bot.cogs.appeals.words import state_of
from bot.cogs.cards.board import CardEdit, missing_permissions, say_missing
from bot.cogs.cards.refusal import refusal_of
from bot.cogs.interactions.reply import clipped
from bot.cogs.interactions.wording import at
from bot.languages.language import Language
from bot.languages.translation import _, marked, ngettext, speaking
from bot.moderation.appeals.appeal import Appeal
from bot.moderation.appeals.file import AppealFile
from bot.moderation.cards.board import CardPosted, CardRefused
from bot.moderation.cards.refusals import NOT_HERE
from bot.moderation.messages.message_seen import jump_link
from bot.moderation.servers.interface_language import InterfaceLanguages
from bot.moderation.servers.server import ServerSettings

_log = logging.getLogger(__name__)

REMINDED_OF = 10

_NO_CHANNEL = marked("The moderators' channel cannot be found. Choose one with /setup.")


class DiscordAppealBoard:
    """Posts and edits the cards of appeals, and reminds of waiting ones."""

    def __init__(self, bot: commands.AutoShardedBot, languages: InterfaceLanguages) -> None:
        self._bot = bot
        self._languages = languages

    async def post(self, file: AppealFile, settings: ServerSettings) -> CardPosted | CardRefused:
        """Post the card of an appeal. Discord drops a repetition within minutes, because of the nonce."""
        with speaking(Language.ENGLISH):  # refusals are logged, and kept until an admin is told
            return await self._post(file, settings)

    async def _post(self, file: AppealFile, settings: ServerSettings) -> CardPosted | CardRefused:
        channel = self._channel(settings)
        if isinstance(channel, CardRefused):
            return channel
        try:
            message = await channel.send(
                view=await self._rendered(file),
                nonce=_nonce(file.appeal),
                allowed_mentions=discord.AllowedMentions.none(),
            )
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            return refusal_of(error, channel, gone=_NO_CHANNEL)
        return CardPosted(channel_id=channel.id, message_id=message.id)

    async def refresh(self, file: AppealFile) -> bool:
        """Edit the card. If Discord refuses for now, the card isn't changed and counts as existing."""
        return await self._edit(file) is not CardEdit.GONE

    async def redraw(self, file: AppealFile) -> bool:
        """Refresh a card that has to be edited eventually."""
        return await self._edit(file) is not CardEdit.REFUSED

    async def _edit(self, file: AppealFile) -> CardEdit:
        appeal = file.appeal
        if appeal.card_channel_id is None or appeal.card_message_id is None:
            return CardEdit.GONE
        channel = self._bot.get_partial_messageable(appeal.card_channel_id, guild_id=appeal.key.guild_id)
        try:
            await channel.get_partial_message(appeal.card_message_id).edit(
                view=await self._rendered(file), allowed_mentions=discord.AllowedMentions.none()
            )
        except discord.NotFound:
            return CardEdit.GONE
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            ids = {"guild": appeal.key.guild_id, "case": appeal.key.case_number}
            _log.warning("appeal not refreshed", extra={**ids, "error": type(error).__name__})
            return CardEdit.REFUSED
        return CardEdit.SHOWN

    async def remind(self, settings: ServerSettings, waiting: tuple[Appeal, ...]) -> bool:
        """List waiting appeals; pings nobody."""
        channel = self._channel(settings)
        if isinstance(channel, CardRefused):
            return False
        try:
            with speaking(await self._languages.of_server(settings.guild_id)):
                text = clipped(_reminder(waiting))
            await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.warning("reminder not posted", extra={"guild": settings.guild_id, "error": type(error).__name__})
            return False
        return True

    async def _rendered(self, file: AppealFile) -> discord.ui.LayoutView:
        """The card in the server's language, not that of the person who clicked."""
        with speaking(await self._languages.of_server(file.appeal.key.guild_id)):
            return render_appeal(file)

    def _channel(self, settings: ServerSettings) -> discord.TextChannel | CardRefused:
        guild = self._bot.get_guild(settings.guild_id)
        if guild is None or guild.unavailable:
            return CardRefused(why=_(NOT_HERE), permanent=False)
        channel = guild.get_channel(settings.review_channel_id)
        if not isinstance(channel, discord.TextChannel):
            return CardRefused(why=_(_NO_CHANNEL), permanent=True)
        missing = missing_permissions(channel)
        return CardRefused(why=say_missing(channel, missing), permanent=True) if missing else channel


def _reminder(waiting: tuple[Appeal, ...]) -> str:
    head = ngettext("**{n} appeal is still waiting:**", "**{n} appeals are still waiting:**", len(waiting))
    lines = [head, *map(_line, waiting[:REMINDED_OF])]
    left_out = len(waiting) - REMINDED_OF
    if left_out > 0:
        lines.append(ngettext("-# and {n} more: /appeals list", "-# and {n} more: /appeals list", left_out))
    return "\n".join(lines)


def _line(appeal: Appeal) -> str:
    number, since = appeal.key.case_number, at(appeal.waiting_since, "R")
    text = "- " + _("Case {number}: {state}, since {when}", number=number, state=state_of(appeal.state), when=since)
    if appeal.card_channel_id is None or appeal.card_message_id is None:
        return text
    return f"{text}: {jump_link(appeal.key.guild_id, appeal.card_channel_id, appeal.card_message_id)}"


def _nonce(appeal: Appeal) -> str:
    """At most 25 characters: the same for the same appeal in the same state."""
    key = appeal.key
    what = f"appeal:{key.guild_id}:{key.case_number}:{key.attempt}:{appeal.state}:{len(appeal.asked)}"
    return hashlib.blake2s(what.encode(), digest_size=12).hexdigest()
