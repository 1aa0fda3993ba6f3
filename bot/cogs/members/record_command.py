"""``/my record``: a member's own record, shown only to them, without moderators' names."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.appeals.replies import described, outcome_words
from bot.cogs.interactions.reply import Reply, defer, listed, send
from bot.languages.translation import _, marked
from bot.moderation.members.record import RecordEntry, Records

_EMPTY = marked("Your record in this server is empty.")
_FOOT = marked("-# Cases without a decision or an action are not shown. To appeal a decision, use /appeal.")


class RecordCommand(commands.GroupCog, group_name="my", group_description="What Bylaw keeps about you"):
    """The command that everybody has."""

    def __init__(self, *, records: Records) -> None:
        super().__init__()
        self._records = records

    @app_commands.command(description="Your cases in this server: what was decided and done. Only you can see it")
    async def record(self, interaction: discord.Interaction[Any]) -> None:
        """Show a member their own record."""
        await defer(interaction)
        if interaction.guild_id is None:
            return
        entries = await self._records.of(interaction.user.id, guild_id=interaction.guild_id)
        if not entries:
            await send(interaction, Reply(text=_(_EMPTY)))
            return
        head = f"**{_('Your record in this server')}**"
        await send(interaction, listed(head, [_line(each) for each in entries], _(_FOOT), "record"))


def _line(entry: RecordEntry) -> str:
    appealed = f"\n  -# {outcome_words(entry.appeal)}" if entry.appeal else ""
    return f"- {described(entry)}{appealed}"
