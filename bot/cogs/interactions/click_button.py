"""What all buttons with ids have in common: they work after a restart, and they know no service.

A button's custom_id says what it is about; what is true about that is read again on every click, and so is the
permission of whoever clicked. The button hands the click on as an event, and a cog listens to that.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

import discord

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Look:
    """A button as Discord shows it. The custom_id stands in messages already posted: its form never changes."""

    custom_id: str
    label: str
    style: discord.ButtonStyle = discord.ButtonStyle.secondary


class ClickButton(discord.ui.DynamicItem[discord.ui.Button[Any]], Generic[C], template=r"(?!)"):
    """A button that is made of a click and dispatches it. A kind of button says how a click looks and is read."""

    event: ClassVar[str]  #: the event's name; its listeners get the interaction and the click

    def __init__(self, click: C, *, label: str = "", disabled: bool = False) -> None:
        look = self.look(click)
        super().__init__(
            discord.ui.Button(label=label or look.label, style=look.style, custom_id=look.custom_id, disabled=disabled)
        )
        self.click = click

    @staticmethod
    @abstractmethod
    def look(click: C) -> Look:
        """The button for a click."""

    @staticmethod
    @abstractmethod
    def read(ids: re.Match[str]) -> C:
        """The click that stands in a custom_id, as `template` found it."""

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked, with the label that it had."""
        del interaction
        label = item.label if isinstance(item, discord.ui.Button) else None
        return cls(cls.read(match), label=label or "")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch(self.event, interaction, self.click)
