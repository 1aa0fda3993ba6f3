"""What all commands of ``/policy`` share: the services, who may use them, and what is offered while somebody types.

``/policy`` is one command to Discord and many to us. Each file holds a few of them as a part, and `policy_cog` puts
the parts together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.permission import admits_editor, is_editor, is_editor_or_reviewer
from bot.cogs.policies import pages as policy_pages
from bot.cogs.policies.editor import NAME_LIMIT
from bot.cogs.trials.runner import TrialRunner
from bot.moderation.policies.consequences import Consequences
from bot.moderation.policies.lifecycle import PolicyLife
from bot.moderation.policies.pins import Pins
from bot.moderation.policies.publishing import PolicyDesk
from bot.moderation.servers.access import Access
from bot.moderation.setup import Setup
from bot.moderation.trials.costs import Costs
from bot.moderation.trials.side_by_side import PolicyTest
from bot.moderation.trials.try_outs import TryOuts
from guild_policies.text.parse import parse

Choices = list[app_commands.Choice[str]]
Name = app_commands.Range[str, 1, NAME_LIMIT]

CHOICES_SHOWN = 25
A_NAME = "The policy's name, as in /policy list"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTools:
    """The services that the commands call."""

    access: Access
    desk: PolicyDesk
    life: PolicyLife
    costs: Costs
    pins: Pins
    tests: PolicyTest
    try_outs: TryOuts
    runner: TrialRunner
    setup: Setup
    consequences: Consequences


class PolicyPart(commands.Cog):
    """Some of the commands of ``/policy``."""

    def __init__(self, tools: PolicyTools) -> None:
        super().__init__()
        self.tools = tools

    async def admitted(self, interaction: discord.Interaction[Any]) -> int | None:
        """The server, if this person may write its policies; else they are told why not."""
        return interaction.guild_id if await admits_editor(interaction, self.tools.access) else None

    async def may_look(self, interaction: discord.Interaction[Any]) -> bool:
        """May this person know what policies there are?"""
        return await is_editor_or_reviewer(interaction, self.tools.access)

    async def offered_names(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """The server's policies: to nobody who could not use them, whatever commands Discord shows."""
        if interaction.guild_id is None or not await self.may_look(interaction):
            return []
        return choices((policy.name for policy in await self.tools.desk.list(interaction.guild_id)), current)

    async def offered_versions(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """What can be shown of the policy that was named: published, draft and the numbers of its versions."""
        return choices(await self.version_names(interaction), current)

    async def offered_numbers(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[int]]:
        """The numbers of the versions of the policy that was named."""
        numbers = [each for each in await self.version_names(interaction) if each.isdecimal()]
        typed = str(current or "")  # Discord sends a number that is being typed as text or as a number
        return [app_commands.Choice(name=each.name, value=int(each.value)) for each in choices(numbers, typed)]

    async def version_names(self, interaction: discord.Interaction[Any]) -> tuple[str, ...]:
        """The versions of the policy that was named, for somebody who may write policies."""
        if interaction.guild_id is None or not await is_editor(interaction, self.tools.access):
            return ()
        name = str(interaction.namespace.name or "")
        return await policy_pages.version_names(self.tools.desk, interaction.guild_id, name)

    async def rules_of_named(self, interaction: discord.Interaction[Any]) -> tuple[str, ...]:
        """The ids of the rules of the policy that was named, those of its draft first."""
        if interaction.guild_id is None or not await self.may_look(interaction):
            return ()
        policy = await self.tools.desk.find(interaction.guild_id, str(interaction.namespace.name or ""))
        texts = [each.text for each in (policy.draft, policy.published) if each] if policy else []
        return tuple(dict.fromkeys(rule.id for text in texts for rule in parse(text).policy.rules if rule.id))


def choices(options: Iterable[str], current: str) -> Choices:
    """Up to 25 of the options that hold what was typed so far."""
    found = [each for each in options if current.casefold() in each.casefold()]
    return [app_commands.Choice(name=each, value=each) for each in found[:CHOICES_SHOWN]]
