"""**Report to moderators** in the menu of a message, for every member; ``/reports`` for reviewers."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.appeals.buttons import MemberButton, MemberClick, MemberVerb
from bot.cogs.appeals.replies import written
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.fields import Field, fields_form, sent_fields
from bot.cogs.interactions.open_tasks import InHand
from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, defer, listed, send
from bot.cogs.interactions.translate import message_seen
from bot.cogs.interactions.wording import at, how_many, member
from bot.moderation.members.report import MAX_WORDS, Mute, Report, TooMany
from bot.moderation.members.reporting import NotReported, Reported, Reporting
from bot.moderation.servers.access import Access

MENU = "Report to moderators"
WORDS_SHOWN = 200
LONGEST_MUTE_DAYS = 365

_THANKS = "Thank you. The moderators see your report; the author of the message does not hear of it."
_AGAIN = "You have reported this message. The moderators see it."
_NOT_HERE = "Messages can be reported in servers only."
_NOT_REPORTED = "You have not reported this message, so there is nothing to add to."
_WORDS_KEPT = "Thank you. The moderators can read that."
_FORM = re.compile(r"bylaw:reportwords:(?P<guild>[0-9]{1,20}):(?P<message>[0-9]{1,20})")


class ReportCog(commands.Cog):
    """The command in the menu of messages, and the words that a reporter may add."""

    def __init__(self, bot: commands.AutoShardedBot, *, reporting: Reporting, in_hand: InHand) -> None:
        self._bot = bot
        self._reporting = reporting
        self._in_hand = in_hand
        self._menu = app_commands.ContextMenu(name=MENU, callback=self._run)

    async def cog_load(self) -> None:
        """Put the command in the menu; a cog does that by itself only for slash commands."""
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Take the command out of the menu."""
        self._bot.tree.remove_command(MENU, type=discord.AppCommandType.message)

    async def _run(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await defer(interaction)
        seen, own = message_seen(message), self._bot.user
        if seen is None or own is None:
            await send(interaction, Reply(text=_NOT_HERE))
            return
        with self._in_hand.dealing():
            outcome = await self._reporting.report(seen, reporter_id=interaction.user.id, own_id=own.id)
        await send(interaction, _of_report(outcome, seen.guild_id, seen.message_id))

    @commands.Cog.listener()
    async def on_member_click(self, interaction: discord.Interaction[Any], click: MemberClick) -> None:
        """A reporter wants to say why."""
        if click.verb is not MemberVerb.REPORT_WORDS:
            return
        async with answering("a form", interaction):
            custom_id = f"bylaw:reportwords:{click.guild_id}:{click.number}"
            field = Field(name="What is wrong with the message?", help="The moderators read this.", limit=MAX_WORDS)
            await interaction.response.send_modal(fields_form("Your report", custom_id, [field]))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """A form was sent off."""
        sent = sent_fields(interaction)
        match = _FORM.fullmatch(sent.custom_id) if sent else None
        if sent is None or match is None:
            return
        keep = written(sent.texts)
        async with answering("a report", interaction, keep=keep):
            await defer(interaction)
            kept = await self._reporting.add_words(
                int(match["guild"]),
                int(match["message"]),
                reporter_id=interaction.user.id,
                words="".join(sent.texts[:1]),
            )
            told = Reply(text=_WORDS_KEPT) if kept else Reply(text=_NOT_REPORTED, files=keep.files)
            await send(interaction, told)


@app_commands.default_permissions(manage_messages=True)
class ReportsCog(commands.GroupCog, group_name="reports", group_description="What members report"):
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
        reports = await self._reporting.of_case(interaction.guild_id, case)
        if not reports:
            await send(interaction, Reply(text=f"Nobody reported a message of case {case}."))
            return
        head = f"**Reports on case {case}**: {how_many(len(reports), 'report', 'reports')}"
        foot = "-# /reports mute takes no more reports of somebody for a time."
        await send(interaction, listed(head, [_line(report) for report in reports], foot, f"reports {case}"))

    @app_commands.command(description="Take no reports of a member for some days")
    @app_commands.describe(member="Who reports what is none", days="For how long")
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
        await send(interaction, Reply(text=f"Reports of <@{member.id}> are not taken until {at(mute.until)}."))

    @app_commands.command(description="Take reports of a member again")
    @app_commands.describe(member="Who was muted")
    async def unmute(self, interaction: discord.Interaction[Any], member: discord.User) -> None:
        """End a mute."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        was_muted = await self._reporting.unmute(interaction.guild_id, member.id, by=interaction.user.id)
        words = "are taken again" if was_muted else "are taken; there was no mute"
        await send(interaction, Reply(text=f"Reports of <@{member.id}> {words}."))

    @app_commands.command(description="Whose reports are not taken at the moment")
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


def _of_report(outcome: Reported | NotReported | TooMany | Mute, guild_id: int, message_id: int) -> Reply:
    match outcome:
        case NotReported():
            return Reply(text=outcome.why)
        case TooMany():
            return Reply(text=f"You have reported much in a short time. You can go on {at(outcome.again_at, 'R')}.")
        case Mute():
            return Reply(text=f"The moderators take no reports of yours until {at(outcome.until)}.")
        case Reported():
            click = MemberClick(verb=MemberVerb.REPORT_WORDS, guild_id=guild_id, number=message_id)
            return Reply(text=_AGAIN if outcome.before else _THANKS, buttons=(MemberButton(click),))


def _line(report: Report) -> str:
    words = f": {on_one_line(report.words, WORDS_SHOWN)}" if report.words else ""
    return f"- {member(report.new.reporter_id)}, {at(report.at)}{words}"


def _who(mute: Mute) -> str:
    return member(mute.member_id)
