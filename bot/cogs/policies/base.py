"""Base of all ``/policy`` commands: services, permission checks and autocompletion.

``/policy`` is one command group. Each file has a few of its commands in a class, with their forms and buttons, and
`bot.cogs.policy_command` inherits from all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.permission import admits_editor, is_editor, is_editor_or_reviewer
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import name as shown
from bot.cogs.policies.editor import NAME_LIMIT
from bot.languages.translation import _, marked
from bot.moderation.cascade.cascade import Cascade
from bot.moderation.lookups.numbers.policy_numbers import PolicyNumbersLookup
from bot.moderation.policies.consequences import Consequences
from bot.moderation.policies.imports import PolicyImports
from bot.moderation.policies.lifecycle import PolicyLife
from bot.moderation.policies.pins import Pins
from bot.moderation.policies.publishing import Publishing
from bot.moderation.policies.strict_starts import StrictStarts
from bot.moderation.servers.permissions import Access
from bot.moderation.trials.costs import Costs
from guild_policies.text.parse import policy_of
from guild_policies.versions import PolicyVersion, StoredPolicy

Choices = list[app_commands.Choice[str]]
Name = app_commands.Range[str, 1, NAME_LIMIT]

CHOICES_SHOWN = 25
# Translators: a command's text, at most 100 characters.
A_NAME = marked("The policy's name, as in /policy list")
POLICY_GONE = marked("This policy is no longer in this server.")
PUBLISHED, DRAFT = "published", "draft"  #: names for the draft and the version in force


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTools:
    """The services that the commands call."""

    access: Access
    desk: Publishing
    life: PolicyLife
    costs: Costs
    pins: Pins
    consequences: Consequences
    numbers: PolicyNumbersLookup
    cascade: Cascade
    strict_starts: StrictStarts
    imports: PolicyImports


class PolicyCommands(commands.Cog):
    """Some of the commands of ``/policy``."""

    def __init__(self, tools: PolicyTools) -> None:
        super().__init__()
        self.tools = tools

    async def admitted(self, interaction: discord.Interaction[Any]) -> int | None:
        """The server, if this person may edit its policies; otherwise they are told why not."""
        return interaction.guild_id if await admits_editor(interaction, self.tools.access) else None

    async def may_look(self, interaction: discord.Interaction[Any]) -> bool:
        """May this person see the list of policies?"""
        return await is_editor_or_reviewer(interaction, self.tools.access)

    async def offered_names(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """The server's policies, only for people who may use them, whatever commands Discord shows."""
        if interaction.guild_id is None or not await self.may_look(interaction):
            return []
        return choices((policy.name for policy in await self.tools.desk.list(interaction.guild_id)), current)

    async def offered_versions(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        """The versions of the named policy: published, draft and numbers."""
        return choices(await self.version_names(interaction), current)

    async def offered_numbers(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[int]]:
        """The version numbers of the named policy."""
        numbers = [each for each in await self.version_names(interaction) if each.isdecimal()]
        typed = str(current or "")  # while typing, Discord sends a number as text or as a number
        return [app_commands.Choice(name=each.name, value=int(each.value)) for each in choices(numbers, typed)]

    async def version_names(self, interaction: discord.Interaction[Any]) -> tuple[str, ...]:
        """The versions of the named policy: published, draft, and numbers, newest first."""
        if interaction.guild_id is None or not await is_editor(interaction, self.tools.access):
            return ()
        policy = await self.tools.desk.find(interaction.guild_id, str(interaction.namespace.name or ""))
        if policy is None:
            return ()
        numbers = sorted({each.version.number for each in await self.tools.desk.history(policy)}, reverse=True)
        special = (PUBLISHED,) * (policy.published is not None) + (DRAFT,) * (policy.draft is not None)
        return (*special, *map(str, numbers))

    async def rules_of_named(self, interaction: discord.Interaction[Any]) -> tuple[str, ...]:
        """The rule ids of the named policy, those of its draft first."""
        if interaction.guild_id is None or not await self.may_look(interaction):
            return ()
        policy = await self.tools.desk.find(interaction.guild_id, str(interaction.namespace.name or ""))
        texts = [each.text for each in (policy.draft, policy.published) if each] if policy else []
        return tuple(dict.fromkeys(rule.id for text in texts for rule in policy_of(text).rules if rule.id))


def choices(options: Iterable[str], current: str) -> Choices:
    """Up to 25 options that contain what was typed so far."""
    found = [each for each in options if current.casefold() in each.casefold()]
    return [app_commands.Choice(name=each, value=each) for each in found[:CHOICES_SHOWN]]


def no_such(name: str) -> Reply:
    """Says that there is no such policy."""
    return Reply(
        text=_("There is no policy named “{policy}” in this server. /policy list shows them all.", policy=shown(name))
    )


def no_draft(policy: StoredPolicy | None, name: str) -> Reply:
    """Says that there is no draft."""
    if policy is None:
        return no_such(name)
    return Reply(text=_("**{policy}** has no draft. /policy edit makes one.", policy=shown(policy.name)))


async def version_of(desk: Publishing, policy: StoredPolicy, number: str) -> PolicyVersion | None:
    """A version by its number, from the history, because every version was in force once."""
    history = await desk.history(policy)
    return next((each.version for each in history if str(each.version.number) == number.removeprefix("v")), None)
