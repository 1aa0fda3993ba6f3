"""The buttons on cards that decide, reopen, and show more: context and history."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.cogs.cards.buttons import CaseButton, CaseClick, CaseVerb
from bot.cogs.cards.context import context_of, reasoning_of, words_of
from bot.cogs.cards.history import CASES_SHOWN, history_of
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.forms import TEXT, form
from bot.cogs.interactions.read_message import MessageReader
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form, words_back
from bot.cogs.interactions.wording import who_decided
from bot.cogs.review.case_clicks import NO_SUCH_CASE, ShownCases, admits_to_case, is_anothers_case, is_behind
from bot.cogs.review.ground_form import FORM as GROUND_FORM
from bot.cogs.review.ground_form import NOT_NAMED, ground_form, read_ground
from bot.languages.translation import _, marked
from bot.moderation.cases.case import Case, CaseState, Decision
from bot.moderation.cases.case_file import CaseFiles
from bot.moderation.cases.ground import Ground
from bot.moderation.members.record import MemberCases
from bot.moderation.policies.nameable_rules import NameableRules
from bot.moderation.review.decisions import (
    MAX_REASON,
    OWN_CASE,
    CannotName,
    Decided,
    DecidedBefore,
    NeedsGround,
    NotClosed,
    OwnCase,
    Review,
    RuleNamed,
)
from bot.moderation.servers.permissions import Access

_STATES = {CaseVerb.VIOLATION: CaseState.VIOLATION, CaseVerb.NOT_A_VIOLATION: CaseState.NOT_A_VIOLATION}
_REOPEN_FORM = r"bylaw:reopen:(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19})"
_OF_OTHER_COGS = frozenset({CaseVerb.ACT, CaseVerb.PICTURES})
_CONTEXT = frozenset({CaseVerb.CONTEXT, CaseVerb.REASONING})
_CANNOT_NAME = marked(
    "The rule of case {number} cannot be changed: the judge named it, or the case is not decided as a violation. "
    "Nothing was changed."
)


class ReviewClicks(commands.Cog):
    """Handles clicks on cards, except those for actions against a member."""

    def __init__(
        self,
        *,
        reader: MessageReader,
        review: Review,
        files: CaseFiles,
        shown: ShownCases,
        member_cases: MemberCases,
        rules: NameableRules,
        access: Access,
    ) -> None:
        self._reader = reader
        self._review = review
        self._files = files
        self._shown = shown
        self._member_cases = member_cases
        self._rules = rules
        self._access = access

    @commands.Cog.listener()
    async def on_case_click(self, interaction: discord.Interaction[Any], click: CaseClick) -> None:
        """Somebody clicked. Permission is checked now, whatever was true when the card was posted."""
        if click.verb in _OF_OTHER_COGS:
            return
        async with answering("a click on a card", interaction):
            if not await admits_to_case(interaction, click.guild_id, self._access):
                return
            if click.verb in _STATES or click.verb is CaseVerb.NAME_RULE:
                await self._clicked(interaction, click)
            elif click.verb is CaseVerb.REOPEN:
                await self._ask_why(interaction, click)
            elif click.verb is CaseVerb.WORDS:
                await self._show_words(interaction, click)
            elif click.verb in _CONTEXT:
                await self._show_context(interaction, click)
            else:
                await self._show_history(interaction, click)

    @on_form(_REOPEN_FORM, what="a reopening", must_say=TEXT)
    async def take_reason(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form with the reason for reopening was submitted."""
        guild_id, number, reason = sent.number("guild"), sent.number("number"), sent.text
        if await admits_to_case(interaction, guild_id, self._access):
            await self._reopen(interaction, guild_id, number, reason=reason)

    async def _ask_why(self, interaction: discord.Interaction[Any], click: CaseClick) -> None:
        case = await self._review.find(click.guild_id, click.number)
        if case is None or await is_anothers_case(interaction, case):
            await interaction.response.send_modal(_reopen_form(click))

    async def _clicked(self, interaction: discord.Interaction[Any], click: CaseClick) -> None:
        """Decide, or ask which rule was broken if the judge named none."""
        to = _STATES.get(click.verb)
        case = await self._review.find(click.guild_id, click.number)
        if case is None:
            await send(interaction, Reply(text=_(NO_SUCH_CASE)))
        elif to is None or (to is CaseState.VIOLATION and case.needs_ground):
            if await is_anothers_case(interaction, case):
                offered = await self._rules.of(case.guild_id, first=case.source.policy_id)
                await interaction.response.send_modal(ground_form(case, offered))
        else:
            await interaction.response.defer()  # the card is edited elsewhere; this only stops the button's spinner
            await self._decide(interaction, click.guild_id, click.number, to)

    @on_form(GROUND_FORM, what="the rule of a case", keep=words_back)
    async def take_ground(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form with the rule was submitted."""
        guild_id, number = sent.number("guild"), sent.number("number")
        if not await admits_to_case(interaction, guild_id, self._access):
            return
        await interaction.response.defer()
        ground = await read_ground(sent, self._rules, guild_id)
        if ground is None:
            await send(interaction, Reply(text=_(NOT_NAMED)))
        elif sent.ids["what"] == "name":
            await self._name(interaction, guild_id, number, ground)
        else:
            await self._decide(interaction, guild_id, number, CaseState.VIOLATION, ground)

    async def _name(self, interaction: discord.Interaction[Any], guild_id: int, number: int, ground: Ground) -> None:
        outcome = await self._review.name_rule(guild_id, number, ground, moderator_id=interaction.user.id)
        if isinstance(outcome, RuleNamed):
            await self._catch_up(interaction, outcome.case, is_late=False)
            return
        said = {CannotName: _CANNOT_NAME, OwnCase: OWN_CASE}.get(type(outcome), NO_SUCH_CASE)
        await send(interaction, Reply(text=_(said, number=number)))

    async def _decide(
        self,
        interaction: discord.Interaction[Any],
        guild_id: int,
        number: int,
        to: CaseState,
        ground: Ground | None = None,
    ) -> None:
        me = interaction.user.id
        outcome = await self._review.decide(guild_id, number, state=to, moderator_id=me, ground=ground)
        if not isinstance(outcome, Decided | DecidedBefore):
            said = {NeedsGround: NOT_NAMED, OwnCase: OWN_CASE}.get(type(outcome), NO_SUCH_CASE)
            await send(interaction, Reply(text=_(said)))
            return
        is_late = isinstance(outcome, DecidedBefore)
        if isinstance(outcome, DecidedBefore):
            await send(interaction, decided_before(outcome.case, outcome.decision))
        await self._catch_up(interaction, outcome.case, is_late=is_late)
        if not is_late:
            interaction.client.dispatch("case_decided", interaction, outcome.case)

    async def _reopen(self, interaction: discord.Interaction[Any], guild_id: int, number: int, *, reason: str) -> None:
        await interaction.response.defer()
        outcome = await self._review.reopen(guild_id, number, moderator_id=interaction.user.id, reason=reason)
        if outcome is None:
            await send(interaction, Reply(text=_(NO_SUCH_CASE)))
            return
        if isinstance(outcome, OwnCase):
            await send(interaction, Reply(text=_(OWN_CASE)))
            return
        already = isinstance(outcome, NotClosed)
        said = _("Case {number} is open again. What was done stays done.", number=number)
        said = _("Case {number} is already open.", number=number) if already else said
        await send(interaction, Reply(text=said))
        await self._catch_up(interaction, outcome.case, is_late=already)

    async def _catch_up(self, interaction: discord.Interaction[Any], case: Case, *, is_late: bool) -> None:
        """Refresh the message that was clicked, if nothing else does: the reply to a command, or an outdated card."""
        on_card = interaction.message is not None and interaction.message.id == case.card_message_id
        if is_behind(interaction, case) or (is_late and on_card):
            await self._shown.bring_up_to_date(interaction, case)

    async def _show_words(self, interaction: discord.Interaction[Any], click: CaseClick) -> None:
        case = await self._review.find(click.guild_id, click.number)
        await send(interaction, Reply(text=_(NO_SUCH_CASE)) if case is None else words_of(case))

    async def _show_context(self, interaction: discord.Interaction[Any], click: CaseClick) -> None:
        await defer(interaction)
        case = await self._review.find(click.guild_id, click.number)
        if case is None:
            await send(interaction, Reply(text=_(NO_SUCH_CASE)))
            return
        await send(interaction, await context_of(case, interaction, self._reader))
        await send(interaction, reasoning_of(case))

    async def _show_history(self, interaction: discord.Interaction[Any], click: CaseClick) -> None:
        await defer(interaction)
        file = await self._files.find(click.guild_id, click.number)
        if file is None:
            await send(interaction, Reply(text=_(NO_SUCH_CASE)))
            return
        member_id = file.case.evidence.author_id
        cases = await self._member_cases.of_member(member_id, guild_id=click.guild_id, limit=CASES_SHOWN + 2)
        others = [case for case in cases if case.number != click.number]
        await send(interaction, history_of(await self._shown.faces.of(file.case), file.history, others))


def decided_before(case: Case, decision: Decision) -> Reply:
    """Says that somebody else decided first, and that the case can be reopened."""
    reopen = CaseButton(CaseClick(guild_id=case.guild_id, number=case.number, verb=CaseVerb.REOPEN))
    return Reply(text=f"{who_decided(decision)} {_('Nothing was changed.')}", buttons=(reopen,))


def _reopen_form(click: CaseClick) -> discord.ui.Modal:
    return form(
        # Translators: the title of a form, at most 35 characters, because numbers can be long.
        _("Reopen case {number}", number=click.number),
        f"bylaw:reopen:{click.guild_id}:{click.number}",
        # Translators: in a form, at most 45 characters.
        label=_("Why?"),
        # Translators: in a form, at most 100 characters.
        help=_("Shown on the case to the other moderators. What was done to the member stays done."),
        limit=MAX_REASON,
    )
