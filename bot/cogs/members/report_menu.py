"""**Report to moderators**, a message context menu; the form to add a reason, and the button to ask for the outcome."""

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
from bot.languages.translation import _, marked
from bot.moderation.members.report import MAX_WORDS, Mute, TooMany
from bot.moderation.members.report_outcome import OutcomeWish
from bot.moderation.members.report_outcomes import ReportOutcomes
from bot.moderation.members.reporting import NotReported, Reported, Reporting

MENU = "Report to moderators"

_THANKS = marked("Thank you. The moderators can see your report. The author of the message is not told.")
_AGAIN = marked("You have already reported this message. The moderators can see your report.")
_NOT_HERE = marked("You can only report messages in servers.")
_NOT_REPORTED = marked("You have not reported this message, so there is no report to add this to.")
_WORDS_KEPT = marked("Thank you. The moderators can read what you added.")
_ASK_FOR_IT = marked("Want to know what comes of it? Press **Tell me the outcome**.")
_WISHES = {
    OutcomeWish.KEPT: marked(
        "You get one direct message once a moderator has decided. It says whether they took action."
    ),
    OutcomeWish.TOLD_BEFORE: marked("You were already told the outcome, or your direct messages were closed."),
    OutcomeWish.NOT_REPORTED: marked("You have not reported this message, so there is no outcome to tell you."),
    OutcomeWish.NOT_HERE: marked("This server does not tell reporters the outcome."),
}
_FORM = r"bylaw:reportwords:(?P<guild>[0-9]{1,20}):(?P<message>[0-9]{1,20})"


class ReportMenu(commands.Cog):
    """The context menu command, and the reporter's buttons after it."""

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
        """Register the context menu: cogs only register slash commands automatically."""
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Unregister the context menu."""
        self._bot.tree.remove_command(MENU, type=discord.AppCommandType.message)

    async def _run(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await defer(interaction)
        seen, own = await self._reader.seen(message), self._bot.user
        if seen is None or own is None:
            await send(interaction, Reply(text=_(_NOT_HERE)))
            return
        with self._open_tasks.tracking():
            outcome = await self._reporting.report(seen, reporter_id=interaction.user.id, own_id=own.id)
        told = isinstance(outcome, Reported) and await self._outcomes.are_told(seen.guild_id)
        await send(interaction, _of_report(outcome, seen.guild_id, seen.message_id, told=told))

    @commands.Cog.listener()
    async def on_member_click(self, interaction: discord.Interaction[Any], click: MemberClick) -> None:
        """A reporter wants to add a reason, or to know the outcome."""
        if click.verb is MemberVerb.REPORT_OUTCOME:
            await self._want_outcome(interaction, click)
        if click.verb is not MemberVerb.REPORT_WORDS:
            return
        async with answering("a form", interaction):
            custom_id = f"bylaw:reportwords:{click.guild_id}:{click.number}"
            field = Field(
                # Translators: above the field of a form, at most 45 characters.
                name=_("What is wrong with this message?"),
                # Translators: below the name of a field, at most 100 characters.
                help=_("Only the moderators can read this."),
                limit=MAX_WORDS,
            )
            title = _("Your report")  # Translators: the title of a form, at most 45 characters.
            await interaction.response.send_modal(fields_form(title, custom_id, [field]))

    async def _want_outcome(self, interaction: discord.Interaction[Any], click: MemberClick) -> None:
        async with answering("a report's outcome", interaction):
            await defer(interaction)
            wish = await self._outcomes.want(click.guild_id, click.number, reporter_id=interaction.user.id)
            await send(interaction, Reply(text=_(_WISHES[wish])))

    @on_form(_FORM, what="a report", keep=words_back, must_say="0")
    async def take_words(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form was submitted."""
        guild_id, message_id, words = sent.number("guild"), sent.number("message"), sent.texts[0]
        await defer(interaction)
        kept = await self._reporting.add_words(guild_id, message_id, reporter_id=interaction.user.id, words=words)
        files = () if kept else words_back(sent).files
        await send(interaction, Reply(text=_(_WORDS_KEPT if kept else _NOT_REPORTED), files=files))


def _of_report(
    outcome: Reported | NotReported | TooMany | Mute, guild_id: int, message_id: int, *, told: bool
) -> Reply:
    """The reply to the reporter. `told`: does this server tell reporters the outcome?"""
    match outcome:
        case NotReported():
            return Reply(text=_(outcome.why))
        case TooMany():
            again = at(outcome.again_at, "R")
            return Reply(text=_("You have sent many reports in a short time. You can report again {when}.", when=again))
        case Mute():
            until = at(outcome.until)
            return Reply(text=_("The moderators do not take reports from you until {moment}.", moment=until))
        case Reported():
            verbs = (MemberVerb.REPORT_WORDS, *([MemberVerb.REPORT_OUTCOME] if told else []))
            clicks = (MemberClick(verb=verb, guild_id=guild_id, number=message_id) for verb in verbs)
            thanks = _(_AGAIN if outcome.before else _THANKS)
            text = f"{thanks}\n{_(_ASK_FOR_IT)}" if told else thanks
            return Reply(text=text, buttons=tuple(MemberButton(click) for click in clicks))
