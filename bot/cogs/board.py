"""The moderators' channel as Discord has it: the `CardBoard` of the real bot."""

from __future__ import annotations

import hashlib
import logging

import aiohttp
import discord
from discord.ext import commands

from bot.cogs.card import render_card
from bot.moderation.card_face import CardFace
from bot.moderation.cards import CardPosted, CardRefused
from bot.moderation.servers import ServerSettings

_log = logging.getLogger(__name__)

#: What posting and editing cards, and sending long texts as files, takes.
NEEDED = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
}

_NOT_HERE = "Bylaw is not connected to this server at the moment."
_CHANNEL_GONE = "The moderators' channel was deleted. Choose another one with /setup."
_NOT_ALLOWED = (
    "Discord does not let Bylaw post in {channel}. Check Bylaw's permissions there, or choose another channel with "
    "/setup."
)
_DISCORD_DOWN = "Discord did not take the card (error {status})."
_NO_CONNECTION = "Discord could not be reached."


def missing_permissions(channel: discord.TextChannel) -> tuple[str, ...]:
    """The permissions that Bylaw needs in the moderators' channel and lacks, as Discord's settings call them."""
    has = channel.permissions_for(channel.guild.me)
    return tuple(label for permission, label in NEEDED.items() if not getattr(has, permission))


def say_missing(channel: discord.TextChannel, missing: tuple[str, ...]) -> str:
    """Which permissions are missing, and where they are given."""
    return (
        f"Bylaw lacks {', '.join(missing)} in {channel.mention}. Open that channel's settings, Permissions, add Bylaw "
        "and allow it."
    )


class DiscordBoard:
    """Posts and edits cards. What Discord refuses comes back as a value, with a sentence for an admin."""

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot

    async def post(self, face: CardFace, settings: ServerSettings) -> CardPosted | CardRefused:
        """Post the card. Discord itself drops a repetition of the same card within minutes, by its nonce."""
        channel = self._channel(settings)
        if isinstance(channel, CardRefused):
            return channel
        try:
            message = await channel.send(
                view=render_card(face), nonce=_nonce(face), allowed_mentions=discord.AllowedMentions.none()
            )
        except discord.Forbidden:
            return CardRefused(why=_NOT_ALLOWED.format(channel=channel.mention), permanent=True)
        except discord.NotFound:
            return CardRefused(why=_CHANNEL_GONE, permanent=True)
        except discord.HTTPException as error:
            return CardRefused(why=_DISCORD_DOWN.format(status=error.status), permanent=False)
        except (aiohttp.ClientError, OSError):
            return CardRefused(why=_NO_CONNECTION, permanent=False)
        return CardPosted(channel_id=channel.id, message_id=message.id)

    async def refresh(self, face: CardFace) -> bool:
        """Edit the card. Where Discord refuses for now, the card stays as it was and counts as being there."""
        case = face.case
        if case.card_channel_id is None or case.card_message_id is None:
            return False
        channel = self._bot.get_partial_messageable(case.card_channel_id, guild_id=case.guild_id)
        try:
            await channel.get_partial_message(case.card_message_id).edit(
                view=render_card(face), allowed_mentions=discord.AllowedMentions.none()
            )
        except discord.NotFound:
            return False
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.warning(
                "card not refreshed guild=%d case=%d error=%s", case.guild_id, case.number, type(error).__name__
            )
        return True

    async def tell_admin(self, guild_id: int, text: str) -> None:
        """Write to the server's owner; where that is refused too, the log has to do."""
        guild = self._bot.get_guild(guild_id)
        if guild is None or guild.owner_id is None:
            _log.warning("no owner to tell guild=%d", guild_id)
            return
        try:
            owner = await self._bot.fetch_user(guild.owner_id)
            await owner.send(f"About your server “{discord.utils.escape_markdown(guild.name)}”: {text}")
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.warning("the owner could not be told guild=%d error=%s", guild_id, type(error).__name__)

    async def tell_moderators(self, settings: ServerSettings, text: str) -> None:
        """Post a line in the moderators' channel, if that can be done."""
        channel = self._channel(settings)
        if isinstance(channel, CardRefused):
            return
        try:
            await channel.send(text, allowed_mentions=discord.AllowedMentions.none(), silent=True)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            _log.warning("moderators not told guild=%d error=%s", settings.guild_id, type(error).__name__)

    def _channel(self, settings: ServerSettings) -> discord.TextChannel | CardRefused:
        """The moderators' channel, if a card could be posted there: asking first spares a refusal by Discord, of
        which it allows only so many (https://discord.com/developers/docs/topics/rate-limits)."""
        guild = self._bot.get_guild(settings.guild_id)
        if guild is None or guild.unavailable:
            return CardRefused(why=_NOT_HERE, permanent=False)
        channel = guild.get_channel(settings.review_channel_id)
        if not isinstance(channel, discord.TextChannel):
            return CardRefused(why=_CHANNEL_GONE, permanent=True)
        missing = missing_permissions(channel)
        return CardRefused(why=say_missing(channel, missing), permanent=True) if missing else channel


def _nonce(face: CardFace) -> str:
    """At most 25 characters. A case has the same nonce until its card is known to stand: whatever happens to the case
    before that, a card that was taken without our hearing of it is not posted twice. Once it was lost, it has another.
    """
    case = face.case
    what = f"{case.guild_id}:{case.number}:{case.card_message_id}"
    return hashlib.blake2s(what.encode(), digest_size=12).hexdigest()
