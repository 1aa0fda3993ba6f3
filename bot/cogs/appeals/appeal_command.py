"""``/appeal`` and its forms: members appeal a decision, in the server or in a direct message with Bylaw."""

from __future__ import annotations

import re
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.appeals.buttons import MemberClick, MemberVerb
from bot.cogs.appeals.replies import (
    LISTED,
    NO_SUCH_CASE,
    NOT_ASKED,
    answer_form,
    appeal_form,
    choice_name,
    list_of,
    not_sent,
    of_standing,
)
from bot.cogs.interactions.errors import answering, surviving
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form, words_back
from bot.languages.translation import _, marked
from bot.moderation.appeals.appeal import AppealKey
from bot.moderation.appeals.eligibility import MayAppeal
from bot.moderation.appeals.submission import AppealSubmission, SentOff, Standing
from bot.moderation.members.record import RecordEntry, Records

_KEY = r"(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19}):(?P<attempt>[0-9]{1,9})"
_APPEALED = rf"bylaw:appealed:{_KEY}:(?P<digest>[0-9a-f]{{8}})"
_ANSWERED = rf"bylaw:answered:{_KEY}"
_CHOICE = re.compile(r"(?:(?P<guild>[0-9]{1,20}):)?(?P<number>[0-9]{1,19})")

_SENT = marked(
    "Your appeal in case {number} was sent to the moderators. You get a message when they decide. /appeal shows where "
    "it stands."
)
_CHOOSE = marked("Choose one of your cases from the list.")


class AppealCommand(commands.Cog):
    """Everything that members do with appeals."""

    def __init__(
        self, bot: commands.AutoShardedBot, *, intake: AppealSubmission, records: Records, open_tasks: OpenTasks
    ) -> None:
        self._bot = bot
        self._intake = intake
        self._records = records
        self._open_tasks = open_tasks

    @app_commands.command(description="Appeal a decision about one of your messages, or see how your appeal is going")
    @app_commands.describe(case="One of your cases; leave it out to see all of them")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def appeal(
        self, interaction: discord.Interaction[Any], case: app_commands.Range[str, 1, 50] | None = None
    ) -> None:
        """Open the form for a case, or list the member's cases."""
        if case is None:
            await self._list(interaction)
            return
        match = _CHOICE.fullmatch(case.strip())
        guild_id = int(match["guild"]) if match and match["guild"] else interaction.guild_id
        if match is None or guild_id is None or interaction.guild_id not in (None, guild_id):
            await send(interaction, Reply(text=_(_CHOOSE)))
            return
        await self._open(interaction, guild_id, int(match["number"]))

    @appeal.autocomplete("case")
    async def _offered(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """The member's own cases: those of this server, or of all servers in a direct message."""
        offered = []
        for entry in await self._mine(interaction):
            shown = choice_name(entry, "" if interaction.guild_id else self._server_name(entry.case.guild_id))
            if current.casefold() in shown.casefold():
                value = f"{entry.case.guild_id}:{entry.case.number}"
                offered.append(app_commands.Choice(name=shown, value=value))
        return offered[:25]

    @commands.Cog.listener()
    async def on_member_click(self, interaction: discord.Interaction[Any], click: MemberClick) -> None:
        """A member clicked below a notice, a list or a question, perhaps from before a restart."""
        async with answering("a click on an appeal", interaction):
            if click.verb is MemberVerb.APPEAL:
                await self._open(interaction, click.guild_id, click.number)
            elif click.verb is MemberVerb.ANSWER:
                await self._open_answer(interaction, _key(click.guild_id, click.number, click.attempt))

    @on_form(_APPEALED, what="an appeal", keep=words_back, must_say="0")
    async def take_appeal(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form with an appeal was submitted."""
        with self._open_tasks.tracking():
            await self._send_off(interaction, sent)

    @on_form(_ANSWERED, what="an answer", keep=words_back, must_say="0")
    async def take_answer(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form with the answer to a reviewer's question was submitted."""
        key = _key(sent.number("guild"), sent.number("number"), sent.number("attempt"))
        text = sent.texts[0]
        await defer(interaction)
        kept = await self._intake.answer(key, member_id=interaction.user.id, text=text)
        if kept is None:
            await send(interaction, Reply(text=not_sent(_(NOT_ASKED)), files=words_back(sent).files))
        else:
            await send(interaction, Reply(text=_("Your answer was sent to the moderators.")))

    async def _list(self, interaction: discord.Interaction[Any]) -> None:
        await defer(interaction)
        entries = await self._mine(interaction)
        found = [(entry, await self._standing(interaction, entry)) for entry in entries[:LISTED]]
        reply = list_of(found, self._server_name, here=interaction.guild_id, older=len(entries) - len(found))
        await send(interaction, reply)

    async def _open(self, interaction: discord.Interaction[Any], guild_id: int, number: int) -> None:
        """The form where the member may appeal now, else how it stands. A modal cannot follow a defer."""
        standing = await self._intake.standing(guild_id, number, member_id=interaction.user.id)
        if standing is None:
            await send(interaction, Reply(text=_(NO_SUCH_CASE)))
        elif isinstance(standing.may, MayAppeal):
            await interaction.response.send_modal(appeal_form(standing, standing.may.attempt))
        else:
            await send(interaction, of_standing(standing))

    async def _send_off(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        key, texts = _key(sent.number("guild"), sent.number("number"), sent.number("attempt")), sent.texts
        await defer(interaction)
        outcome = await self._intake.send_off(
            key.guild_id,
            key.case_number,
            member_id=interaction.user.id,
            attempt=key.attempt,
            digest=sent.ids["digest"],
            texts=texts,
        )
        if isinstance(outcome, SentOff):
            await send(interaction, Reply(text=_(_SENT, number=outcome.appeal.key.case_number)))
            if self._bot.get_guild(key.guild_id) is None:
                return  # the process that serves the server learns of the appeal from the database
            async with surviving("showing an appeal"):  # the follow-up finishes the rest
                await self._intake.present(outcome.appeal)
            return
        files = words_back(sent).files
        told = of_standing(outcome) if outcome else Reply(text=_(NO_SUCH_CASE))
        await send(interaction, Reply(text=not_sent(told.text), files=files, buttons=told.buttons))

    async def _open_answer(self, interaction: discord.Interaction[Any], key: AppealKey) -> None:
        appeal = await self._intake.question(key, member_id=interaction.user.id)
        if appeal is None:
            await send(interaction, Reply(text=_(NOT_ASKED)))
        else:
            await interaction.response.send_modal(answer_form(appeal))

    async def _mine(self, interaction: discord.Interaction[Any]) -> list[RecordEntry]:
        entries = await self._records.of(interaction.user.id, guild_id=interaction.guild_id)
        return [entry for entry in entries if entry.can_matter]

    async def _standing(self, interaction: discord.Interaction[Any], entry: RecordEntry) -> Standing | None:
        return await self._intake.standing(entry.case.guild_id, entry.case.number, member_id=interaction.user.id)

    def _server_name(self, guild_id: int) -> str:
        guild = self._bot.get_guild(guild_id)
        return guild.name if guild else _("server {id}", id=guild_id)


def _key(guild_id: int, number: int, attempt: int) -> AppealKey:
    return AppealKey(guild_id=guild_id, case_number=number, attempt=attempt)
