"""**Undo** and **Change timeout** on cards: undo or correct an action against a member.

Neither decides the case. Bylaw does only what the moderator could do by hand: Discord's own permission is checked for
them, too, at that time.
"""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.cogs.cards.buttons import ChangeClick, UndoClick
from bot.cogs.interactions.action_words import noun
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.forms import opened_form
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form
from bot.cogs.interactions.wording import at
from bot.cogs.review import act_replies
from bot.cogs.review.act_form import REASON, length_menu, read_length, reason_field
from bot.cogs.review.case_clicks import admits_to_case, bring_up_to_date, is_behind, may_by_hand
from bot.languages.translation import _
from bot.moderation.cards.faces import Faces
from bot.moderation.cases.action import UNDONE_BY, Action, ActionKind
from bot.moderation.review.actions import Act, Acted, ActedBefore, CannotUndo
from bot.moderation.review.decisions import OWN_CASE, OwnCase
from bot.moderation.review.undo_rules import why_not_changed
from bot.moderation.servers.permissions import Access

_FORM = r"bylaw:change_timeout:(?P<guild>[0-9]{1,20}):(?P<action>[0-9]{1,19})"

Outcome = Acted | ActedBefore | CannotUndo | OwnCase | None


class UndoClicks(commands.Cog):
    """Undoes actions, and changes timeouts."""

    def __init__(self, *, act: Act, faces: Faces, access: Access, open_tasks: OpenTasks) -> None:
        self._act = act
        self._faces = faces
        self._access = access
        self._open_tasks = open_tasks

    @commands.Cog.listener()
    async def on_undo_click(self, interaction: discord.Interaction[Any], click: UndoClick) -> None:
        """A moderator undoes an action."""
        with self._open_tasks.tracking():
            async with answering("taking an action back", interaction):
                action = await self._found(interaction, click.guild_id, click.action_id)
                kind = UNDONE_BY.get(action.new.kind) if action is not None else None
                if action is None or (kind is not None and not await may_by_hand(interaction, kind)):
                    return
                await interaction.response.defer()
                me = interaction.user.id
                await self._answer(interaction, await self._act.undo(click.guild_id, action.id, moderator_id=me))

    @commands.Cog.listener()
    async def on_change_click(self, interaction: discord.Interaction[Any], click: ChangeClick) -> None:
        """A moderator wants another length: open the form, with the current end of the timeout."""
        async with answering("a form", interaction):
            action = await self._found(interaction, click.guild_id, click.action_id)
            if action is None or not await may_by_hand(interaction, ActionKind.TIMEOUT):
                return
            own = action.new.target_id == interaction.user.id
            why_not = OWN_CASE if own else why_not_changed(action, now=discord.utils.utcnow())
            if why_not:
                await send(interaction, Reply(text=_(why_not)))
            else:
                await interaction.response.send_modal(_change_form(action))

    @on_form(_FORM, what="a changed timeout")
    async def take_form(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form was submitted, perhaps by somebody who lost the role meanwhile."""
        guild_id, action_id, length = sent.number("guild"), sent.number("action"), read_length(sent)
        with self._open_tasks.tracking():
            action = await self._found(interaction, guild_id, action_id)
            if action is None or not await may_by_hand(interaction, ActionKind.TIMEOUT):
                return
            await interaction.response.defer()
            reason = sent.values.get(REASON, "").strip() or action.new.reason
            me = interaction.user.id
            outcome = await self._act.change_timeout(guild_id, action_id, moderator_id=me, reason=reason, length=length)
            await self._answer(interaction, outcome)

    async def _found(self, interaction: discord.Interaction[Any], guild_id: int, action_id: int) -> Action | None:
        """The action, if this person may decide cases here; otherwise they are told why not."""
        if not await admits_to_case(interaction, guild_id, self._access):
            return None
        action = await self._act.find(guild_id, action_id)
        if action is None:
            await send(interaction, Reply(text=_(act_replies.NO_SUCH_ACTION)))
        return action

    async def _answer(self, interaction: discord.Interaction[Any], outcome: Outcome) -> None:
        await send(interaction, act_replies.of_correcting(outcome))
        if isinstance(outcome, Acted | ActedBefore) and is_behind(interaction, outcome.case):
            await bring_up_to_date(interaction, await self._faces.of(outcome.case))


def _change_form(action: Action) -> discord.ui.Modal:
    new = action.new
    custom_id = f"bylaw:change_timeout:{new.guild_id}:{action.id}"
    # Translators: the title of a form, at most 35 characters, because numbers can be long.
    made = opened_form(_("Change the timeout in case {number}", number=new.case_number), custom_id)
    now = _("Now: {action}.", action=noun(action))
    if action.end:
        now = _(
            "Now: {action}, until {moment} ({from_now}).",
            action=noun(action),
            moment=at(action.end),
            from_now=at(action.end, "R"),
        )
    made.add_item(discord.ui.TextDisplay(now))
    # Translators: in a form, at most 45 characters, and at most 100.
    made.add_item(discord.ui.Label(text=_("New length"), description=_("Counts from now"), component=length_menu()))
    # Translators: in a form, at most 100 characters.
    hint = _("Shown on the card and in Discord's audit log. If you leave it empty, the reason stays the same.")
    # Translators: in a form, at most 45 characters.
    made.add_item(discord.ui.Label(text=_("Reason"), description=hint, component=reason_field()))
    return made
