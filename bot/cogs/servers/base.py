"""Base of all ``/settings`` commands."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.reply import Reply, send
from bot.languages.translation import _
from bot.moderation.servers.options import Options, OptionStore


class SettingsCommands(commands.Cog):
    """A few commands of ``/settings``; `SettingsCommand` inherits them all."""

    options: OptionStore

    async def save(self, interaction: discord.Interaction[Any], options: Options, told: str) -> None:
        """Save the options, if this person may change them, and show the current ones."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        await self.options.save(interaction.guild_id, options, actor_id=interaction.user.id)
        await send(interaction, Reply(text=f"{_('Saved.')}\n{told}"))


def on_or_off(value: bool) -> str:
    """A switch as a word, after a colon."""
    return _("on") if value else _("off")


def open_to_all(channel: discord.TextChannel | discord.ForumChannel) -> list[str]:
    """A warning where every member can read the channel that cards go to; else nothing."""
    if not channel.permissions_for(channel.guild.default_role).view_channel:
        return []
    return [_("- ⚠️ Every member can read {channel}. Make it private, unless you mean that.", channel=channel.mention)]
