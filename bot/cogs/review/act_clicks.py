"""**Act…** on cards: moderators take action against a member.

Bylaw does only what the moderator could do by hand: Discord's own permission is checked for them, too, at that time.
"""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.cogs.cards.buttons import CaseClick, CaseVerb
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form
from bot.cogs.review import act_replies
from bot.cogs.review.act_form import FORM, REASON, ActForm, Choice, act_form, read_act_form
from bot.cogs.review.case_clicks import (
    NO_SUCH_CASE,
    admits_to_case,
    bring_up_to_date,
    is_anothers_case,
    is_behind,
    may_by_hand,
    permissions_of,
)
from bot.cogs.review.ground_form import read_ground
from bot.cogs.review.in_force import running_timeout
from bot.languages.translation import _, marked
from bot.moderation.cards.faces import Faces
from bot.moderation.cases.action import MAX_REASON, ActionKind
from bot.moderation.cases.case import RuleBroken
from bot.moderation.cases.ground import Ground, NamedRule
from bot.moderation.policies.nameable_rules import NameableRules
from bot.moderation.review.actions import Act, Acted
from bot.moderation.review.decisions import OWN_CASE, OwnCase, Review
from bot.moderation.review.notes import Notes
from bot.moderation.servers.permissions import Access

_NOTHING_WRITTEN = marked("A note needs words: write them into “Reason, or the note”.")


class ActClicks(commands.Cog):
    """Opens and handles the form."""

    def __init__(
        self,
        *,
        act: Act,
        review: Review,
        notes: Notes,
        faces: Faces,
        rules: NameableRules,
        access: Access,
        open_tasks: OpenTasks,
    ) -> None:
        self._act = act
        self._review = review
        self._notes = notes
        self._faces = faces
        self._rules = rules
        self._access = access
        self._open_tasks = open_tasks

    @commands.Cog.listener()
    async def on_case_click(self, interaction: discord.Interaction[Any], click: CaseClick) -> None:
        """A moderator wants to act: open the form at once, with the timeout in force; then claim the case in the
        background."""
        if click.verb is not CaseVerb.ACT:
            return
        async with answering("a form", interaction):
            if not await admits_to_case(interaction, click.guild_id, self._access):
                return
            case = await self._review.find(click.guild_id, click.number)
            if case is None:
                await send(interaction, Reply(text=_(NO_SUCH_CASE)))
                return
            if not await is_anothers_case(interaction, case):
                return
            me = interaction.user.id
            running = await running_timeout(interaction.guild, case.evidence.author_id)
            now, has = discord.utils.utcnow(), permissions_of(interaction)
            rules = await self._rules.of(click.guild_id, first=case.judged.policy_id) if case.needs_ground else ()
            made = act_form(case, reader_id=me, has=has, now=now, running=running, rules=rules)
            await interaction.response.send_modal(made)
            if case.decision is None:
                await self._review.claim(click.guild_id, click.number, moderator_id=me)

    @on_form(FORM, what="an action")
    async def take_form(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form was submitted, perhaps much later, perhaps by somebody who lost the role meanwhile."""
        wanted = read_act_form(sent)
        with self._open_tasks.tracking():
            if await admits_to_case(interaction, wanted.guild_id, self._access):
                await self._take_in(interaction, wanted, sent)

    async def _take_in(self, interaction: discord.Interaction[Any], sent: ActForm, form: SubmittedForm) -> None:
        if sent.choice is Choice.NOTE:
            await self._note(interaction, sent)
        elif sent.choice is Choice.SKIP:
            await interaction.response.defer()
            skipped = await self._review.skip(sent.guild_id, sent.number, moderator_id=interaction.user.id)
            said = _("Skipped: case {number} is left to others.", number=sent.number)
            said = _(OWN_CASE) if isinstance(skipped, OwnCase) else said
            await send(interaction, Reply(text=_(NO_SUCH_CASE) if skipped is None else said))
        elif await may_by_hand(interaction, ActionKind(sent.choice.value)):
            await interaction.response.defer()
            ground = await read_ground(form, self._rules, sent.guild_id, field=REASON)
            await self._do(interaction, sent, ActionKind(sent.choice.value), ground)

    async def _note(self, interaction: discord.Interaction[Any], sent: ActForm) -> None:
        if not sent.reason:
            await send(interaction, Reply(text=_(_NOTHING_WRITTEN)))
            return
        await interaction.response.defer()
        note = await self._notes.add(sent.guild_id, sent.number, author_id=interaction.user.id, text=sent.reason)
        said = _("Noted on case {number}. Members never see it.", number=sent.number)
        await send(interaction, Reply(text=_(NO_SUCH_CASE) if note is None else said))

    async def _do(
        self, interaction: discord.Interaction[Any], sent: ActForm, kind: ActionKind, ground: Ground | None
    ) -> None:
        rule = None if ground is None else ground.rule
        case = await self._review.find(sent.guild_id, sent.number)
        outcome = (
            None
            if case is None
            else await self._act.act(
                sent.guild_id,
                sent.number,
                kind=kind,
                moderator_id=interaction.user.id,
                reason=sent.reason or _the_rule(rule, *case.rules),
                length=sent.length if kind is ActionKind.TIMEOUT else None,
                may_replace=sent.may_replace,
                ground=ground if rule is None else Ground(rule=rule),  # the words are the action's
            )
        )
        if outcome is None:
            await send(interaction, Reply(text=_(NO_SUCH_CASE)))
        else:
            await send(interaction, act_replies.of(outcome))
            if is_behind(interaction, outcome.case):
                await bring_up_to_date(interaction, await self._faces.of(outcome.case))
            if isinstance(outcome, Acted) and outcome.decides:
                interaction.client.dispatch("case_decided", interaction, outcome.case)


def _the_rule(*rules: NamedRule | RuleBroken | None) -> str:
    """The default reason: the first rule."""
    return next((f"{rule.id} {rule.title}"[:MAX_REASON].strip() for rule in rules if rule is not None), "")
