"""The buttons of weekly samples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import discord

from bot.cogs.interactions.click_button import ClickButton, Look


class SampleVerb(StrEnum):
    """What a button does. The values stand in custom_ids of messages already posted: they never change."""

    LOOK = "look"  #: its number is the week's Monday, as 20261123
    VIOLATION = "violation"  #: of these the number is the id in the sample
    FINE = "fine"


_LOOK = {
    SampleVerb.LOOK: ("Look at them", discord.ButtonStyle.primary),
    SampleVerb.VIOLATION: ("Violation", discord.ButtonStyle.danger),
    SampleVerb.FINE: ("Fine", discord.ButtonStyle.success),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleClick:
    """A reviewer clicked. Dispatched as ``sample_click`` behind the interaction."""

    verb: SampleVerb
    number: int


class SampleButton(
    ClickButton[SampleClick],
    template=r"bylaw:sample:(?P<verb>look|violation|fine):(?P<number>[0-9]{1,19})",
):
    """A button of a sample."""

    event = "sample_click"

    @staticmethod
    def look(click: SampleClick) -> Look:
        """The button for a click."""
        label, style = _LOOK[click.verb]
        return Look(f"bylaw:sample:{click.verb}:{click.number}", label, style)

    @staticmethod
    def read(ids: re.Match[str]) -> SampleClick:
        """The click that stands in a custom_id."""
        return SampleClick(verb=SampleVerb(ids["verb"]), number=int(ids["number"]))
