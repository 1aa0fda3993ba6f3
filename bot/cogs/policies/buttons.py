"""The buttons of messages about policies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import discord

from bot.cogs.interactions.click_button import ClickButton, Look


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
        """The click that a custom_id describes."""
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
        """The click that a custom_id describes."""
        return RollbackClick(policy_id=int(ids["policy"]), to_number=int(ids["to"]), seen_number=int(ids["seen"]))


class PolicyVerb(StrEnum):
    """What another button about a policy does. The values are in custom_ids of messages: they never change."""

    DELETE = "delete"
    OVERRULE = "overrule"
    CANCEL_BACKTEST = "cancel_backtest"
    CANCEL_READING = "cancel_reading"
    STOP_WOBBLE = "stop_wobble"
    KEEP_FLASH = "keep_flash"


_LOOK = {
    PolicyVerb.DELETE: ("Delete", discord.ButtonStyle.danger),
    PolicyVerb.OVERRULE: ("Publish anyway…", discord.ButtonStyle.danger),
    PolicyVerb.CANCEL_BACKTEST: ("Cancel", discord.ButtonStyle.secondary),
    PolicyVerb.CANCEL_READING: ("Stop", discord.ButtonStyle.secondary),
    PolicyVerb.STOP_WOBBLE: ("Stop", discord.ButtonStyle.secondary),
    PolicyVerb.KEEP_FLASH: ("Make a draft of it", discord.ButtonStyle.primary),
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
        label, style = _LOOK[click.verb]
        return Look(f"bylaw:do:{click.verb}:{click.policy_id}:{click.number}", label, style)

    @staticmethod
    def read(ids: re.Match[str]) -> PolicyClick:
        """The click that a custom_id describes."""
        verb = PolicyVerb(ids["verb"])
        return PolicyClick(verb=verb, policy_id=int(ids["policy"]), number=int(ids["number"]))
