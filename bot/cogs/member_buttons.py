"""The buttons of members' messages and of appeals. Like those of `buttons`, they hold ids and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import discord

from bot.moderation.appeals import AppealKey


class MemberVerb(StrEnum):
    """What a member's button does. The values stand in custom_ids of messages already sent: they never change."""

    APPEAL = "appeal"
    ANSWER = "answer"
    REPORT_WORDS = "report_words"


_MEMBER_LOOK = {
    MemberVerb.APPEAL: ("Appeal", discord.ButtonStyle.primary),
    MemberVerb.ANSWER: ("Answer", discord.ButtonStyle.primary),
    MemberVerb.REPORT_WORDS: ("Say why", discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberClick:
    """A member clicked. Dispatched as ``member_click`` behind the interaction."""

    verb: MemberVerb
    guild_id: int
    number: int  #: of the case; of the message for REPORT_WORDS
    attempt: int = 0  #: of the appeal, for ANSWER


class MemberButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"bylaw:member:(?P<verb>[a-z_]{1,20}):(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,20}):(?P<attempt>[0-9]{1,9})",
):
    """A button for the member whom a message is about. It works in direct messages, too."""

    def __init__(self, click: MemberClick, *, label: str = "") -> None:
        usual, style = _MEMBER_LOOK[click.verb]
        custom_id = f"bylaw:member:{click.verb}:{click.guild_id}:{click.number}:{click.attempt}"
        super().__init__(discord.ui.Button(label=label or usual, style=style, custom_id=custom_id))
        self.click = click

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked."""
        del interaction, item
        return cls(
            MemberClick(
                verb=MemberVerb(match["verb"]),
                guild_id=int(match["guild"]),
                number=int(match["number"]),
                attempt=int(match["attempt"]),
            )
        )

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch("member_click", interaction, self.click)


class HearingVerb(StrEnum):
    """What a button on the card of an appeal does. The values never change."""

    UPHOLD = "uphold"
    OVERTURN = "overturn"
    ASK = "ask"
    EVERYTHING = "everything"


_HEARING_LOOK = {
    HearingVerb.UPHOLD: ("Uphold…", discord.ButtonStyle.danger),
    HearingVerb.OVERTURN: ("Overturn…", discord.ButtonStyle.success),
    HearingVerb.ASK: ("Ask a question…", discord.ButtonStyle.primary),
    HearingVerb.EVERYTHING: ("Everything", discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingClick:
    """Somebody clicked on the card of an appeal. Dispatched as ``hearing_click``."""

    verb: HearingVerb
    key: AppealKey


class HearingButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"bylaw:hearing:(?P<verb>[a-z_]{1,20}):(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19}):(?P<attempt>[0-9]{1,9})",
):
    """A button on the card of an appeal."""

    def __init__(self, click: HearingClick, *, disabled: bool = False) -> None:
        label, style = _HEARING_LOOK[click.verb]
        key = click.key
        custom_id = f"bylaw:hearing:{click.verb}:{key.guild_id}:{key.case_number}:{key.attempt}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id, disabled=disabled))
        self.click = click

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked."""
        del interaction, item
        key = AppealKey(guild_id=int(match["guild"]), case_number=int(match["number"]), attempt=int(match["attempt"]))
        return cls(HearingClick(verb=HearingVerb(match["verb"]), key=key))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch("hearing_click", interaction, self.click)


MEMBER_ITEMS: tuple[type[discord.ui.DynamicItem[Any]], ...] = (MemberButton, HearingButton)
