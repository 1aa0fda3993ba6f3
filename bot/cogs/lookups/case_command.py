"""``/case``: shows a case with its history; also has the commands of `case_lists` and `case_exports`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.cards.card import is_cut, render_card
from bot.cogs.cards.card_files import written_files
from bot.cogs.cards.history import history_lines
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Document, Reply, defer, send
from bot.cogs.interactions.wording import rule
from bot.cogs.lookups.case_exports import CaseExports
from bot.cogs.lookups.case_lists import CaseTools, no_such_case
from bot.cogs.lookups.history_pages import HistoryPageClick, history_page
from bot.cogs.policies.consequences import follows_now
from bot.languages.translation import _, ngettext
from bot.moderation.cards.faces import Faces
from bot.moderation.cases.case_file import CaseFile, CaseFiles
from bot.moderation.review.shield import Shield
from guild_policies.policy import ConsequenceKind, Rule
from guild_policies.text.values import written_consequence

RULE_LIMIT = 250


@app_commands.default_permissions(manage_messages=True)
class CaseCommand(CaseExports, commands.GroupCog, group_name="case", group_description="Look up flagged messages"):
    """The commands about cases."""

    def __init__(self, *, files: CaseFiles, faces: Faces, shield: Shield, tools: CaseTools) -> None:
        super().__init__()
        self._shield = shield
        self._files = files
        self._faces = faces
        self._access = tools.access
        self.tools = tools

    @app_commands.command(description="Show a case: the message, the rule as it read then, and what was done")
    @app_commands.describe(number="The case's number, as on its card")
    async def show(self, interaction: discord.Interaction[Any], number: app_commands.Range[int, 1]) -> None:
        """Show one case to one reviewer."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        file = await self._files.find(interaction.guild_id, number)
        if file is None:
            await send(interaction, Reply(text=no_such_case(number)))
            return
        view, is_whole = await self._rendered(file, interaction.user.id)
        await interaction.edit_original_response(view=view)
        if not is_whole:
            await send(interaction, _whole_text(file))

    @commands.Cog.listener()
    async def on_history_page_click(self, interaction: discord.Interaction[Any], click: HistoryPageClick) -> None:
        """A reviewer asked for another page of a case's history."""
        async with answering("a click on a history", interaction):
            if interaction.guild_id != click.guild_id:
                await send(interaction, Reply(text=no_such_case(click.number)))
            elif await admits_reviewer(interaction, self._access):
                await interaction.response.defer()
                file = await self._files.find(click.guild_id, click.number)
                if file is None:
                    await send(interaction, Reply(text=no_such_case(click.number)))
                    return
                view, _whole = await self._rendered(file, interaction.user.id, page=click.page)
                await interaction.edit_original_response(view=view)

    async def _rendered(
        self, file: CaseFile, reader_id: int, *, page: int | None = None
    ) -> tuple[discord.ui.LayoutView, bool]:
        """The case with its rules and a page of its history, and whether its message is shown whole, or hidden."""
        face = await self._shield.for_reader(await self._faces.of(file.case), reader_id)
        history = history_page(history_lines(face, file.history), page)
        rules = [rules_then(file.rules, await self._follows(file))] if file.rules else []
        extra = (*rules, history.text)
        view = render_card(face, *extra)
        buttons = history.buttons(file.case.guild_id, file.case.number)
        if buttons is not None:
            view.add_item(buttons)
        return view, face.shielded or not is_cut(face, *extra)

    async def _follows(self, file: CaseFile) -> str:
        """The automatic action for the first rule of the case, as set now."""
        if not file.rules:
            return ""
        case = file.case
        found = await self.tools.consequences.of_rule(case.guild_id, case.judged.policy_id, file.rules[0].id)
        return follows_now(found)


def rules_then(rules: tuple[Rule, ...], follows: str) -> str:
    """The rules of a case as worded when it was judged, and what happens automatically now."""
    first, *others = rules
    lines = [f"**{_('The rule as it read then')}**", rule(first.id, first.title)]
    if first.breaks_it:
        lines.append("> " + _("Breaks it: {text}", text=on_one_line(first.breaks_it, RULE_LIMIT)))
    if first.does_not:
        lines.append("> " + _("Does not break it: {text}", text=on_one_line(first.does_not, RULE_LIMIT)))
    if first.consequence.kind is not ConsequenceKind.FLAG:
        wish = _("The policy asks for this: {consequence}.", consequence=written_consequence(first.consequence))
        lines.append(f"-# {wish} {follows}".rstrip())
    if others:
        more = ngettext(
            "{n} more rule: see the policy's version", "{n} more rules: see the policy's version", len(others)
        )
        lines.append(f"-# {more}")
    return "\n".join(lines)


def _whole_text(file: CaseFile) -> Reply:
    case = file.case
    later = [*case.evidence.versions, *([case.evidence.edited] if case.evidence.edited else [])]
    versions = [f"{_('After the edit of {moment}:', moment=_utc(each.edit))}\n\n{each.text}" for each in later]
    files = written_files(case.evidence)
    text = "\n\n----\n\n".join([case.evidence.text or "", *versions, *([files] if files else [])])
    document = Document(name=f"message-case-{case.number}.txt", text=text)
    said = _("The whole message of case {number}, as its author wrote it.", number=case.number)
    return Reply(text=said, files=(document,))


def _utc(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).isoformat(sep=" ", timespec="seconds")
