"""Sets the `DiscordClock` by everything that happens."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.moderation.messages.discord_clock import DiscordClock


class ClockListeners(commands.Cog):
    """Takes the ids of messages and interactions."""

    def __init__(self, clock: DiscordClock) -> None:
        self._clock = clock

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """A message was posted."""
        self._clock.saw(message.id)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody used a command, a button or a form."""
        self._clock.saw(interaction.id)
