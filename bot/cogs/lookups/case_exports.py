"""``/case export``: exports cases to files. A list is split into several files if needed; a single case is exported
completely."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.reply import Document, Reply, send
from bot.cogs.lookups.case_lists import KINDS, STATES, CaseLists, Text, no_such_case
from bot.cogs.lookups.case_query import TypedQuery
from bot.cogs.lookups.list_page import NONE_FOUND
from bot.cogs.lookups.sent_parts import THERE_IS_MORE, PartSender, Row, all_sent
from bot.cogs.policies.base import A_NAME, Choices
from bot.languages.translation import _, marked
from bot.moderation.disclosure.disclosure import WholeForm
from bot.moderation.lookups.export import ExportForm

ROOM = 8_000_000  #: bytes of a file, below Discord's limit for bots in any server

NOT_A_LIST = marked("HTML is for one case: add its number. A list comes as CSV or JSON.")
NOT_A_TABLE = marked("One whole case comes as HTML or JSON.")
ONE_CASE_ALONE = marked("With a number, leave the conditions out: the file is about that case alone.")
TOO_LARGE = marked("Discord takes no file this large, so it was not sent. Export the case as JSON without reasoning.")
_KEEP = marked("It holds what members wrote: keep it among moderators and delete it when you are done.")

_FORMS = [
    app_commands.Choice(name="CSV, for spreadsheets", value=ExportForm.CSV.value),
    app_commands.Choice(name="JSON, for programs", value=ExportForm.JSON.value),
    app_commands.Choice(name="HTML, to read: one case", value=WholeForm.HTML.value),
]


class CaseExports(CaseLists):
    """The part of ``/case`` that exports files."""

    @app_commands.command(description="Export cases to a file, or one case as a whole")
    @app_commands.describe(
        number="One case with everything that is kept of it, by its number on the card",
        form="CSV if left out; HTML for one case",
        member="Whose message it was",
        rule="A rule's id, such as R2",
        policy=A_NAME,
        state="Only cases in this state",
        kind="Only cases of this kind",
        since="Opened on this day or later: 2026-11-21, or 30d for the last 30 days",
        until="Opened on this day or before",
        reasoning="With the judge's own notes; never meant for members",
    )
    @app_commands.choices(form=_FORMS, state=STATES, kind=KINDS)
    async def export(
        self,
        interaction: discord.Interaction[Any],
        number: app_commands.Range[int, 1] | None = None,
        form: str | None = None,
        member: discord.User | None = None,
        rule: Text | None = None,
        policy: Text | None = None,
        state: str | None = None,
        kind: str | None = None,
        since: Text | None = None,
        until: Text | None = None,
        reasoning: bool = False,
    ) -> None:
        """Send an export."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        typed = TypedQuery(
            member_id=member.id if member else None,
            rule=rule,
            policy=policy,
            state=state,
            kind=kind,
            since=since,
            until=until,
        )
        if number is not None:
            await self._one(interaction, guild_id, number, typed, form or WholeForm.HTML.value, reasoning=reasoning)
        elif form == WholeForm.HTML.value:
            await send(interaction, Reply(text=_(NOT_A_LIST)))
        else:
            await self._many(interaction, guild_id, typed, ExportForm(form or ExportForm.CSV), reasoning=reasoning)

    async def _one(
        self,
        interaction: discord.Interaction[Any],
        guild_id: int,
        number: int,
        typed: TypedQuery,
        form: str,
        *,
        reasoning: bool,
    ) -> None:
        """Export a whole case."""
        if typed != TypedQuery() or form == ExportForm.CSV.value:
            await send(interaction, Reply(text=_(NOT_A_TABLE if typed == TypedQuery() else ONE_CASE_ALONE)))
            return
        me, whole = interaction.user.id, WholeForm(form)
        text = await self.tools.disclosure.export(guild_id, number, whole, actor_id=me, reasoning=reasoning)
        if text is None:
            await send(interaction, Reply(text=no_such_case(number)))
        elif len(text.encode("utf-8", "replace")) > ROOM:
            await send(interaction, Reply(text=_(TOO_LARGE)))
        else:
            head = _("Everything about case {number}.", number=number)
            said = " ".join([head, _(_KEEP), _("The case's history says that you exported it.")])
            await send(interaction, Reply(text=said, files=(Document(name=f"case-{number}.{form}", text=text),)))

    async def _many(
        self,
        interaction: discord.Interaction[Any],
        guild_id: int,
        typed: TypedQuery,
        form: ExportForm,
        *,
        reasoning: bool,
    ) -> None:
        """Export a list of cases, newest first."""
        query = await self.asked_for(interaction, guild_id, typed, all_kinds=True)
        if query is None:
            return
        me, look_ups = interaction.user.id, self.tools.look_ups
        parts = look_ups.export(guild_id, query, form, reasoning=reasoning, actor_id=me, room=ROOM)
        sender = PartSender(interaction, name="cases", ending=form.value, row=Row.CASE)
        sent = await sender.send(parts)
        if not sent.rows:
            await send(interaction, Reply(text=_(NONE_FOUND)))
            return
        lines = [all_sent(Row.CASE, sent), _(_KEEP), _("The audit log says that you exported it.")]
        if sent.stopped:
            lines.append(_(THERE_IS_MORE))
        await sender.finish(" ".join(lines))

    @export.autocomplete("policy")
    async def policies_to_export(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """The server's policies, to reviewers."""
        return await self.policies_like(interaction, current)

    @export.autocomplete("rule")
    async def rules_to_export(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """The ids of rules in force, to reviewers."""
        return await self.rules_like(interaction, current)
