"""**Report to moderators** in the menu of a message, the form for the words that a reporter may add, and the button by
which they ask to hear the outcome."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.appeals.buttons import MemberButton, MemberClick, MemberVerb
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.forms import Field, fields_form
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.read_message import MessageReader
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form, words_back
from bot.cogs.interactions.wording import at
from bot.moderation.members.report import MAX_WORDS, Mute, TooMany
from bot.moderation.members.report_outcome import OutcomeWish
from bot.moderation.members.report_outcomes import ReportOutcomes
from bot.moderation.members.reporting import NotReported, Reported, Reporting

MENU = "Report to moderators"

_THANKS = "Thank you. The moderators see your report; the author of the message does not hear of it."
_AGAIN = "You have reported this message. The moderators see it."
_NOT_HERE = "Messages can be reported in servers only."
_NOT_REPORTED = "You have not reported this message, so there is nothing to add to."
_WORDS_KEPT = "Thank you. The moderators can read that."
_ASK_FOR_IT = "Press **Tell me the outcome** to hear, once, whether the moderators took action."
_WISHES = {
    OutcomeWish.KEPT: "You get one direct message once a moderator has decided. It says whether action was taken.",
    OutcomeWish.TOLD_BEFORE: "You were told the outcome already, or your direct messages were closed.",
    OutcomeWish.NOT_REPORTED: "You have not reported this message, so there is no outcome to tell you.",
    OutcomeWish.NOT_HERE: "This server does not tell reporters the outcome.",
}
_FORM = r"bylaw:reportwords:(?P<guild>[0-9]{1,20}):(?P<message>[0-9]{1,20})"


class ReportMenu(commands.Cog):
    """The command in the menu of messages, and what a reporter may do after it."""

    def __init__(
        self,
        bot: commands.AutoShardedBot,
        *,
        reader: MessageReader,
        reporting: Reporting,
        outcomes: ReportOutcomes,
        open_tasks: OpenTasks,
    ) -> None:
        self._bot = bot
        self._reader = reader
        self._reporting = reporting
        self._outcomes = outcomes
        self._open_tasks = open_tasks
        self._menu = app_commands.ContextMenu(name=MENU, callback=self._run)

    async def cog_load(self) -> None:
        """Put the command in the menu; a cog does that by itself only for slash commands."""
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Take the command out of the menu."""
        self._bot.tree.remove_command(MENU, type=discord.AppCommandType.message)

    async def _run(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await defer(interaction)
        seen, own = await self._reader.seen(message), self._bot.user
        if seen is None or own is None:
            await send(interaction, Reply(text=_NOT_HERE))
            return
        with self._open_tasks.tracking():
            outcome = await self._reporting.report(seen, reporter_id=interaction.user.id, own_id=own.id)
        told = isinstance(outcome, Reported) and await self._outcomes.are_told(seen.guild_id)
        await send(interaction, _of_report(outcome, seen.guild_id, seen.message_id, told=told))

    @commands.Cog.listener()
    async def on_member_click(self, interaction: discord.Interaction[Any], click: MemberClick) -> None:
        """A reporter wants to say why, or to hear the outcome."""
        if click.verb is MemberVerb.REPORT_OUTCOME:
            await self._want_outcome(interaction, click)
        if click.verb is not MemberVerb.REPORT_WORDS:
            return
        async with answering("a form", interaction):
            custom_id = f"bylaw:reportwords:{click.guild_id}:{click.number}"
            field = Field(name="What is wrong with the message?", help="The moderators read this.", limit=MAX_WORDS)
            await interaction.response.send_modal(fields_form("Your report", custom_id, [field]))

    async def _want_outcome(self, interaction: discord.Interaction[Any], click: MemberClick) -> None:
        async with answering("a report's outcome", interaction):
            await defer(interaction)
            wish = await self._outcomes.want(click.guild_id, click.number, reporter_id=interaction.user.id)
            await send(interaction, Reply(text=_WISHES[wish]))

    @on_form(_FORM, what="a report", keep=words_back)
    async def take_words(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form was sent off."""
        guild_id, message_id, words = sent.number("guild"), sent.number("message"), sent.texts[0]
        await defer(interaction)
        kept = await self._reporting.add_words(guild_id, message_id, reporter_id=interaction.user.id, words=words)
        files = () if kept else words_back(sent).files
        await send(interaction, Reply(text=_WORDS_KEPT if kept else _NOT_REPORTED, files=files))


def _of_report(
    outcome: Reported | NotReported | TooMany | Mute, guild_id: int, message_id: int, *, told: bool
) -> Reply:
    """The answer to whoever reported. `told`: does this server tell reporters the outcome?"""
    match outcome:
        case NotReported():
            return Reply(text=outcome.why)
        case TooMany():
            return Reply(text=f"You have reported much in a short time. You can go on {at(outcome.again_at, 'R')}.")
        case Mute():
            return Reply(text=f"The moderators take no reports of yours until {at(outcome.until)}.")
        case Reported():
            verbs = (MemberVerb.REPORT_WORDS, *([MemberVerb.REPORT_OUTCOME] if told else []))
            clicks = (MemberClick(verb=verb, guild_id=guild_id, number=message_id) for verb in verbs)
            thanks = _AGAIN if outcome.before else _THANKS
            text = f"{thanks}\n{_ASK_FOR_IT}" if told else thanks
            return Reply(text=text, buttons=tuple(MemberButton(click) for click in clicks))
