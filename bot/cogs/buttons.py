"""Buttons that hold ids and nothing else, so that they work after a restart.

A button's custom_id says which case or policy it is about; what is true about that is read anew on every click, and
so is the permission of whoever clicked. The buttons know no service: they hand the click on as an event, and a cog
listens to that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import discord

from bot.cogs.group_buttons import GroupButton
from bot.cogs.list_buttons import ListButton
from bot.cogs.sample_buttons import SampleButton


class CaseVerb(StrEnum):
    """What a button on a card does. The values stand in custom_ids of cards already posted: they never change."""

    VIOLATION = "violation"
    NOT_A_VIOLATION = "not_a_violation"
    ACT = "act"
    CONTEXT = "context"
    HISTORY = "history"
    REOPEN = "reopen"
    REASONING = "reasoning"  #: on cards of older versions only; it does what CONTEXT does


#: The buttons in the first row of every card.
CARD_ROW = (CaseVerb.VIOLATION, CaseVerb.NOT_A_VIOLATION, CaseVerb.ACT, CaseVerb.CONTEXT, CaseVerb.HISTORY)

_LOOK = {
    CaseVerb.VIOLATION: ("Violation", discord.ButtonStyle.danger),
    CaseVerb.NOT_A_VIOLATION: ("Not a violation", discord.ButtonStyle.success),
    CaseVerb.ACT: ("Act…", discord.ButtonStyle.primary),
    CaseVerb.CONTEXT: ("Context", discord.ButtonStyle.secondary),
    CaseVerb.HISTORY: ("History", discord.ButtonStyle.secondary),
    CaseVerb.REOPEN: ("Reopen…", discord.ButtonStyle.secondary),
    CaseVerb.REASONING: ("Reasoning", discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClick:
    """Somebody clicked a button of a case. Dispatched as the event ``case_click`` behind the interaction."""

    guild_id: int
    number: int
    verb: CaseVerb


class CaseButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"bylaw:case:(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19}):(?P<verb>" + "|".join(CaseVerb) + ")",
):
    """A button on a card."""

    def __init__(self, click: CaseClick, *, disabled: bool = False) -> None:
        label, style = _LOOK[click.verb]
        custom_id = f"bylaw:case:{click.guild_id}:{click.number}:{click.verb}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id, disabled=disabled))
        self.click = click

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked."""
        del interaction, item
        return cls(CaseClick(guild_id=int(match["guild"]), number=int(match["number"]), verb=CaseVerb(match["verb"])))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch("case_click", interaction, self.click)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoClick:
    """Somebody takes an action back. Dispatched as ``undo_click``."""

    guild_id: int
    action_id: int


class UndoButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"bylaw:undo:(?P<guild>[0-9]{1,20}):(?P<action>[0-9]{1,19})",
):
    """Takes back one action."""

    def __init__(self, click: UndoClick, *, label: str) -> None:
        custom_id = f"bylaw:undo:{click.guild_id}:{click.action_id}"
        super().__init__(discord.ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))
        self.click = click

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked."""
        del interaction
        label = item.label if isinstance(item, discord.ui.Button) else None
        return cls(UndoClick(guild_id=int(match["guild"]), action_id=int(match["action"])), label=label or "Undo")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch("undo_click", interaction, self.click)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishClick:
    """An admin confirmed a publication, having seen this revision. Dispatched as ``publish_click``."""

    policy_id: int
    revision: int


class PublishButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"bylaw:publish:(?P<policy>[0-9]{1,19}):(?P<revision>[0-9]{1,19})",
):
    """Puts the draft that the admin looked at in force."""

    def __init__(self, click: PublishClick) -> None:
        custom_id = f"bylaw:publish:{click.policy_id}:{click.revision}"
        super().__init__(discord.ui.Button(label="Publish", style=discord.ButtonStyle.primary, custom_id=custom_id))
        self.click = click

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked."""
        del interaction, item
        return cls(PublishClick(policy_id=int(match["policy"]), revision=int(match["revision"])))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch("publish_click", interaction, self.click)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackClick:
    """An admin confirmed a rollback, having seen that version `seen` is in force. Dispatched as ``rollback_click``."""

    policy_id: int
    to_number: int
    seen_number: int


class RollbackButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"bylaw:rollback:(?P<policy>[0-9]{1,19}):(?P<to>[0-9]{1,19}):(?P<seen>[0-9]{1,19})",
):
    """Puts an older version in force again."""

    def __init__(self, click: RollbackClick) -> None:
        custom_id = f"bylaw:rollback:{click.policy_id}:{click.to_number}:{click.seen_number}"
        super().__init__(
            discord.ui.Button(
                label=f"Roll back to version {click.to_number}",
                style=discord.ButtonStyle.danger,
                custom_id=custom_id,
            )
        )
        self.click = click

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked."""
        del interaction, item
        return cls(
            RollbackClick(policy_id=int(match["policy"]), to_number=int(match["to"]), seen_number=int(match["seen"]))
        )

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch("rollback_click", interaction, self.click)


class PolicyVerb(StrEnum):
    """What another button about a policy does. The values stand in custom_ids of messages: they never change."""

    DELETE = "delete"
    OVERRULE = "overrule"
    CANCEL_BACKTEST = "cancel_backtest"
    CANCEL_READING = "cancel_reading"


_POLICY_LOOK = {
    PolicyVerb.DELETE: ("Delete", discord.ButtonStyle.danger),
    PolicyVerb.OVERRULE: ("Publish anyway…", discord.ButtonStyle.danger),
    PolicyVerb.CANCEL_BACKTEST: ("Cancel", discord.ButtonStyle.secondary),
    PolicyVerb.CANCEL_READING: ("Stop", discord.ButtonStyle.secondary),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyClick:
    """Somebody clicked such a button. Dispatched as ``policy_click``."""

    verb: PolicyVerb
    policy_id: int
    number: int = 0  #: of the revision, backtest or whatever else the verb is about


class PolicyButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"bylaw:do:(?P<verb>[a-z_]{1,20}):(?P<policy>[0-9]{1,19}):(?P<number>[0-9]{1,19})",
):
    """A button about a policy that needs no more than a verb and two ids."""

    def __init__(self, click: PolicyClick) -> None:
        label, style = _POLICY_LOOK[click.verb]
        custom_id = f"bylaw:do:{click.verb}:{click.policy_id}:{click.number}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id))
        self.click = click

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked."""
        del interaction, item
        verb = PolicyVerb(match["verb"])
        return cls(PolicyClick(verb=verb, policy_id=int(match["policy"]), number=int(match["number"])))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch("policy_click", interaction, self.click)


DYNAMIC_ITEMS: tuple[type[discord.ui.DynamicItem[Any]], ...] = (
    CaseButton,
    UndoButton,
    PublishButton,
    RollbackButton,
    PolicyButton,
    ListButton,
    GroupButton,
    SampleButton,
)
