"""``/settings edit-first``: members may edit a message before anybody decides about it."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.servers.base import SettingsCommands
from bot.languages.translation import _, marked
from bot.moderation.servers.options import MendingOptions

_OFF = "off"
_SHOWN = {
    "": marked("- Members are asked to edit first: off"),
    "low": marked("- Members are asked to edit first: for rules of low severity"),
    "medium": marked("- Members are asked to edit first: for rules of low and medium severity"),
}
_HOW = marked(
    "-# Bylaw sends the author the rule in a direct message and gives them 15 minutes. If the edited message breaks no "
    "rule, the case closes as Mended; otherwise it stays open. Cards are posted at once, and moderators can decide "
    "before the time is over. Nobody is asked during a raid, for rules with automatic actions, or more than three "
    "times a day."
)
_CHOICES = [
    app_commands.Choice(name="Off", value=_OFF),
    app_commands.Choice(name="Rules of low severity", value="low"),
    app_commands.Choice(name="Rules of low and medium severity", value="medium"),
]


class MendingSettings(SettingsCommands):
    """The command about offers to edit."""

    @app_commands.command(name="edit-first", description="Let members edit a message before anybody decides about it")
    @app_commands.describe(up_to="For which rules; off unless you turn it on")
    @app_commands.choices(up_to=_CHOICES)
    async def edit_first(self, interaction: discord.Interaction[Any], up_to: str | None = None) -> None:
        """Change it, or show the current setting."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        before = await self.options.get(interaction.guild_id, MendingOptions)
        now = before if up_to is None else MendingOptions(up_to=up_to if up_to in _SHOWN else "")
        if now == before:
            await send(interaction, Reply(text=_shown(now)))
        else:
            await self.save(interaction, now, _shown(now))


def _shown(options: MendingOptions) -> str:
    line = _(_SHOWN.get(options.up_to, _SHOWN[""]))
    return f"{line}\n{_(_HOW)}" if options.up_to else line
