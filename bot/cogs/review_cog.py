"""The buttons on cards: moderators decide, and read the model's own notes."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.cogs.buttons import CaseClick, CaseVerb
from bot.cogs.card import render_card
from bot.cogs.errors import answering
from bot.cogs.gate import admits_reviewer
from bot.cogs.quoting import as_quote
from bot.cogs.replies import Document, Reply, send
from bot.cogs.wording import at, state
from bot.moderation.access import Access
from bot.moderation.cases import Case, CaseKind, CaseState
from bot.moderation.review import DecidedBefore, Review

REASONING_LIMIT = 1_700

NO_SUCH_CASE = "There is no such case in this server."

_STATES = {CaseVerb.VIOLATION: CaseState.VIOLATION, CaseVerb.NOT_A_VIOLATION: CaseState.NOT_A_VIOLATION}


class ReviewCog(commands.Cog):
    """Answers clicks on cards."""

    def __init__(self, *, review: Review, access: Access) -> None:
        self._review = review
        self._access = access

    @commands.Cog.listener()
    async def on_case_click(self, interaction: discord.Interaction[Any], click: CaseClick) -> None:
        """Somebody clicked. Who may do so is asked now, whatever was true when the card was posted."""
        async with answering("a click on a card", interaction):
            if interaction.guild_id != click.guild_id:
                await send(interaction, Reply(text=NO_SUCH_CASE))
            elif not await admits_reviewer(interaction, self._access):
                return
            elif click.verb is CaseVerb.REASONING:
                await self._show_reasoning(interaction, click)
            else:
                await self._decide(interaction, click, _STATES[click.verb])

    async def _decide(self, interaction: discord.Interaction[Any], click: CaseClick, to: CaseState) -> None:
        await interaction.response.defer()  # the card is edited by the desk; this only stops the button's spinner
        outcome = await self._review.decide(click.guild_id, click.number, state=to, moderator_id=interaction.user.id)
        if outcome is None:
            await send(interaction, Reply(text=NO_SUCH_CASE))
            return
        if isinstance(outcome, DecidedBefore):
            await send(interaction, Reply(text=_decided_before(outcome)))
        is_card = interaction.message is not None and interaction.message.id == outcome.case.card_message_id
        if not is_card or isinstance(outcome, DecidedBefore):  # the view of /case show, or a card that fell behind
            await interaction.edit_original_response(view=render_card(outcome.case))

    async def _show_reasoning(self, interaction: discord.Interaction[Any], click: CaseClick) -> None:
        case = await self._review.find(click.guild_id, click.number)
        await send(interaction, Reply(text=NO_SUCH_CASE) if case is None else reasoning_of(case))


def reasoning_of(case: Case) -> Reply:
    """The model's notes on a case: quoted, or as a file where they are long."""
    head = f"**The judge's notes on case {case.number}**"
    reasoning = case.judged.reasoning
    if case.kind is CaseKind.UNDECIDED:
        return Reply(text=f"{head}\nThere are none: the judge came to no verdict.")
    if reasoning is None:
        return Reply(text=f"{head}\nThey were deleted when their retention time was over.")
    if not reasoning.strip():
        return Reply(text=f"{head}\nThere are none: this judge works without reasoning.")
    shown = as_quote(reasoning, REASONING_LIMIT)
    foot = "-# For moderators. Not meant to be passed on to members."
    if shown.left_out:
        return Reply(
            text=f"{head}\nThey are long, so they come as a file.\n{foot}",
            files=(Document(name=f"reasoning-case-{case.number}.txt", text=reasoning),),
        )
    return Reply(text=f"{head}\n{shown.text}\n{foot}")


def _decided_before(outcome: DecidedBefore) -> str:
    decision = outcome.decision
    what = f"**{state(decision.state)}**, {at(decision.at, 'R')}"
    return f"<@{decision.moderator_id}> was first: {what}. Nothing was changed."
