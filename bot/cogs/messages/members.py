"""Looks up members on Discord: the production `MemberSource`."""

from __future__ import annotations

import aiohttp
import discord
from discord.ext import commands

from bot.cogs.interactions.translate import is_staff
from bot.moderation.messages.authors import AuthorsUnavailable, MemberFacts


class DiscordMembers:
    """Fetches one member at a time over REST. The bot has no list of members."""

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot

    async def member(self, guild_id: int, member_id: int) -> MemberFacts | None:
        """The member; None if they left. Raises `AuthorsUnavailable`."""
        guild = self._bot.get_guild(guild_id)
        if guild is None:
            raise AuthorsUnavailable
        try:
            member = await guild.fetch_member(member_id)
        except discord.NotFound:
            return None
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            raise AuthorsUnavailable from error
        return MemberFacts(
            role_ids=frozenset(role.id for role in member.roles),
            joined_at=member.joined_at,
            is_staff=is_staff(member),
        )
