"""``/settings reports``: what members who report are told."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.servers.base import SettingsCommands, on_or_off
from bot.languages.translation import _
from bot.moderation.servers.options import ReportOptions


class ReportSettings(SettingsCommands):
    """The command about reports."""

    @app_commands.command(description="What members who report a message are told")
    @app_commands.describe(
        tells_outcome="Reporters may ask to hear, once, whether action was taken; on unless you say no"
    )
    async def reports(self, interaction: discord.Interaction[Any], tells_outcome: bool | None = None) -> None:
        """Change it, or show the current setting."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        before = await self.options.get(interaction.guild_id, ReportOptions)
        now = before if tells_outcome is None else ReportOptions(tells_outcome=tells_outcome)
        if now == before:
            await send(interaction, Reply(text=_shown(now)))
        else:
            await self.save(interaction, now, _shown(now))


def _shown(options: ReportOptions) -> str:
    told = _("- Reporters can ask for the outcome: {state}", state=on_or_off(options.tells_outcome))
    if not options.tells_outcome:
        return told
    how = _("-# They get one direct message, at least 10 minutes after the decision, without names or details.")
    return f"{told}\n{how}"
