"""Clicks on shared cards, and the form that asks for the reason before any action."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.cards.shared.shared_card_buttons import SharedCardClick, SharedCardVerb
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.forms import opened_form
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form
from bot.cogs.review.act_form import REASON, length_menu, read_length, reason_field
from bot.cogs.review.case_clicks import admits_to_case, may_by_hand
from bot.cogs.review.ground_form import read_ground, rule_menu
from bot.languages.kept_sentences import retold
from bot.languages.translation import _, marked, ngettext, number
from bot.moderation.cards.shared_card import GroupLine
from bot.moderation.cases.action import MAX_REASON, ActionKind
from bot.moderation.cases.ground import Ground, NamedRule
from bot.moderation.policies.nameable_rules import NameableRule, NameableRules
from bot.moderation.review.bulk import Bulk, BulkChoice, BulkDone
from bot.moderation.review.whys import WHYS
from bot.moderation.servers.permissions import Access

# English, translated when shown.
NOTHING_OPEN = marked("Every case on this card is decided. /case show NUMBER shows each of them.")
ALL_YOURS = marked("Every open case on this card is about you, so somebody else has to decide. Nothing was changed.")
ALL_SHOWN = marked("Every open case on this card has a card of its own, or Discord did not accept it just now.")
CUT_SHORT = marked(
    "**Bylaw was stopped before it was done.** Cases that the card still shows as open were not touched, except "
    "perhaps the one it was working on: its own card says so. Click again once Bylaw is back."
)

_NEEDS = {BulkChoice.DELETE: ActionKind.DELETE, BulkChoice.TIMEOUT: ActionKind.TIMEOUT}
_FORM = r"bylaw:bulk:(?P<guild>[0-9]{1,20}):(?P<group>[0-9]{1,18}):(?P<choice>delete|timeout)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A moderator's choice for all cases of a card."""

    choice: BulkChoice
    reason: str = ""
    length: timedelta | None = None
    ground: Ground | None = None


