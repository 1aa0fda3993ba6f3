"""``/settings five-questions``: practising with messages that the judge invents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.servers.base import SettingsCommands, on_or_off
from bot.languages.translation import _, marked
from bot.moderation.servers.options import QuestionOptions

CANNOT_WRITE = marked(
    "⚠️ This bot runs without a language model, so no questions can be written. Whoever runs the bot can add one."
)


class PracticeSettings(SettingsCommands):
    """The command about questions."""

    can_write: bool

    @app_commands.command(
        name="five-questions",
        description="Five invented messages a week near the line of a policy, for moderators",
    )
    @app_commands.describe(weekly="Whether they are asked each week; off unless you turn it on")
    async def five_questions(self, interaction: discord.Interaction[Any], weekly: bool | None = None) -> None:
        """Change it, or show the current setting."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        before = await self.options.get(interaction.guild_id, QuestionOptions)
        now = before if weekly is None else replace(before, weekly=weekly)
        if now == before:
            await send(interaction, Reply(text=self._shown(now)))
        else:
            await self.save(interaction, now, self._shown(now))

    def _shown(self, options: QuestionOptions) -> str:
        lines = [_("- Five questions a week: {state}", state=on_or_off(options.weekly))]
        if options.weekly:
            lines.append(
                _(
                    "-# The model invents messages near the line of one of your policies. It uses no member's words. "
                    "Moderators answer in their channel, and answers become pinned examples."
                )
            )
            lines += [] if self.can_write else [_(CANNOT_WRITE)]
        return "\n".join(lines)
