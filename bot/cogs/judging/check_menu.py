"""**Check against policy**, a message context menu: how would this be judged now?"""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.read_message import MessageReader
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.wording import NOTHING_TO_READ, not_read, rule, score_text
from bot.languages.translation import _, ngettext
from bot.moderation.judging.check import Check, Checked, CheckResult
from bot.moderation.judging.decide import why_undecided
from bot.moderation.servers.permissions import Access
from classifier import Outcome, Undecided, Verdict

MENU = "Check against policy"
RATIONALE_LIMIT = 500
TEXT_LIMIT = 3_350
NAMES_LIMIT = 60  #: for the policy's name and for the rule's title
POLICIES_SHOWN = 10


class CheckMenu(commands.Cog):
    """The context menu command."""

    def __init__(self, bot: commands.AutoShardedBot, *, reader: MessageReader, check: Check, access: Access) -> None:
        self._bot = bot
        self._reader = reader
        self._check = check
        self._access = access
        self._menu = app_commands.ContextMenu(name=MENU, callback=self._run)
        self._menu.default_permissions = discord.Permissions(manage_messages=True)

    async def cog_load(self) -> None:
        """Register the context menu: cogs only register slash commands automatically."""
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Unregister the context menu."""
        self._bot.tree.remove_command(MENU, type=discord.AppCommandType.message)

    async def _run(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access):
            return
        seen = await self._reader.whole(message)
        if seen is None or seen.is_empty:
            await send(interaction, Reply(text=_(NOTHING_TO_READ)))
        else:
            await self._show(interaction, await self._check.check(seen))

    async def _show(self, interaction: discord.Interaction[Any], result: CheckResult) -> None:
        if not result.answers:
            await send(interaction, Reply(text=_("No policy is in force in this server.")))
            return
        await interaction.edit_original_response(view=render_check(result))


def render_check(result: CheckResult) -> discord.ui.LayoutView:
    """The answers, one part per policy, then the case about this message if there is one."""
    answers = result.answers[:POLICIES_SHOWN]
    room = TEXT_LIMIT // len(answers) - 3 * NAMES_LIMIT - 80  # space for headings and separators
    parts: list[discord.ui.Item[discord.ui.LayoutView]] = [
        discord.ui.TextDisplay(_answer(answer, min(RATIONALE_LIMIT, room))) for answer in answers
    ]
    foot = "-# " + _("Nothing was kept and no case was opened.")
    if result.case is not None:
        foot = "-# " + _("There is a case about this message: /case show {number}", number=result.case.number)
    foot = "\n".join([*not_read(result.files), foot])
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.Container(*parts, discord.ui.Separator(), discord.ui.TextDisplay(foot)))
    return view


def _answer(answer: Checked, room: int) -> str:
    policy = answer.policy
    head = f"**{on_one_line(policy.name, NAMES_LIMIT)}** v{policy.version.number}"
    judgement = answer.judgement
    if isinstance(judgement, Undecided):
        return f"{head}: ⚪ {_('could not judge')}\n{_(why_undecided(judgement.reason))}"
    return f"{head}: {_verdict(answer, judgement)}\n{on_one_line(judgement.rationale, room)}".rstrip()


def _verdict(answer: Checked, verdict: Verdict) -> str:
    if verdict.outcome is Outcome.CLEAR:
        return f"{_('🟢 clear')} · {score_text(verdict.score)}"
    first, *others = verdict.rule_ids
    found = answer.policy.policy.rule(first)
    parts = [_("🔴 violation of {rule}", rule=rule(first, found.title if found else "", NAMES_LIMIT))]
    if others:
        parts.append(ngettext("{n} more rule", "{n} more rules", len(others)))
    return " · ".join([*parts, score_text(verdict.score)])
