"""The buttons of weekly samples. They hold ids and nothing else, like those of `buttons`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import discord


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
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"bylaw:sample:(?P<verb>look|violation|fine):(?P<number>[0-9]{1,19})",
):
    """A button of a sample."""

    def __init__(self, click: SampleClick) -> None:
        label, style = _LOOK[click.verb]
        custom_id = f"bylaw:sample:{click.verb}:{click.number}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id))
        self.click = click

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked."""
        del interaction, item
        return cls(SampleClick(verb=SampleVerb(match["verb"]), number=int(match["number"])))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch("sample_click", interaction, self.click)
