"""The buttons of messages about policies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import discord

from bot.cogs.interactions.click_button import ClickButton, Look
from bot.languages.translation import _, marked

#: The part of custom_ids after the revision if the version starts strict.
STRICT = r"(?::s(?P<days>[0-9]{1,3}):(?P<decisions>[0-9]{1,5}))?"


@dataclass(frozen=True, slots=True)
class Strictness:
    """The strict start of a version. No days: no strict start."""

    days: int = 0
    decisions: int = 0  #: 0 for no such end

    @property
    def in_custom_id(self) -> str:
        """The form that `STRICT` matches."""
        return f":s{self.days}:{self.decisions}" if self.days else ""


NOT_STRICT = Strictness()


def strictness(ids: Mapping[str, str | None]) -> Strictness:
    """Parse it from a custom_id."""
    return Strictness(int(ids.get("days") or 0), int(ids.get("decisions") or 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishClick:
    """An admin confirmed a publication, having seen this revision. Dispatched as ``publish_click``."""

    policy_id: int
    revision: int
    strict: Strictness = NOT_STRICT


class PublishButton(
    ClickButton[PublishClick],
    template=rf"bylaw:publish:(?P<policy>[0-9]{{1,19}}):(?P<revision>[0-9]{{1,19}}){STRICT}",
):
    """Publishes the draft that the admin saw."""

    event = "publish_click"

    @staticmethod
    def look(click: PublishClick) -> Look:
        """The button for a click."""
        custom_id = f"bylaw:publish:{click.policy_id}:{click.revision}{click.strict.in_custom_id}"
        return Look(
            custom_id, _("Publish"), discord.ButtonStyle.primary
        )  # Translators: a button, at most 80 characters.

    @staticmethod
    def read(ids: re.Match[str]) -> PublishClick:
        """The click that a custom_id describes."""
        return PublishClick(
            policy_id=int(ids["policy"]), revision=int(ids["revision"]), strict=strictness(ids.groupdict())
        )


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
        # Translators: a button, at most 60 characters.
        label = _("Roll back to version {number}", number=click.to_number)
        return Look(custom_id, label, discord.ButtonStyle.danger)

    @staticmethod
    def read(ids: re.Match[str]) -> RollbackClick:
        """The click that a custom_id describes."""
        return RollbackClick(policy_id=int(ids["policy"]), to_number=int(ids["to"]), seen_number=int(ids["seen"]))


class PolicyVerb(StrEnum):
    """What another button about a policy does. The values are in custom_ids of messages and never change."""

    DELETE = "delete"
    OVERRULE = "overrule"
    CANCEL_BACKTEST = "cancel_backtest"
    CANCEL_READING = "cancel_reading"
    STOP_WOBBLE = "stop_wobble"
    KEEP_FLASH = "keep_flash"


#: With labels of at most 80 characters, translated when a button is made.
_LOOK = {
    PolicyVerb.DELETE: (marked("Delete"), discord.ButtonStyle.danger),
    PolicyVerb.OVERRULE: (marked("Publish anyway…"), discord.ButtonStyle.danger),
    PolicyVerb.CANCEL_BACKTEST: (marked("Cancel"), discord.ButtonStyle.secondary),
    PolicyVerb.CANCEL_READING: (marked("Stop"), discord.ButtonStyle.secondary),
    PolicyVerb.STOP_WOBBLE: (marked("Stop"), discord.ButtonStyle.secondary),
    PolicyVerb.KEEP_FLASH: (marked("Make a draft of it"), discord.ButtonStyle.primary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyClick:
    """Somebody clicked such a button. Dispatched as ``policy_click``."""

    verb: PolicyVerb
    policy_id: int
    number: int = 0  #: id of the revision, backtest or other subject of the verb
    strict: Strictness = NOT_STRICT  #: for a publication


class PolicyButton(
    ClickButton[PolicyClick],
    template=rf"bylaw:do:(?P<verb>[a-z_]{{1,20}}):(?P<policy>[0-9]{{1,19}}):(?P<number>[0-9]{{1,19}}){STRICT}",
):
    """A button about a policy that needs no more than a verb and two ids."""

    event = "policy_click"

    @staticmethod
    def look(click: PolicyClick) -> Look:
        """The button for a click."""
        label, style = _LOOK[click.verb]
        custom_id = f"bylaw:do:{click.verb}:{click.policy_id}:{click.number}{click.strict.in_custom_id}"
        return Look(custom_id, _(label), style)

    @staticmethod
    def read(ids: re.Match[str]) -> PolicyClick:
        """The click that a custom_id describes."""
        verb = PolicyVerb(ids["verb"])
        return PolicyClick(
            verb=verb, policy_id=int(ids["policy"]), number=int(ids["number"]), strict=strictness(ids.groupdict())
        )
