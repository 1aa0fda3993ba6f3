"""The buttons of the five questions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import discord

from bot.cogs.interactions.click_button import ClickButton, Look
from bot.languages.translation import _, marked


class QuestionVerb(StrEnum):
    """What a button does. The values are in custom_ids of messages already posted and never change."""

    LOOK = "look"  #: its number is the week's Monday, as 20261123
    BREAKS = "breaks"  #: for this and all others, the number is the question's id
    FINE = "fine"
    SKIP = "skip"
    CHANGE = "change"
    BACKTEST = "backtest"
    DRAFT = "draft"


#: Verbs that change a policy, or begin to.
FOR_EDITORS = frozenset({QuestionVerb.CHANGE, QuestionVerb.BACKTEST, QuestionVerb.DRAFT})

#: With labels of at most 80 characters, translated when a button is made.
_LOOKS = {
    QuestionVerb.LOOK: (marked("Answer them"), discord.ButtonStyle.primary),
    QuestionVerb.BREAKS: (marked("Breaks the rule"), discord.ButtonStyle.danger),
    QuestionVerb.FINE: (marked("Fine"), discord.ButtonStyle.success),
    QuestionVerb.SKIP: (marked("No good question"), discord.ButtonStyle.secondary),
    QuestionVerb.CHANGE: (marked("Proposed change…"), discord.ButtonStyle.secondary),
    QuestionVerb.BACKTEST: (marked("Backtest it"), discord.ButtonStyle.primary),
    QuestionVerb.DRAFT: (marked("Save as draft"), discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionClick:
    """Somebody clicked. Dispatched as ``question_click``."""

    verb: QuestionVerb
    number: int


class QuestionButton(
    ClickButton[QuestionClick],
    template=r"bylaw:question:(?P<verb>look|breaks|fine|skip|change|backtest|draft):(?P<number>[0-9]{1,19})",
):
    """A button of the five questions."""

    event = "question_click"

    @staticmethod
    def look(click: QuestionClick) -> Look:
        """The button for a click."""
        label, style = _LOOKS[click.verb]
        return Look(f"bylaw:question:{click.verb}:{click.number}", _(label), style)

    @staticmethod
    def read(ids: re.Match[str]) -> QuestionClick:
        """The click that a custom_id describes."""
        return QuestionClick(verb=QuestionVerb(ids["verb"]), number=int(ids["number"]))