class BulkClicks(commands.Cog):
    """Carries out what moderators choose for all cases of a card."""

    def __init__(self, *, bulk: Bulk, rules: NameableRules, access: Access, open_tasks: OpenTasks) -> None:
        self._bulk = bulk
        self._rules = rules
        self._access = access
        self._open_tasks = open_tasks

    @commands.Cog.listener()
    async def on_shared_card_click(self, interaction: discord.Interaction[Any], click: SharedCardClick) -> None:
        """Somebody clicked. Checks permission and open cases now."""
        async with answering("a click on a shared card", interaction):
            if not await admits_to_case(interaction, click.guild_id, self._access):
                return
            if click.verb is SharedCardVerb.SHOW:
                await self._show(interaction, click)
                return
            choice = BulkChoice(click.verb.value)
            if choice in _NEEDS and not await may_by_hand(interaction, _NEEDS[choice]):
                return
            still_open = [line for line in await self._bulk.lines(click.guild_id, click.group_id) if line.is_open]
            wanted = [line for line in still_open if line.author_id != interaction.user.id]
            if not wanted:
                await send(interaction, Reply(text=_(ALL_YOURS if still_open else NOTHING_OPEN)))
            elif choice is BulkChoice.NOT_A_VIOLATION:
                await defer(interaction)
                await self._choose(interaction, click.guild_id, click.group_id, Chosen(choice=choice))
            else:
                rules = await self._rules.of(click.guild_id) if _names_no_rule(wanted) else ()
                await interaction.response.send_modal(_form(click, choice, wanted, rules))

    @on_form(_FORM, what="a choice for many cases")
    async def take_form(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form was submitted, perhaps by somebody who lost the role meanwhile."""
        guild_id, group_id, choice = sent.number("guild"), sent.number("group"), BulkChoice(sent.ids["choice"])
        length, reason = read_length(sent), sent.values.get(REASON, "").strip()
        if not await admits_to_case(interaction, guild_id, self._access):
            return
        if await may_by_hand(interaction, _NEEDS[choice]):
            await defer(interaction)
            ground = await read_ground(sent, self._rules, guild_id, field=REASON)
            chosen = Chosen(choice=choice, reason=reason, length=length, ground=ground)
            await self._choose(interaction, guild_id, group_id, chosen)

    async def _choose(
        self, interaction: discord.Interaction[Any], guild_id: int, group_id: int, chosen: Chosen
    ) -> None:
        rule = chosen.ground.rule if chosen.ground is not None else None
        reason = chosen.reason or _the_rule(rule, await self._bulk.lines(guild_id, group_id))
        with self._open_tasks.tracking():
            try:
                done = await self._bulk.choose(
                    guild_id,
                    group_id,
                    chosen.choice,
                    moderator_id=interaction.user.id,
                    reason=reason,
                    length=chosen.length if chosen.choice is BulkChoice.TIMEOUT else None,
                    ground=chosen.ground if rule is None else Ground(rule=rule),  # the words are the actions'
                    may_go_on=self._open_tasks.may_go_on,
                )
            except asyncio.CancelledError:  # closing has no more time for the current step
                await send(interaction, Reply(text=_(CUT_SHORT)))
                raise
            await send(interaction, Reply(text=summary(done)))

    async def _show(self, interaction: discord.Interaction[Any], click: SharedCardClick) -> None:
        await defer(interaction)
        with self._open_tasks.tracking():
            shown, left = await self._bulk.show_next(click.guild_id, click.group_id)
            said = ngettext(
                "{n} card posted, the oldest first; {left} left.",
                "{n} cards posted, the oldest first; {left} left.",
                shown,
                left=number(left),
            )
            await send(interaction, Reply(text=said if shown else _(ALL_SHOWN)))


def summary(done: BulkDone) -> str:
    """The result in words."""
    lines = [ngettext("Done for {n} case.", "Done for {n} cases.", done.done)]
    if done.decided_before:
        before = done.decided_before
        lines.append(
            ngettext(
                "{n} case had already been decided or acted on.",
                "{n} cases had already been decided or acted on.",
                before,
            )
        )
    if done.unneeded:
        lines.append(
            ngettext(
                "Nothing to change for {n} case: a longer timeout is in force, or it was done before.",
                "Nothing to change for {n} cases: a longer timeout is in force, or it was done before.",
                done.unneeded,
            )
        )
    if done.own:
        lines.append(
            ngettext(
                "{n} case left out: it is about you, so somebody else has to decide.",
                "{n} cases left out: they are about you, so somebody else has to decide.",
                done.own,
            )
        )
    if done.no_rule:
        lines.append(
            ngettext(
                "{n} case was left open: the judge named no rule. Click again, and choose one or write a reason.",
                "{n} cases were left open: the judge named no rule. Click again, and choose one or write a reason.",
                done.no_rule,
            )
        )
    return "\n".join([*lines, *_not_done(done)])


def _not_done(done: BulkDone) -> list[str]:
    lines = []
    if done.refused:
        why = retold(done.why, WHYS)
        lines.append(
            ngettext("Not done for {n} case: {why}", "Not done for {n} cases; the first: {why}", done.refused, why=why)
        )
    if done.stopped:
        lines.append(
            ngettext(
                "**Bylaw is being stopped: {n} case was not touched.** Click again once it is back.",
                "**Bylaw is being stopped: {n} cases were not touched.** Click again once it is back.",
                done.left,
            )
        )
    elif done.left:
        lines.append(ngettext("{n} case is left: click again.", "{n} cases are left: click again.", done.left))
    return lines


def _names_no_rule(lines: list[GroupLine]) -> bool:
    """Is there a case in which the judge named no rule?"""
    return any(not line.rules for line in lines)


def _form(
    click: SharedCardClick, choice: BulkChoice, wanted: list[GroupLine], rules: Sequence[NameableRule]
) -> discord.ui.Modal:
    members = len({line.author_id for line in wanted})
    messages = sum(line.messages for line in wanted)
    # Translators: the title of a form, at most 40 characters.
    title = ngettext("Delete {n} message", "Delete {n} messages", messages)
    if choice is BulkChoice.TIMEOUT:
        # Translators: the title of a form, at most 40 characters.
        title = ngettext("Time out {n} member", "Time out {n} members", members)
    made = opened_form(title, f"bylaw:bulk:{click.guild_id}:{click.group_id}:{choice}")
    if choice is BulkChoice.TIMEOUT:
        # Translators: in a form, at most 100 characters.
        hint = _("Longer timeouts stay as they are")
        made.add_item(discord.ui.Label(text=_("How long"), description=hint, component=length_menu()))
    # Translators: in a form, at most 100 characters.
    hint = _("Shown on every case and in Discord's audit log. If you leave it empty, the rule is shown.")
    if _names_no_rule(wanted):
        made.add_item(rule_menu(rules))
        # Translators: in a form, at most 100 characters.
        hint = _("For every case and Discord's audit log. If you choose no rule, members read it, too.")
    made.add_item(discord.ui.Label(text=_("Reason"), description=hint, component=reason_field()))
    return made


def _the_rule(named: NamedRule | None, lines: tuple[GroupLine, ...]) -> str:
    first = named or next((rule for line in lines for rule in line.rules), None)
    return f"{first.id} {first.title}"[:MAX_REASON].strip() if first else ""
