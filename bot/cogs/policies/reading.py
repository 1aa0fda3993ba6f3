"""``/policy show``, ``list``, ``history``, ``diff`` and ``export``: what there is."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.reply import defer, send
from bot.cogs.policies import pages as policy_pages
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import A_NAME, Name, PolicyPart

_A_VERSION = "published, draft or a number; the version in force if left out"


class PolicyReading(PolicyPart):
    """The commands that change nothing."""

    @app_commands.command(description="Read a policy: the version in force, the draft or an older version")
    @app_commands.describe(name=A_NAME, version=_A_VERSION)
    @app_commands.autocomplete(name=PolicyPart.offered_names, version=PolicyPart.offered_versions)
    async def show(self, interaction: discord.Interaction[Any], name: Name, version: str | None = None) -> None:
        """Show a text."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            await send(interaction, await policy_pages.text_page(self.tools.desk, guild_id, name, version))

    @app_commands.command(description="Get a policy's text as a file, to keep it or to change it elsewhere")
    @app_commands.describe(name=A_NAME, version=_A_VERSION)
    @app_commands.autocomplete(name=PolicyPart.offered_names, version=PolicyPart.offered_versions)
    async def export(self, interaction: discord.Interaction[Any], name: Name, version: str | None = None) -> None:
        """Send a text as a file."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            page = await policy_pages.text_page(self.tools.desk, guild_id, name, version, as_file=True)
            await send(interaction, page)

    @app_commands.command(name="list", description="All policies of this server: what is in force, and what it costs")
    async def list_(self, interaction: discord.Interaction[Any]) -> None:
        """List the policies."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            await defer(interaction)
            policies = await self.tools.desk.list(guild_id)
            await send(interaction, policy_replies.overview(policies, await self.tools.costs.of(guild_id)))

    @app_commands.command(description="Every version of a policy that was in force, when and by whom")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyPart.offered_names)
    async def history(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """List the publications."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            await send(interaction, await policy_pages.history_page(self.tools.desk, guild_id, name))

    @app_commands.command(description="What changed between two versions of a policy, rule by rule")
    @app_commands.describe(name=A_NAME, old="published, draft or a number", new="published, draft or a number")
    @app_commands.autocomplete(
        name=PolicyPart.offered_names, old=PolicyPart.offered_versions, new=PolicyPart.offered_versions
    )
    async def diff(self, interaction: discord.Interaction[Any], name: Name, old: str, new: str) -> None:
        """Compare two texts."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            await send(interaction, await policy_pages.diff_page(self.tools.desk, guild_id, name, old, new))
