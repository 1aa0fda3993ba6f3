"""The buttons of cards and of policies, and the list of all buttons that work after a restart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import discord

from bot.cogs.cards.shared_card_buttons import GroupButton
from bot.cogs.interactions.click_button import ClickButton, Look
from bot.cogs.lookups.list_buttons import ListButton
from bot.cogs.lookups.sample_buttons import SampleButton


class CaseVerb(StrEnum):
    """What a button on a card does. The values stand in custom_ids of cards already posted: they never change."""

    VIOLATION = "violation"
    NOT_A_VIOLATION = "not_a_violation"
    ACT = "act"
    CONTEXT = "context"
    HISTORY = "history"
    REOPEN = "reopen"
    REASONING = "reasoning"  #: on cards of older versions only; it does what CONTEXT does


#: The buttons in the first row of every card.
CARD_ROW = (CaseVerb.VIOLATION, CaseVerb.NOT_A_VIOLATION, CaseVerb.ACT, CaseVerb.CONTEXT, CaseVerb.HISTORY)

_LOOK = {
    CaseVerb.VIOLATION: ("Violation", discord.ButtonStyle.danger),
    CaseVerb.NOT_A_VIOLATION: ("Not a violation", discord.ButtonStyle.success),
    CaseVerb.ACT: ("Act…", discord.ButtonStyle.primary),
    CaseVerb.CONTEXT: ("Context", discord.ButtonStyle.secondary),
    CaseVerb.HISTORY: ("History", discord.ButtonStyle.secondary),
    CaseVerb.REOPEN: ("Reopen…", discord.ButtonStyle.secondary),
    CaseVerb.REASONING: ("Reasoning", discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClick:
    """Somebody clicked a button of a case. Dispatched as the event ``case_click`` behind the interaction."""

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
        return Look(f"bylaw:case:{click.guild_id}:{click.number}:{click.verb}", label, style)

    @staticmethod
    def read(ids: re.Match[str]) -> CaseClick:
        """The click that stands in a custom_id."""
        return CaseClick(guild_id=int(ids["guild"]), number=int(ids["number"]), verb=CaseVerb(ids["verb"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoClick:
    """Somebody takes an action back. Dispatched as ``undo_click``."""

    guild_id: int
    action_id: int


class UndoButton(
    ClickButton[UndoClick],
    template=r"bylaw:undo:(?P<guild>[0-9]{1,20}):(?P<action>[0-9]{1,19})",
):
    """Takes back one action."""

    event = "undo_click"

    @staticmethod
    def look(click: UndoClick) -> Look:
        """The button for a click."""
        return Look(f"bylaw:undo:{click.guild_id}:{click.action_id}", "Undo")

    @staticmethod
    def read(ids: re.Match[str]) -> UndoClick:
        """The click that stands in a custom_id."""
        return UndoClick(guild_id=int(ids["guild"]), action_id=int(ids["action"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishClick:
    """An admin confirmed a publication, having seen this revision. Dispatched as ``publish_click``."""

    policy_id: int
    revision: int


class PublishButton(
    ClickButton[PublishClick],
    template=r"bylaw:publish:(?P<policy>[0-9]{1,19}):(?P<revision>[0-9]{1,19})",
):
    """Puts the draft that the admin looked at in force."""

    event = "publish_click"

    @staticmethod
    def look(click: PublishClick) -> Look:
        """The button for a click."""
        custom_id = f"bylaw:publish:{click.policy_id}:{click.revision}"
        return Look(custom_id, "Publish", discord.ButtonStyle.primary)

    @staticmethod
    def read(ids: re.Match[str]) -> PublishClick:
        """The click that stands in a custom_id."""
        return PublishClick(policy_id=int(ids["policy"]), revision=int(ids["revision"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackClick:
    """An admin confirmed a rollback, having seen that version `seen` is in force. Dispatched as ``rollback_click``."""

    policy_id: int
    to_number: int
    seen_number: int


class RollbackButton(
    ClickButton[RollbackClick],
    template=r"bylaw:rollback:(?P<policy>[0-9]{1,19}):(?P<to>[0-9]{1,19}):(?P<seen>[0-9]{1,19})",
):
    """Puts an older version in force again."""

    event = "rollback_click"

    @staticmethod
    def look(click: RollbackClick) -> Look:
        """The button for a click."""
        custom_id = f"bylaw:rollback:{click.policy_id}:{click.to_number}:{click.seen_number}"
        return Look(custom_id, f"Roll back to version {click.to_number}", discord.ButtonStyle.danger)

    @staticmethod
    def read(ids: re.Match[str]) -> RollbackClick:
        """The click that stands in a custom_id."""
        return RollbackClick(policy_id=int(ids["policy"]), to_number=int(ids["to"]), seen_number=int(ids["seen"]))


class PolicyVerb(StrEnum):
    """What another button about a policy does. The values stand in custom_ids of messages: they never change."""

    DELETE = "delete"
    OVERRULE = "overrule"
    CANCEL_BACKTEST = "cancel_backtest"
    CANCEL_READING = "cancel_reading"


_POLICY_LOOK = {
    PolicyVerb.DELETE: ("Delete", discord.ButtonStyle.danger),
    PolicyVerb.OVERRULE: ("Publish anyway…", discord.ButtonStyle.danger),
    PolicyVerb.CANCEL_BACKTEST: ("Cancel", discord.ButtonStyle.secondary),
    PolicyVerb.CANCEL_READING: ("Stop", discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyClick:
    """Somebody clicked such a button. Dispatched as ``policy_click``."""

    verb: PolicyVerb
    policy_id: int
    number: int = 0  #: of the revision, backtest or whatever else the verb is about


class PolicyButton(
    ClickButton[PolicyClick],
    template=r"bylaw:do:(?P<verb>[a-z_]{1,20}):(?P<policy>[0-9]{1,19}):(?P<number>[0-9]{1,19})",
):
    """A button about a policy that needs no more than a verb and two ids."""

    event = "policy_click"

    @staticmethod
    def look(click: PolicyClick) -> Look:
        """The button for a click."""
        label, style = _POLICY_LOOK[click.verb]
        return Look(f"bylaw:do:{click.verb}:{click.policy_id}:{click.number}", label, style)

    @staticmethod
    def read(ids: re.Match[str]) -> PolicyClick:
        """The click that stands in a custom_id."""
        verb = PolicyVerb(ids["verb"])
        return PolicyClick(verb=verb, policy_id=int(ids["policy"]), number=int(ids["number"]))


DYNAMIC_ITEMS: tuple[type[discord.ui.DynamicItem[Any]], ...] = (
    CaseButton,
    UndoButton,
    PublishButton,
    RollbackButton,
    PolicyButton,
    ListButton,
    GroupButton,
    SampleButton,
)
