"""``/my record``: what is kept about whoever asks, shown to them alone, without moderators' names."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.appeals.replies import described, outcome_words
from bot.cogs.interactions.reply import Reply, defer, listed, send
from bot.moderation.members.record import RecordEntry, Records

_EMPTY = "There is nothing in your record in this server."
_FOOT = (
    "-# Cases that nobody has decided, and after which nothing was done, are not shown. /appeal objects to a decision."
)


class RecordCommand(commands.GroupCog, group_name="my", group_description="What Bylaw keeps about you"):
    """The command that everybody has."""

    def __init__(self, *, records: Records) -> None:
        super().__init__()
        self._records = records

    @app_commands.command(description="Your cases in this server: what was decided and done. Only you see the answer")
    async def record(self, interaction: discord.Interaction[Any]) -> None:
        """Show a member their own record."""
        await defer(interaction)
        if interaction.guild_id is None:
            return
        entries = await self._records.of(interaction.user.id, guild_id=interaction.guild_id)
        if not entries:
            await send(interaction, Reply(text=_EMPTY))
            return
        await send(
            interaction, listed("**Your record in this server**", [_line(each) for each in entries], _FOOT, "record")
        )


def _line(entry: RecordEntry) -> str:
    appealed = f"; {outcome_words(entry.appeal)}" if entry.appeal else ""
    return f"- case {entry.case.number}, {described(entry)}{appealed}"
