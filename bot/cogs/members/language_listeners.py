"""Records members' languages, so that direct messages to them are in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.interactions.errors import surviving
from bot.languages.language import language_of
from bot.moderation.servers.interface_language import InterfaceLanguages

#: Buttons and forms in a direct message say which server they are about.
_ABOUT = re.compile(r"bylaw:(?:member:[a-z_]{1,20}|appealed|answered):(?P<guild>[0-9]{1,19}):.*", re.DOTALL)


class LanguageListeners(commands.Cog):
    """Listens to every use of Bylaw."""

    def __init__(self, bot: commands.AutoShardedBot, *, languages: InterfaceLanguages) -> None:
        self._bot = bot
        self._languages = languages

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody used a command, a button or a form."""
        guild_id = interaction.guild_id or self._guild_of(interaction)
        if guild_id is not None:
            async with surviving("noting a language"):
                language = language_of(interaction.locale.value)
                await self._languages.saw(guild_id, interaction.user.id, language)

    def _guild_of(self, interaction: discord.Interaction[Any]) -> int | None:
        """The server that a button or form in a direct message names, if the bot is in it."""
        data: Mapping[str, Any] = interaction.data or {}
        found = _ABOUT.fullmatch(str(data.get("custom_id", "")))
        guild = self._bot.get_guild(int(found["guild"])) if found else None
        return guild.id if guild else None
