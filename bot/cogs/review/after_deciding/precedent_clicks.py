"""Asks a moderator who decides against precedents what is different, once; the answer is stored as a note on the
case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.interactions.click_button import ClickButton, Look
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.forms import form
from bot.cogs.interactions.reply import Reply, replace, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_form, words_back
from bot.cogs.interactions.wording import state
from bot.cogs.review.case_clicks import NO_SUCH_CASE, admits_to_case, is_anothers_case
from bot.languages.translation import _, listing, marked
from bot.moderation.cards.face import Precedent
from bot.moderation.cases.case import Case
from bot.moderation.cases.note import NoteKind
from bot.moderation.review.decisions import Review
from bot.moderation.review.notes import Notes
from bot.moderation.review.precedents import Precedents, opposed
from bot.moderation.servers.permissions import Access

MAX_WORDS = 800  #: characters of an answer
ANSWERED = marked("You have already answered this. /case note adds to it.")  #: English, translated when shown
_FORM = r"bylaw:differs:(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19}):(?P<others>[0-9]{1,19}(?:-[0-9]{1,19}){0,2})"


class PrecedentVerb(StrEnum):
    """What such a button does. The values are in custom_ids: they never change."""

    DIFFERS = "differs"
    SAME = "same"


_LOOK = {
    # Translators: a button: at most 80 characters.
    PrecedentVerb.DIFFERS: marked("Say what differs…"),
    # Translators: a button: at most 80 characters.
    PrecedentVerb.SAME: marked("Nothing differs"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecedentClick:
    """A moderator answers. Dispatched as ``precedent_click`` behind the interaction."""

    guild_id: int
    number: int
    verb: PrecedentVerb
    others: tuple[int, ...]  #: the cases that were decided differently, three at most


class PrecedentButton(
    ClickButton[PrecedentClick],
    template=(
        r"bylaw:precedent:(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19}):(?P<verb>" + "|".join(PrecedentVerb) + ")"
        r":(?P<others>[0-9]{1,19}(?:-[0-9]{1,19}){0,2})"
    ),
):
    """Answers the question."""

    event = "precedent_click"

    @staticmethod
    def look(click: PrecedentClick) -> Look:
        """The button for a click."""
        others = "-".join(map(str, click.others))
        custom_id = f"bylaw:precedent:{click.guild_id}:{click.number}:{click.verb}:{others}"
        return Look(custom_id, _(_LOOK[click.verb]))

    @staticmethod
    def read(ids: re.Match[str]) -> PrecedentClick:
        """The click that a custom_id describes."""
        others = tuple(map(int, ids["others"].split("-")))
        verb = PrecedentVerb(ids["verb"])
        return PrecedentClick(guild_id=int(ids["guild"]), number=int(ids["number"]), verb=verb, others=others)


class PrecedentClicks(commands.Cog):
    """Asks the question, and stores the answer."""

    def __init__(self, *, precedents: Precedents, review: Review, notes: Notes, access: Access) -> None:
        self._precedents = precedents
        self._review = review
        self._notes = notes
        self._access = access

    @commands.Cog.listener()
    async def on_case_decided(self, interaction: discord.Interaction[Any], case: Case) -> None:
        """This person has just decided a case."""
        async with answering("a question about precedents", interaction):
            others = opposed(case, await self._precedents.of(case))
            if others and not await self._has_answered(case, interaction.user.id):
                await send(interaction, question(case, others))

    @commands.Cog.listener()
    async def on_precedent_click(self, interaction: discord.Interaction[Any], click: PrecedentClick) -> None:
        """Somebody answered. Checks now whether they may, and whether they already did."""
        async with answering("an answer about precedents", interaction):
            case = await self._admitted(interaction, click.guild_id, click.number)
            if case is None:
                return
            if await self._has_answered(case, interaction.user.id):
                await send(interaction, Reply(text=_(ANSWERED)))
            elif click.verb is PrecedentVerb.DIFFERS:
                await interaction.response.send_modal(_form(click))
            else:
                await interaction.response.defer()
                await self._keep(interaction, case, _("Nothing differs from {cases}.", cases=named(click.others)))
                await replace(
                    interaction, Reply(text=_("Noted on case {number}: nothing differs.", number=click.number))
                )

    @on_form(_FORM, what="what differs from precedents", keep=words_back)
    async def take_answer(self, interaction: discord.Interaction[Any], sent: SubmittedForm) -> None:
        """The form was submitted."""
        case = await self._admitted(interaction, sent.number("guild"), sent.number("number"))
        words = sent.text.strip()[:MAX_WORDS]
        if case is None:
            return
        if not words or await self._has_answered(case, interaction.user.id):
            text = _(ANSWERED) if words else _("Your answer is empty. Write a word or two.")
            await send(interaction, Reply(text=text, files=words_back(sent).files if words else ()))
            return
        await interaction.response.defer()
        others = tuple(map(int, sent.ids["others"].split("-")))
        await self._keep(interaction, case, _("Differs from {cases}: {words}", cases=named(others), words=words))
        said = _("Noted on case {number}: what differs from {cases}.", number=case.number, cases=named(others))
        await replace(interaction, Reply(text=said))

    async def _admitted(self, interaction: discord.Interaction[Any], guild_id: int, number: int) -> Case | None:
        """The case, if this person may decide it; otherwise they are told why not."""
        if not await admits_to_case(interaction, guild_id, self._access):
            return None
        case = await self._review.find(guild_id, number)
        if case is None:
            await send(interaction, Reply(text=_(NO_SUCH_CASE)))
            return None
        return case if await is_anothers_case(interaction, case) else None

    async def _has_answered(self, case: Case, moderator_id: int) -> bool:
        notes = await self._notes.of_case(case.guild_id, case.number)
        return any(note.kind is NoteKind.DIFFERS and note.author_id == moderator_id for note in notes)

    async def _keep(self, interaction: discord.Interaction[Any], case: Case, text: str) -> None:
        me = interaction.user.id
        await self._notes.add(case.guild_id, case.number, author_id=me, text=text, kind=NoteKind.DIFFERS)


def question(case: Case, others: Sequence[Precedent]) -> Reply:
    """The question to a moderator who decided differently from others before."""
    numbers = tuple(each.number for each in others)
    before = state(others[0].state)
    text = _(
        "Case {number} is decided as **{state}**. Similar messages were decided as **{before}**: {cases}. Does this "
        "one differ? Your answer is kept as a note, for the next decision and for appeals.",
        number=case.number,
        state=state(case.state),
        before=before,
        cases=named(numbers),
    )
    clicks = (
        PrecedentClick(guild_id=case.guild_id, number=case.number, verb=verb, others=numbers) for verb in PrecedentVerb
    )
    return Reply(text=text, buttons=tuple(map(PrecedentButton, clicks)))


def named(numbers: Sequence[int]) -> str:
    """``case 41``, ``cases 41 and 77``."""
    if len(numbers) == 1:
        return _("case {number}", number=numbers[0])
    return _("cases {numbers}", numbers=listing([str(each) for each in numbers]))


def _form(click: PrecedentClick) -> discord.ui.Modal:
    others = "-".join(map(str, click.others))
    return form(
        # Translators: the title of a form, at most 35 characters, because numbers can be long.
        _("What differs in case {number}?", number=click.number),
        f"bylaw:differs:{click.guild_id}:{click.number}:{others}",
        # Translators: in a form, at most 45 characters.
        label=_("What differs?"),
        # Translators: in a form, at most 100 characters.
        help=_("Kept as a note on the case. Members never see it."),
        limit=MAX_WORDS,
    )
