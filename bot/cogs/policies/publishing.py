"""``/policy publish``, ``rollback``, ``discard``, ``pause``, ``resume``, ``delete``: what is in force, what goes."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.policies import pages as policy_pages
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import A_NAME, Name, PolicyPart


class PolicyChanging(PolicyPart):
    """The commands that change what members are judged by."""

    @app_commands.command(description="Put a policy's draft in force; shows what changes and asks once")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyPart.offered_names)
    async def publish(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """Show what would change."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            pinned = len(await self.tools.pins.of(guild_id, name))
            await send(interaction, await policy_pages.publish_page(self.tools.desk, guild_id, name, pinned=pinned))

    @app_commands.command(
        description="Put an older version of a policy in force again; shows what changes and asks once"
    )
    @app_commands.describe(name=A_NAME, version="The number of the version, as in /policy history")
    @app_commands.autocomplete(name=PolicyPart.offered_names)
    @app_commands.autocomplete(version=PolicyPart.offered_numbers)
    async def rollback(
        self, interaction: discord.Interaction[Any], name: Name, version: app_commands.Range[int, 1]
    ) -> None:
        """Show what would change."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            await send(interaction, await policy_pages.rollback_page(self.tools.desk, guild_id, name, version))

    @app_commands.command(description="Throw a policy's draft away; its text comes back as a file, just in case")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyPart.offered_names)
    async def discard(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """Discard the draft that there is now."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        policy = await self.tools.desk.find(guild_id, name)
        if policy is None or policy.draft is None:
            await send(interaction, policy_pages.no_draft(policy, name))
            return
        await defer(interaction)
        outcome = await self.tools.life.discard(
            guild_id, name, seen_revision=policy.draft.revision, actor_id=interaction.user.id
        )
        await send(interaction, await policy_replies.of_discarding(outcome, self.tools.desk))

    @app_commands.command(description="Judge nothing by a policy until it is resumed")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyPart.offered_names)
    async def pause(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """Pause the policy."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            outcome = await self.tools.life.pause(guild_id, name, actor_id=interaction.user.id)
            await send(interaction, policy_replies.of_pausing(outcome))

    @app_commands.command(description="Judge by a paused policy again, from the next message on")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyPart.offered_names)
    async def resume(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """Resume the policy."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            outcome = await self.tools.life.resume(guild_id, name, actor_id=interaction.user.id)
            await send(interaction, policy_replies.of_pausing(outcome))

    @app_commands.command(description="Delete a policy; asks once. Cases keep the version that they were judged by")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyPart.offered_names)
    async def delete(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """Ask whether it is meant."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        policy = await self.tools.desk.find(guild_id, name)
        page: Reply = policy_pages.no_such(name) if policy is None else policy_pages.delete_page(policy)
        await send(interaction, page)
