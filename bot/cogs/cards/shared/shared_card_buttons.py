"""The buttons of shared cards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import discord

from bot.cogs.interactions.click_button import ClickButton, Look
from bot.languages.translation import _, marked


class SharedCardVerb(StrEnum):
    """What such a button does. The values are in custom_ids and never change."""

    DELETE = "delete"
    TIMEOUT = "timeout"
    NOT_A_VIOLATION = "not_a_violation"
    SHOW = "show"


_LOOK = {
    SharedCardVerb.DELETE: (marked("Delete all…"), discord.ButtonStyle.danger),
    SharedCardVerb.TIMEOUT: (marked("Time out all…"), discord.ButtonStyle.danger),
    SharedCardVerb.NOT_A_VIOLATION: (marked("Not a violation"), discord.ButtonStyle.success),
    SharedCardVerb.SHOW: (marked("Show them"), discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCardClick:
    """Somebody clicked such a button. Dispatched as ``shared_card_click`` behind the interaction."""

    guild_id: int
    group_id: int
    verb: SharedCardVerb


class SharedCardButton(
    ClickButton[SharedCardClick],
    template=r"bylaw:group:(?P<guild>[0-9]{1,20}):(?P<group>[0-9]{1,18}):(?P<verb>" + "|".join(SharedCardVerb) + ")",
):
    """A button on a shared card."""

    event = "shared_card_click"

    @staticmethod
    def look(click: SharedCardClick) -> Look:
        """The button for a click."""
        label, style = _LOOK[click.verb]
        return Look(f"bylaw:group:{click.guild_id}:{click.group_id}:{click.verb}", _(label), style)

    @staticmethod
    def read(ids: re.Match[str]) -> SharedCardClick:
        """The click that a custom_id describes."""
        verb = SharedCardVerb(ids["verb"])
        return SharedCardClick(guild_id=int(ids["guild"]), group_id=int(ids["group"]), verb=verb)
