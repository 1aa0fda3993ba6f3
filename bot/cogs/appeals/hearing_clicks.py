"""The buttons on the cards of appeals: reviewers keep or reverse the decision, ask, and read everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.appeals.buttons import HearingClick, HearingVerb
from bot.cogs.appeals.card import everything, render_appeal
from bot.cogs.appeals.words import other_sanctions, state_of, what_stays
from bot.cogs.interactions.action_words import NEEDED, ended
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.forms import Field, fields_form
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.permission import NOT_A_REVIEWER, admits_reviewer, is_reviewer
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form, words_back
from bot.cogs.interactions.wording import at
from bot.languages.translation import _, marked, ngettext, speaking
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
from bot.moderation.cases.action import ActionKind
from bot.moderation.servers.interface_language import InterfaceLanguages
from bot.moderation.servers.permissions import Access

WHY_LIMIT = 200  #: UTF-16 units for why an action couldn't be undone
NO_SUCH_APPEAL = marked("There is no such appeal in this server.")  #: English, translated when shown

_FORM = (
    r"bylaw:heard:(?P<verb>uphold|overturn|ask):(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19}):(?P<attempt>[0-9]{1,9})"
)
_STATES = {HearingVerb.UPHOLD: AppealState.UPHELD, HearingVerb.OVERTURN: AppealState.OVERTURNED}
_TITLES = {
    # Translators: the title of a form, at most 35 characters, because numbers can be long.
    HearingVerb.UPHOLD: marked("Keep the decision: case {number}"),
    # Translators: the title of a form, at most 35 characters, because numbers can be long.
    HearingVerb.OVERTURN: marked("Reverse the decision: case {number}"),
    # Translators: the title of a form, at most 35 characters, because numbers can be long.
    HearingVerb.ASK: marked("Ask about the appeal: case {number}"),
}
#: Above and below the field of each form.
_FIELDS = {
    HearingVerb.UPHOLD: (
        # Translators: in a form, at most 45 characters.
        marked("Why is the decision kept?"),
        # Translators: in a form, at most 100 characters.
        marked("The member reads this. Moderators stay unnamed."),
    ),
    HearingVerb.OVERTURN: (
        # Translators: in a form, at most 45 characters.
        marked("Why was the decision wrong?"),
        # Translators: in a form, at most 100 characters.
        marked("The member reads this. What can be undone is undone."),
    ),
    HearingVerb.ASK: (
        # Translators: in a form, at most 45 characters.
        marked("Your question to the member"),
        # Translators: in a form, at most 100 characters.
        marked("They get it as a direct message."),
    ),
}
#: What a reviewer may not undo by hand.
_STAYS = {
    # Translators: in a form, at most 70 characters: the name of a permission is put in.
    ActionKind.TIMEOUT: marked("The member reads this. The timeout stays: you lack {permission}."),
    # Translators: in a form, at most 70 characters: the name of a permission is put in.
    ActionKind.BAN: marked("The member reads this. The ban stays: you lack {permission}."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """The reply to a reviewer who submitted a form. They get their text back if nothing was done."""

    text: str
    is_refused: bool = False


class HearingClicks(commands.Cog):
    """Answers clicks on the cards of appeals, and receives reviewers' forms."""

    def __init__(
        self,
        *,
        hearing: AppealHearing,
        files: AppealFiles,
        access: Access,
        open_tasks: OpenTasks,
        languages: InterfaceLanguages,
    ) -> None:
        self._hearing = hearing
        self._files = files
        self._access = access
        self._open_tasks = open_tasks
        self._languages = languages

    @commands.Cog.listener()
    async def on_hearing_click(self, interaction: discord.Interaction[Any], click: HearingClick) -> None:
        """Somebody clicked. Permission is checked now, whatever was true when the card was posted."""
        async with answering("a click on an appeal", interaction):
            if interaction.guild_id != click.key.guild_id:
                await send(interaction, Reply(text=_(NO_SUCH_APPEAL)))
            elif not await admits_reviewer(interaction, self._access):
                return
            elif click.verb is HearingVerb.EVERYTHING:
                await self._everything(interaction, click.key)
            elif click.verb is HearingVerb.ASK:
                await self._open_question(interaction, click)
            else:
                await self._open_decision(interaction, click)

    @on_form(_FORM, what="a decision on an appeal", keep=words_back, must_say="0")
    async def take_form(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """A decision with its reason, or a question, was submitted."""
        number = sent.number
        key = AppealKey(guild_id=number("guild"), case_number=number("number"), attempt=number("attempt"))
        text, back = sent.texts[0], words_back(sent).files
        with self._open_tasks.tracking():
            if interaction.guild_id != key.guild_id or not await is_reviewer(interaction, self._access):
                await send(interaction, Reply(text=_(NOT_A_REVIEWER), files=back))
                return
            await defer(interaction)
            told = await self._heard(interaction, HearingVerb(sent.ids["verb"]), key, text)
            await send(interaction, Reply(text=told.text, files=back if told.is_refused else ()))

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
            await send(interaction, Reply(text=_(NO_SUCH_APPEAL)))
            return
        own = interaction.user.id == file.appeal.member_id
        why_not = OWN_APPEAL if own else why_not_ask(file.appeal)
        if why_not:
            await send(interaction, Reply(text=_(why_not)))
        else:
            await interaction.response.send_modal(_form(click))

    async def _refuse(
        self, interaction: discord.Interaction[Any], key: AppealKey, why: AppealDecidedBefore | MayNotDecide | None
    ) -> None:
        """Say why not, and refresh an outdated card."""
        file = await self._files.find(key) if isinstance(why, AppealDecidedBefore) else None
        if file is not None:
            with speaking(await self._languages.of_server(key.guild_id)):
                view = render_appeal(file)
            await interaction.response.edit_message(view=view)
        await send(interaction, Reply(text=_refusal(why)))

    async def _everything(self, interaction: discord.Interaction[Any], key: AppealKey) -> None:
        file = await self._files.find(key)
        if file is None:
            await send(interaction, Reply(text=_(NO_SUCH_APPEAL)))
            return
        head = _("Everything about the appeal in case {number}. For moderators only.", number=key.case_number)
        await send(interaction, Reply(text=head, files=(everything(file),)))

    async def _heard(
        self, interaction: discord.Interaction[Any], verb: HearingVerb, key: AppealKey, text: str
    ) -> _Told:
        if verb is HearingVerb.ASK:
            return _of_asking(await self._hearing.ask(key, reviewer_id=interaction.user.id, text=text))
        outcome = await self._hearing.decide(key, _STATES[verb], reviewer_id=interaction.user.id, reason=text)
        if isinstance(outcome, AppealDecided):
            return _Told(text=_decided(outcome))
        return _Told(text=f"**{_('Not decided by you.')}** {_refusal(outcome)}", is_refused=True)


def _beyond(interaction: discord.Interaction[Any], file: AppealFile) -> str:
    """The actions that this reviewer may not undo by hand, so Bylaw won't, either; short enough for below a field."""
    user = interaction.user
    has = user.guild_permissions if isinstance(user, discord.Member) else discord.Permissions.none()
    for action in to_take_back(file.actions, now=discord.utils.utcnow()):
        permission, label = NEEDED[action.new.kind]
        if not getattr(has, permission):
            return _(_STAYS.get(action.new.kind, _STAYS[ActionKind.TIMEOUT]), permission=_(label))
    return ""


def _form(click: HearingClick, help: str = "") -> discord.ui.Modal:
    key = click.key
    name, usual_help = _FIELDS[click.verb]
    return fields_form(
        _(_TITLES[click.verb], number=key.case_number),
        f"bylaw:heard:{click.verb}:{key.guild_id}:{key.case_number}:{key.attempt}",
        [Field(name=_(name), help=help or _(usual_help), limit=MAX_REASON)],
    )


def _refusal(why: AppealDecidedBefore | MayNotDecide | None) -> str:
    if why is None:
        return _(NO_SUCH_APPEAL)
    if isinstance(why, MayNotDecide):
        if why.until is None:
            return _(why.why)
        later = _("If nobody has by {moment}, you can, and the card will say so.", moment=at(why.until))
        return f"{_(why.why)} {later}"
    review = why.appeal.review
    said = state_of(why.appeal.state)
    if review:
        decided = {"member": f"<@{review.reviewer_id}>", "when": at(review.at, "R"), "state": said}
        said = _("{member} was first, {when}: {state}", **decided)
    return f"{ended(said)} {_('Nothing was changed.')}"


def _decided(outcome: AppealDecided) -> str:
    appeal = outcome.file.appeal
    lines = [_("Case {number}: {state}.", number=appeal.key.case_number, state=state_of(appeal.state))]
    if appeal.state is AppealState.OVERTURNED:
        if outcome.taken_back:
            lines.append(ngettext("{n} action was undone.", "{n} actions were undone.", len(outcome.taken_back)))
        now = appeal.review.at if appeal.review else discord.utils.utcnow()
        staying = what_stays(outcome.file.actions, WHY_LIMIT, now=now)
        lines += [ended(_("Not undone: {what}", what=each)) for each in staying]
        in_force = other_sanctions(outcome.file.actions, now=now)
        lines += [_("Still in force: {what}", what=each) for each in in_force]
    if appeal.told is NoticeState.DELIVERED:
        lines.append(_("The member was told."))
    elif appeal.told in NOT_TOLD:
        lines.append(_(NOT_TOLD[appeal.told]))
    return " ".join(lines)


def _of_asking(outcome: AskedMember | CannotAsk | None) -> _Told:
    if outcome is None or isinstance(outcome, CannotAsk):
        why = NO_SUCH_APPEAL if outcome is None else outcome.why
        return _Told(text=f"**{_('Not asked.')}** {_(why)}", is_refused=True)
    if outcome.reached in NOT_TOLD:
        kept, find = _("The question is kept."), _("They can find the question with /appeal.")
        return _Told(text=f"{kept} {_(NOT_TOLD[outcome.reached])} {find}")
    return _Told(text=_("The member got your question. The answer will appear on the card."))
