"""The buttons of cards that stand for many cases. They hold ids and nothing else, like those of `buttons`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import discord


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
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"bylaw:group:(?P<guild>[0-9]{1,20}):(?P<group>[0-9]{1,18}):(?P<verb>" + "|".join(GroupVerb) + ")",
):
    """A button on a shared card."""

    def __init__(self, click: GroupClick, *, disabled: bool = False) -> None:
        label, style = _LOOK[click.verb]
        custom_id = f"bylaw:group:{click.guild_id}:{click.group_id}:{click.verb}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id, disabled=disabled))
        self.click = click

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked."""
        del interaction, item
        verb = GroupVerb(match["verb"])
        return cls(GroupClick(guild_id=int(match["guild"]), group_id=int(match["group"]), verb=verb))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch("group_click", interaction, self.click)
