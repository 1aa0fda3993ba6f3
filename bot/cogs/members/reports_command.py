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
from bot.cogs.interactions.wording import at, member
from bot.languages.translation import _, marked, ngettext
from bot.moderation.members.report import Mute, Report
from bot.moderation.members.reporting import NotYours, Reporting
from bot.moderation.servers.permissions import Access

WORDS_SHOWN = 200
LONGEST_MUTE_DAYS = 365

_TAKEN_AGAIN = marked("Bylaw takes the reports of {member} again.")
_WAS_NOT_MUTED = marked("Bylaw takes the reports of {member}; they were not ignored.")


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
            await send(interaction, Reply(text=_(reports.why)))
            return
        if not reports:
            await send(interaction, Reply(text=_("Nobody reported a message of case {number}.", number=case)))
            return
        head = ngettext(
            "**Reports on case {number}**: {n} report",
            "**Reports on case {number}**: {n} reports",
            len(reports),
            number=case,
        )
        foot = "-# " + _("Use /reports mute to ignore somebody's reports for some days.")
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
            await send(interaction, Reply(text=_(mute.why)))
            return
        who, until = f"<@{member.id}>", at(mute.until)
        said = _("Bylaw ignores the reports of {member} until {moment}.", member=who, moment=until)
        await send(interaction, Reply(text=said))

    @app_commands.command(description="Accept a member's reports again")
    @app_commands.describe(member="Who was muted")
    async def unmute(self, interaction: discord.Interaction[Any], member: discord.User) -> None:
        """End a mute."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        was_muted = await self._reporting.unmute(interaction.guild_id, member.id, by=interaction.user.id)
        if isinstance(was_muted, NotYours):
            await send(interaction, Reply(text=_(was_muted.why)))
            return
        said = _(_TAKEN_AGAIN if was_muted else _WAS_NOT_MUTED, member=f"<@{member.id}>")
        await send(interaction, Reply(text=said))

    @app_commands.command(description="Whose reports are ignored right now")
    async def mutes(self, interaction: discord.Interaction[Any]) -> None:
        """List the mutes."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        mutes = await self._reporting.mutes(interaction.guild_id)
        if not mutes:
            await send(interaction, Reply(text=_("Nobody's reports are ignored.")))
            return
        await send(
            interaction, listed(_("**Whose reports are ignored**"), [_muted(mute) for mute in mutes], "", "mutes")
        )


def _line(report: Report) -> str:
    words = f": {on_one_line(report.words, WORDS_SHOWN)}" if report.words else ""
    return f"- {member(report.new.reporter_id)}, {at(report.at)}{words}"


def _muted(mute: Mute) -> str:
    who, until = member(mute.member_id), at(mute.until)
    return "- " + _("{member} until {moment}, by {moderator}", member=who, moment=until, moderator=f"<@{mute.by}>")
