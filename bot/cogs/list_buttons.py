"""The buttons below lists of cases. They hold ids and nothing else, like those of `buttons`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

import discord


@dataclass(frozen=True, slots=True, kw_only=True)
class ListClick:
    """A reviewer turns the page of a list. Dispatched as ``list_click`` behind the interaction."""

    query_id: int
    number: int  #: of the case from which the list goes on
    older: bool  #: to the older side of it, or to the newer


class ListButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"bylaw:list:(?P<query>[0-9]{1,19}):(?P<number>[0-9]{1,19}):(?P<side>older|newer)",
):
    """Turns the page."""

    def __init__(self, click: ListClick, *, disabled: bool = False) -> None:
        side = "older" if click.older else "newer"
        super().__init__(
            discord.ui.Button(
                label=side.capitalize(),
                style=discord.ButtonStyle.secondary,
                custom_id=f"bylaw:list:{click.query_id}:{click.number}:{side}",
                disabled=disabled,
            )
        )
        self.click = click

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked."""
        del interaction, item
        older = match["side"] == "older"
        return cls(ListClick(query_id=int(match["query"]), number=int(match["number"]), older=older))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch("list_click", interaction, self.click)
