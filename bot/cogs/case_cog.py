"""``/case show``: a case with its history, for reviewers."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.card import is_cut, render_card
from bot.cogs.gate import admits_reviewer
from bot.cogs.quoting import on_one_line
from bot.cogs.replies import Document, Reply, defer, send
from bot.cogs.wording import at, how_many, rule
from bot.moderation.access import Access
from bot.moderation.audit import AuditAction, AuditEntry
from bot.moderation.case_file import CaseFile, CaseFiles
from bot.moderation.cases import CaseState
from guild_policies.policy import ConsequenceKind, Rule
from guild_policies.values import written_consequence

QUOTE_LIMIT = 450
RULE_LIMIT = 300
ENTRIES_SHOWN = 8

_WHAT = {
    AuditAction.CASE_OPENED: "opened",
    AuditAction.CASE_DECIDED: "decided",
    AuditAction.CARD_POSTED: "card posted",
    AuditAction.CARD_LOST: "card was deleted",
    AuditAction.MESSAGE_GONE: "message was deleted",
    AuditAction.TEXTS_PURGED: "text deleted, its retention time was over",
}
_DECIDED = {
    CaseState.VIOLATION.value: "decided: Violation",
    CaseState.NOT_A_VIOLATION.value: "decided: Not a violation",
}


@app_commands.default_permissions(manage_messages=True)
class CaseCog(commands.GroupCog, group_name="case", group_description="Look up flagged messages"):
    """The commands about cases."""

    def __init__(self, *, files: CaseFiles, access: Access) -> None:
        super().__init__()
        self._files = files
        self._access = access

    @app_commands.command(description="Show a case: the message, the rule as it read then, and what was done")
    @app_commands.describe(number="The case's number, as on its card")
    async def show(self, interaction: discord.Interaction[Any], number: app_commands.Range[int, 1]) -> None:
        """Show one case to one reviewer."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        file = await self._files.find(interaction.guild_id, number)
        if file is None:
            await send(interaction, Reply(text=f"There is no case {number} in this server."))
            return
        await interaction.edit_original_response(view=render_file(file))
        if is_cut(file.case, QUOTE_LIMIT):
            await send(interaction, _whole_text(file))


def render_file(file: CaseFile) -> discord.ui.LayoutView:
    """The card of a case with its rules and its history."""
    extra = [_rules(file.rules)] if file.rules else []
    return render_card(file.case, *extra, _history(file.history), quote_limit=QUOTE_LIMIT)


def _rules(rules: tuple[Rule, ...]) -> str:
    first, *others = rules
    lines = ["**The rule as it read then**", rule(first.id, first.title)]
    if first.breaks_it:
        lines.append(f"> Breaks it: {on_one_line(first.breaks_it, RULE_LIMIT)}")
    if first.does_not:
        lines.append(f"> Does not: {on_one_line(first.does_not, RULE_LIMIT)}")
    if first.consequence.kind is not ConsequenceKind.FLAG:
        lines.append(f"-# The policy wishes for: {written_consequence(first.consequence)}. Bylaw only reports.")
    if others:
        lines.append(f"-# {how_many(len(others), 'more rule', 'more rules')}: see the policy's version")
    return "\n".join(lines)


def _history(entries: tuple[AuditEntry, ...]) -> str:
    shown = entries[-ENTRIES_SHOWN:]
    lines = ["**History**"]
    if len(entries) > len(shown):
        lines.append(f"-# {how_many(len(entries) - len(shown), 'older entry', 'older entries')} not shown")
    return "\n".join([*lines, *(_entry(entry) for entry in shown)])


def _entry(entry: AuditEntry) -> str:
    what = _WHAT.get(entry.action, entry.action.value.replace("_", " "))
    if entry.action is AuditAction.CASE_DECIDED:
        what = _DECIDED.get(entry.detail, what)
    who = f" by <@{entry.actor_id}>" if entry.actor_id is not None else ""
    return f"- {at(entry.at)} {what}{who}"


def _whole_text(file: CaseFile) -> Reply:
    case = file.case
    document = Document(name=f"message-case-{case.number}.txt", text=case.evidence.text or "")
    return Reply(text=f"The whole message of case {case.number}, as its author wrote it.", files=(document,))
