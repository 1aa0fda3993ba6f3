"""The buttons on the cards of appeals: reviewers keep or reverse the decision, ask, and read everything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.appeals.buttons import HearingClick, HearingVerb
from bot.cogs.appeals.card import everything, render_appeal
from bot.cogs.appeals.words import APPEAL_STATES, other_sanctions, what_stays
from bot.cogs.interactions.action_words import NEEDED
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.forms import Field, fields_form
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.permission import NOT_A_REVIEWER, admits_reviewer, is_reviewer
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form, words_back
from bot.cogs.interactions.wording import at, how_many
from bot.languages.translation import _
from bot.moderation.appeals.appeal import MAX_REASON, AppealKey, AppealState
from bot.moderation.appeals.eligibility import OWN_APPEAL, MayNotDecide, to_take_back
from bot.moderation.appeals.file import AppealFile, AppealFiles
from bot.moderation.appeals.hearing import (
    AppealDecided,
    AppealDecidedBefore,
    AppealHearing,
    AskedMember,
    CannotAsk,
    why_not_ask,
)
from bot.moderation.cards.face import NOT_TOLD, NoticeState
from bot.moderation.servers.permissions import Access

WHY_LIMIT = 200  #: UTF-16 units for why an action could not be taken back
NO_SUCH_APPEAL = "There is no such appeal in this server."

_FORM = (
    r"bylaw:heard:(?P<verb>uphold|overturn|ask):(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19}):(?P<attempt>[0-9]{1,9})"
)
_STATES = {HearingVerb.UPHOLD: AppealState.UPHELD, HearingVerb.OVERTURN: AppealState.OVERTURNED}
_TITLES = {
    HearingVerb.UPHOLD: "Keep the decision in case",
    HearingVerb.OVERTURN: "Reverse the decision in case",
    HearingVerb.ASK: "Ask about the appeal in case",
}
_FIELDS = {
    HearingVerb.UPHOLD: Field(
        name="Why is the decision kept?", help="The member reads this. Moderators stay unnamed.", limit=MAX_REASON
    ),
    HearingVerb.OVERTURN: Field(
        name="Why was the decision wrong?",
        help="The member reads this. What can be undone is undone.",
        limit=MAX_REASON,
    ),
    HearingVerb.ASK: Field(
        name="Your question to the member", help="They get it as a direct message.", limit=MAX_REASON
    ),
}


class HearingClicks(commands.Cog):
    """Answers clicks on the cards of appeals, and takes in what reviewers write."""

    def __init__(self, *, hearing: AppealHearing, files: AppealFiles, access: Access, open_tasks: OpenTasks) -> None:
        self._hearing = hearing
        self._files = files
        self._access = access
        self._open_tasks = open_tasks

    @commands.Cog.listener()
    async def on_hearing_click(self, interaction: discord.Interaction[Any], click: HearingClick) -> None:
        """Somebody clicked. Who may do so is asked now, whatever was true when the card was posted."""
        async with answering("a click on an appeal", interaction):
            if interaction.guild_id != click.key.guild_id:
                await send(interaction, Reply(text=NO_SUCH_APPEAL))
            elif not await admits_reviewer(interaction, self._access):
                return
            elif click.verb is HearingVerb.EVERYTHING:
                await self._everything(interaction, click.key)
            elif click.verb is HearingVerb.ASK:
                await self._open_question(interaction, click)
            else:
                await self._open_decision(interaction, click)

    @on_form(_FORM, what="a decision on an appeal", keep=words_back)
    async def take_form(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """A decision with its reason, or a question, was sent off."""
        number = sent.number
        key = AppealKey(guild_id=number("guild"), case_number=number("number"), attempt=number("attempt"))
        text, back = sent.texts[0], words_back(sent).files
        with self._open_tasks.tracking():
            if interaction.guild_id != key.guild_id or not await is_reviewer(interaction, self._access):
                await send(interaction, Reply(text=_(NOT_A_REVIEWER), files=back))
                return
            await defer(interaction)
            told = await self._heard(interaction, HearingVerb(sent.ids["verb"]), key, text)
            await send(interaction, Reply(text=told.text, files=back if told.text.startswith("**Not") else ()))

    async def _open_decision(self, interaction: discord.Interaction[Any], click: HearingClick) -> None:
        may = await self._hearing.may(click.key, reviewer_id=interaction.user.id)
        if not isinstance(may, AppealFile):
            await self._refuse(interaction, click.key, may)
            return
        staying = _beyond(interaction, may) if click.verb is HearingVerb.OVERTURN else ""
        await interaction.response.send_modal(_form(click, staying))

    async def _open_question(self, interaction: discord.Interaction[Any], click: HearingClick) -> None:
        file = await self._files.find(click.key)
        if file is None:
            await send(interaction, Reply(text=NO_SUCH_APPEAL))
            return
        own = interaction.user.id == file.appeal.member_id
        why_not = OWN_APPEAL if own else why_not_ask(file.appeal)
        if why_not:
            await send(interaction, Reply(text=why_not))
        else:
            await interaction.response.send_modal(_form(click))

    async def _refuse(
        self, interaction: discord.Interaction[Any], key: AppealKey, why: AppealDecidedBefore | MayNotDecide | None
    ) -> None:
        """Say why not; a card that fell behind is shown as it is now."""
        file = await self._files.find(key) if isinstance(why, AppealDecidedBefore) else None
        if file is not None:
            await interaction.response.edit_message(view=render_appeal(file))
        await send(interaction, Reply(text=_refusal(why)))

    async def _everything(self, interaction: discord.Interaction[Any], key: AppealKey) -> None:
        file = await self._files.find(key)
        if file is None:
            await send(interaction, Reply(text=NO_SUCH_APPEAL))
            return
        head = f"Everything about the appeal in case {key.case_number}. For moderators only."
        await send(interaction, Reply(text=head, files=(everything(file),)))

    async def _heard(
        self, interaction: discord.Interaction[Any], verb: HearingVerb, key: AppealKey, text: str
    ) -> Reply:
        if verb is HearingVerb.ASK:
            return _of_asking(await self._hearing.ask(key, reviewer_id=interaction.user.id, text=text))
        outcome = await self._hearing.decide(key, _STATES[verb], reviewer_id=interaction.user.id, reason=text)
        if isinstance(outcome, AppealDecided):
            return Reply(text=_decided(outcome))
        return Reply(text=f"**Not decided by you.** {_refusal(outcome)}")


def _beyond(interaction: discord.Interaction[Any], file: AppealFile) -> str:
    """What this reviewer may not undo by hand, so that Bylaw will not, either: in words that fit below a field."""
    user = interaction.user
    has = user.guild_permissions if isinstance(user, discord.Member) else discord.Permissions.none()
    for action in to_take_back(file.actions, now=discord.utils.utcnow()):
        permission, label = NEEDED[action.new.kind]
        if not getattr(has, permission):
            return f"The member reads this. You lack {label}: the {action.new.kind.value} stays until others lift it."
    return ""


def _form(click: HearingClick, help: str = "") -> discord.ui.Modal:
    key = click.key
    field = _FIELDS[click.verb]
    return fields_form(
        f"{_TITLES[click.verb]} {key.case_number}",
        f"bylaw:heard:{click.verb}:{key.guild_id}:{key.case_number}:{key.attempt}",
        [replace(field, help=help) if help else field],
    )


def _refusal(why: AppealDecidedBefore | MayNotDecide | None) -> str:
    if why is None:
        return NO_SUCH_APPEAL
    if isinstance(why, MayNotDecide):
        later = "" if why.until is None else f" If nobody has by {at(why.until)}, you may, and the card will say so."
        return f"{why.why}{later}"
    review = why.appeal.review
    who = f"<@{review.reviewer_id}> was first {at(review.at, 'R')}: " if review else ""
    return f"{who}{APPEAL_STATES[why.appeal.state]}. Nothing was changed."


def _decided(outcome: AppealDecided) -> str:
    appeal = outcome.file.appeal
    lines = [f"Case {appeal.key.case_number}: {APPEAL_STATES[appeal.state]}."]
    if appeal.state is AppealState.OVERTURNED:
        if outcome.taken_back:
            lines.append(f"{how_many(len(outcome.taken_back), 'action was', 'actions were')} taken back.")
        now = appeal.review.at if appeal.review else discord.utils.utcnow()
        lines += [f"Stays as it is: {each}." for each in what_stays(outcome.file.actions, WHY_LIMIT, now=now)]
        lines += [f"Still in force: {each}" for each in other_sanctions(outcome.file.actions, now=now)]
    if appeal.told is NoticeState.DELIVERED:
        lines.append("The member was told.")
    elif appeal.told in NOT_TOLD:
        lines.append(NOT_TOLD[appeal.told])
    return " ".join(lines)


def _of_asking(outcome: AskedMember | CannotAsk | None) -> Reply:
    if outcome is None:
        return Reply(text=f"**Not asked.** {NO_SUCH_APPEAL}")
    if isinstance(outcome, CannotAsk):
        return Reply(text=f"**Not asked.** {outcome.why}")
    if outcome.reached in NOT_TOLD:
        return Reply(text=f"The question is kept. {NOT_TOLD[outcome.reached]} They find it with /appeal.")
    return Reply(text="The member got your question. The answer will appear on the card.")
