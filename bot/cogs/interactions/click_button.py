"""Base of all persistent buttons: they work after a restart and don't know any service.

A button's custom_id says what it is about; the current state and the permission of the person are checked on every
click. The button dispatches the click as an event, and a cog listens to it.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

import discord

from bot.cogs.languages.reader import speak_to
from bot.log_context import logged_with

C = TypeVar("C")

_BIGGEST = 2**63 - 1  # limit of Discord's ids and ours
_LOGGED = ("guild", "action", "group", "policy")
_ABOUT_MESSAGES = frozenset({"report_words", "report_outcome"})  # verbs whose custom_id has a message's id


@dataclass(frozen=True, slots=True)
class Look:
    """A button as Discord shows it. The custom_id is in messages already posted, so its format never changes."""

    custom_id: str
    label: str
    style: discord.ButtonStyle = discord.ButtonStyle.secondary


class ClickButton(discord.ui.DynamicItem[discord.ui.Button[Any]], Generic[C], template=r"(?!)"):
    """A button that is made from a click and dispatches it. Subclasses say how a click is shown and parsed."""

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
        """The click that is in a custom_id, as `template` found it."""

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked, with the label that it had."""
        del interaction
        label = item.label if isinstance(item, discord.ui.Button) else None
        return cls(cls.read(match), label=label or "")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Dispatch the click. The listeners' tasks inherit the context set here: the language, and the ids for the
        log."""
        speak_to(interaction)
        ids = self.template.fullmatch(self.custom_id)
        with logged_with(**ids_of_custom_id(ids.groupdict() if ids else {})):
            interaction.client.dispatch(self.event, interaction, self.click)


def ids_of_custom_id(groups: Mapping[str, str | None]) -> dict[str, int]:
    """The ids of a click or a form for the log, from the named groups of its custom_id. A number with a server's id is
    a case's."""
    numbers = {name: int(text) for name, text in groups.items() if text and text.isdecimal() and len(text) < 20}
    ids: dict[str, int] = {name: numbers[name] for name in _LOGGED if name in numbers}
    if "number" in numbers and "guild" in numbers:
        ids["message_id" if groups.get("verb") in _ABOUT_MESSAGES else "case"] = numbers["number"]
    if "message" in numbers:
        ids["message_id"] = numbers["message"]
    return {name: number for name, number in ids.items() if number <= _BIGGEST}
