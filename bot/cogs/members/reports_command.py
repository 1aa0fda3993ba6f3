"""``/reports``: reviewers read what members report, and mute those who report too much."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, defer, listed, send
from bot.cogs.interactions.wording import at, how_many, member
from bot.moderation.members.report import Mute, Report
from bot.moderation.members.reporting import NotYours, Reporting
from bot.moderation.servers.permissions import Access

WORDS_SHOWN = 200
LONGEST_MUTE_DAYS = 365


@app_commands.default_permissions(manage_messages=True)
class ReportsCommand(commands.GroupCog, group_name="reports", group_description="What members report"):
    """The commands for reviewers."""

    def __init__(self, *, reporting: Reporting, access: Access) -> None:
        super().__init__()
        self._reporting = reporting
        self._access = access

    @app_commands.command(description="Who reported the message of a case, and what they said")
    @app_commands.describe(case="The number of the case")
    async def show(self, interaction: discord.Interaction[Any], case: app_commands.Range[int, 1]) -> None:
        """The reports on one case."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        reports = await self._reporting.of_case(interaction.guild_id, case, reader_id=interaction.user.id)
        if isinstance(reports, NotYours):
            await send(interaction, Reply(text=reports.why))
            return
        if not reports:
            await send(interaction, Reply(text=f"Nobody reported a message of case {case}."))
            return
        head = f"**Reports on case {case}**: {how_many(len(reports), 'report', 'reports')}"
        foot = "-# /reports mute takes no more reports of somebody for a time."
        await send(interaction, listed(head, [_line(report) for report in reports], foot, f"reports {case}"))

    @app_commands.command(description="Ignore a member's reports for some days")
    @app_commands.describe(member="Whose reports to ignore", days="For how long")
    async def mute(
        self,
        interaction: discord.Interaction[Any],
        member: discord.User,
        days: app_commands.Range[int, 1, LONGEST_MUTE_DAYS] = 7,
    ) -> None:
        """Mute a reporter."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        mute = await self._reporting.mute(
            interaction.guild_id, member.id, length=timedelta(days=days), by=interaction.user.id
        )
        if isinstance(mute, NotYours):
            await send(interaction, Reply(text=mute.why))
            return
        await send(interaction, Reply(text=f"Reports of <@{member.id}> are not taken until {at(mute.until)}."))

    @app_commands.command(description="Accept a member's reports again")
    @app_commands.describe(member="Who was muted")
    async def unmute(self, interaction: discord.Interaction[Any], member: discord.User) -> None:
        """End a mute."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        was_muted = await self._reporting.unmute(interaction.guild_id, member.id, by=interaction.user.id)
        words = "are taken again" if was_muted else "are taken; there was no mute"
        said = was_muted.why if isinstance(was_muted, NotYours) else f"Reports of <@{member.id}> {words}."
        await send(interaction, Reply(text=said))

    @app_commands.command(description="Whose reports are ignored right now")
    async def mutes(self, interaction: discord.Interaction[Any]) -> None:
        """List the mutes."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        mutes = await self._reporting.mutes(interaction.guild_id)
        if not mutes:
            await send(interaction, Reply(text="Reports of everybody are taken."))
            return
        lines = [f"- {_who(mute)} until {at(mute.until)}, by <@{mute.by}>" for mute in mutes]
        await send(interaction, listed("**Reports are not taken of**", lines, "", "mutes"))


def _line(report: Report) -> str:
    words = f": {on_one_line(report.words, WORDS_SHOWN)}" if report.words else ""
    return f"- {member(report.new.reporter_id)}, {at(report.at)}{words}"


def _who(mute: Mute) -> str:
    return member(mute.member_id)
