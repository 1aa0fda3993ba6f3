"""The buttons of cards that stand for many cases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import discord

from bot.cogs.interactions.click_button import ClickButton, Look


class GroupVerb(StrEnum):
    """What such a button does. The values stand in custom_ids: they never change."""

    DELETE = "delete"
    TIMEOUT = "timeout"
    NOT_A_VIOLATION = "not_a_violation"
    SHOW = "show"


_LOOK = {
    GroupVerb.DELETE: ("Delete all…", discord.ButtonStyle.danger),
    GroupVerb.TIMEOUT: ("Time out all…", discord.ButtonStyle.danger),
    GroupVerb.NOT_A_VIOLATION: ("Not a violation", discord.ButtonStyle.success),
    GroupVerb.SHOW: ("Show them", discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupClick:
    """Somebody clicked such a button. Dispatched as ``group_click`` behind the interaction."""

    guild_id: int
    group_id: int
    verb: GroupVerb


class GroupButton(
    ClickButton[GroupClick],
    template=r"bylaw:group:(?P<guild>[0-9]{1,20}):(?P<group>[0-9]{1,18}):(?P<verb>" + "|".join(GroupVerb) + ")",
):
    """A button on a shared card."""

    event = "group_click"

    @staticmethod
    def look(click: GroupClick) -> Look:
        """The button for a click."""
        label, style = _LOOK[click.verb]
        return Look(f"bylaw:group:{click.guild_id}:{click.group_id}:{click.verb}", label, style)

    @staticmethod
    def read(ids: re.Match[str]) -> GroupClick:
        """The click that stands in a custom_id."""
        verb = GroupVerb(ids["verb"])
        return GroupClick(guild_id=int(ids["guild"]), group_id=int(ids["group"]), verb=verb)
