"""**Act…** and **Undo** on cards: moderators do something about a member, and take it back.

Bylaw does only what the moderator could do by hand: Discord's own permission is asked of them, too, at that moment.
"""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.cogs.cards.buttons import CaseClick, CaseVerb, UndoClick
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form
from bot.cogs.review import act_replies
from bot.cogs.review.act_form import FORM, ActForm, Choice, act_form, read_act_form
from bot.cogs.review.case_clicks import NO_SUCH_CASE, admits_to_case, bring_up_to_date, is_behind
from bot.cogs.review.preconditions import NEEDED
from bot.moderation.cards.faces import Faces
from bot.moderation.cases.action import MAX_REASON, UNDONE_BY, ActionKind
from bot.moderation.cases.case import Case
from bot.moderation.review.actions import Act, Acted, CannotUndo
from bot.moderation.review.decisions import Review
from bot.moderation.review.notes import Notes
from bot.moderation.servers.permissions import Access

_NOTHING_WRITTEN = "A note needs words: write them into “Reason, or the note”."


class ActClicks(commands.Cog):
    """Opens the form, takes it in, and takes actions back."""

    def __init__(
        self, *, act: Act, review: Review, notes: Notes, faces: Faces, access: Access, open_tasks: OpenTasks
    ) -> None:
        self._act = act
        self._review = review
        self._notes = notes
        self._faces = faces
        self._access = access
        self._open_tasks = open_tasks

    @commands.Cog.listener()
    async def on_case_click(self, interaction: discord.Interaction[Any], click: CaseClick) -> None:
        """A moderator wants to act: the form at once, then the claim, which nobody has to wait for."""
        if click.verb is not CaseVerb.ACT:
            return
        async with answering("a form", interaction):
            if not await admits_to_case(interaction, click.guild_id, self._access):
                return
            case = await self._review.find(click.guild_id, click.number)
            if case is None:
                await send(interaction, Reply(text=NO_SUCH_CASE))
                return
            me = interaction.user.id
            await interaction.response.send_modal(
                act_form(case, reader_id=me, has=_permissions(interaction), now=discord.utils.utcnow())
            )
            if case.decision is None:
                await self._review.claim(click.guild_id, click.number, moderator_id=me)

    @on_form(FORM, what="an action")
    async def take_form(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form was sent off, perhaps long after, perhaps by somebody who lost the role meanwhile."""
        wanted = read_act_form(sent)
        with self._open_tasks.tracking():
            if await admits_to_case(interaction, wanted.guild_id, self._access):
                await self._take_in(interaction, wanted)

    @commands.Cog.listener()
    async def on_undo_click(self, interaction: discord.Interaction[Any], click: UndoClick) -> None:
        """A moderator takes an action back. What Bylaw did by itself any reviewer may take back."""
        with self._open_tasks.tracking():
            await self._undo(interaction, click)

    async def _undo(self, interaction: discord.Interaction[Any], click: UndoClick) -> None:
        async with answering("taking an action back", interaction):
            if not await admits_to_case(interaction, click.guild_id, self._access):
                return
            action = await self._act.find(click.guild_id, click.action_id)
            if action is None:
                await send(interaction, Reply(text=act_replies.NO_SUCH_ACTION))
                return
            needs = UNDONE_BY.get(action.new.kind) if action.new.by is not None else None
            if needs is not None and not await may_by_hand(interaction, needs):
                return
            await interaction.response.defer()
            outcome = await self._act.undo(click.guild_id, click.action_id, moderator_id=interaction.user.id)
            if outcome is None or isinstance(outcome, CannotUndo):
                await send(interaction, Reply(text=outcome.why if outcome else act_replies.NO_SUCH_ACTION))
            else:
                reply = act_replies.of_undoing(outcome) if isinstance(outcome, Acted) else act_replies.of(outcome)
                await self._answer(interaction, outcome.case, reply)

    async def _take_in(self, interaction: discord.Interaction[Any], sent: ActForm) -> None:
        if sent.choice is Choice.NOTE:
            await self._note(interaction, sent)
        elif sent.choice is Choice.SKIP:
            await interaction.response.defer()
            skipped = await self._review.skip(sent.guild_id, sent.number, moderator_id=interaction.user.id)
            said = f"Skipped: case {sent.number} is left to others."
            await send(interaction, Reply(text=NO_SUCH_CASE if skipped is None else said))
        elif await may_by_hand(interaction, ActionKind(sent.choice.value)):
            await self._do(interaction, sent, ActionKind(sent.choice.value))

    async def _note(self, interaction: discord.Interaction[Any], sent: ActForm) -> None:
        if not sent.reason:
            await send(interaction, Reply(text=_NOTHING_WRITTEN))
            return
        await interaction.response.defer()
        note = await self._notes.add(sent.guild_id, sent.number, author_id=interaction.user.id, text=sent.reason)
        said = f"Noted on case {sent.number}. Members never see it."
        await send(interaction, Reply(text=NO_SUCH_CASE if note is None else said))

    async def _do(self, interaction: discord.Interaction[Any], sent: ActForm, kind: ActionKind) -> None:
        await interaction.response.defer()
        case = await self._review.find(sent.guild_id, sent.number)
        outcome = (
            None
            if case is None
            else await self._act.act(
                sent.guild_id,
                sent.number,
                kind=kind,
                moderator_id=interaction.user.id,
                reason=sent.reason or _the_rule(case),
                length=sent.length if kind is ActionKind.TIMEOUT else None,
            )
        )
        if outcome is None:
            await send(interaction, Reply(text=NO_SUCH_CASE))
        else:
            await self._answer(interaction, outcome.case, act_replies.of(outcome))

    async def _answer(self, interaction: discord.Interaction[Any], case: Case, reply: Reply) -> None:
        await send(interaction, reply)
        if is_behind(interaction, case):
            await bring_up_to_date(interaction, await self._faces.of(case))


def _the_rule(case: Case) -> str:
    """The reason of somebody who gives none."""
    first = next(iter(case.judged.rules), None)
    return f"{first.id} {first.title}"[:MAX_REASON].strip() if first else ""


def _permissions(interaction: discord.Interaction[Any]) -> discord.Permissions:
    """Those for the whole server, as everywhere in Bylaw."""
    user = interaction.user
    return user.guild_permissions if isinstance(user, discord.Member) else discord.Permissions.none()


async def may_by_hand(interaction: discord.Interaction[Any], kind: ActionKind) -> bool:
    """May this person do that by hand? Somebody who may not is told so."""
    permission, label = NEEDED.get(kind, ("", ""))
    if not permission or getattr(_permissions(interaction), permission):
        return True
    await send(interaction, Reply(text=act_replies.you_lack(label)))
    return False
