"""The buttons of cards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import discord

from bot.cogs.interactions.click_button import ClickButton, Look
from bot.languages.translation import _, marked


class CaseVerb(StrEnum):
    """What a button on a card does. The values are in custom_ids of cards already posted: they never change."""

    VIOLATION = "violation"
    NOT_A_VIOLATION = "not_a_violation"
    ACT = "act"
    CONTEXT = "context"
    HISTORY = "history"
    REOPEN = "reopen"
    NAME_RULE = "rule"
    WORDS = "words"  #: on cards that hide words
    PICTURES = "pictures"  #: on cards of cases with small copies of pictures
    REASONING = "reasoning"  #: only on cards of older versions; same as CONTEXT


#: The buttons in the first row of every card.
CARD_ROW = (CaseVerb.VIOLATION, CaseVerb.NOT_A_VIOLATION, CaseVerb.ACT, CaseVerb.CONTEXT, CaseVerb.HISTORY)

_LOOK = {
    CaseVerb.VIOLATION: (marked("Violation"), discord.ButtonStyle.danger),
    CaseVerb.NOT_A_VIOLATION: (marked("Not a violation"), discord.ButtonStyle.success),
    # Translators: a button that opens a form to warn, delete, time out, kick or ban: at most 80 characters.
    CaseVerb.ACT: (marked("Act…"), discord.ButtonStyle.primary),
    # Translators: a button: at most 80 characters.
    CaseVerb.CONTEXT: (marked("Context"), discord.ButtonStyle.secondary),
    # Translators: a button: at most 80 characters.
    CaseVerb.HISTORY: (marked("History"), discord.ButtonStyle.secondary),
    # Translators: a button: at most 80 characters.
    CaseVerb.REOPEN: (marked("Reopen…"), discord.ButtonStyle.secondary),
    # Translators: a button: at most 80 characters.
    CaseVerb.NAME_RULE: (marked("Name the rule…"), discord.ButtonStyle.secondary),
    # Translators: a button: at most 80 characters.
    CaseVerb.WORDS: (marked("Show the words"), discord.ButtonStyle.secondary),
    # Translators: a button: at most 80 characters.
    CaseVerb.PICTURES: (marked("Show the pictures"), discord.ButtonStyle.secondary),
    # Translators: a button that shows how the model came to its verdict: at most 80 characters.
    CaseVerb.REASONING: (marked("Reasoning"), discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClick:
    """Somebody clicked a button of a case. Dispatched as the event ``case_click``, after the interaction."""

    guild_id: int
    number: int
    verb: CaseVerb


class CaseButton(
    ClickButton[CaseClick],
    template=r"bylaw:case:(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19}):(?P<verb>" + "|".join(CaseVerb) + ")",
):
    """A button on a card."""

    event = "case_click"

    @staticmethod
    def look(click: CaseClick) -> Look:
        """The button for a click."""
        label, style = _LOOK[click.verb]
        return Look(f"bylaw:case:{click.guild_id}:{click.number}:{click.verb}", _(label), style)

    @staticmethod
    def read(ids: re.Match[str]) -> CaseClick:
        """The click that a custom_id describes."""
        return CaseClick(guild_id=int(ids["guild"]), number=int(ids["number"]), verb=CaseVerb(ids["verb"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoClick:
    """Somebody clicked to undo an action. Dispatched as ``undo_click``."""

    guild_id: int
    action_id: int


class UndoButton(
    ClickButton[UndoClick],
    template=r"bylaw:undo:(?P<guild>[0-9]{1,20}):(?P<action>[0-9]{1,19})",
):
    """Undoes one action."""

    event = "undo_click"

    @staticmethod
    def look(click: UndoClick) -> Look:
        """The button for a click."""
        return Look(f"bylaw:undo:{click.guild_id}:{click.action_id}", _("Undo"))

    @staticmethod
    def read(ids: re.Match[str]) -> UndoClick:
        """The click that a custom_id describes."""
        return UndoClick(guild_id=int(ids["guild"]), action_id=int(ids["action"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeClick:
    """Somebody clicked to change a timeout. Dispatched as ``change_click``."""

    guild_id: int
    action_id: int


class ChangeTimeoutButton(
    ClickButton[ChangeClick],
    template=r"bylaw:change_timeout:(?P<guild>[0-9]{1,20}):(?P<action>[0-9]{1,19})",
):
    """Opens the form that changes one timeout."""

    event = "change_click"

    @staticmethod
    def look(click: ChangeClick) -> Look:
        """The button for a click."""
        return Look(f"bylaw:change_timeout:{click.guild_id}:{click.action_id}", _("Change timeout…"))

    @staticmethod
    def read(ids: re.Match[str]) -> ChangeClick:
        """The click that a custom_id describes."""
        return ChangeClick(guild_id=int(ids["guild"]), action_id=int(ids["action"]))
