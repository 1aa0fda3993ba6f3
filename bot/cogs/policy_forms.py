"""What comes back to Bylaw about policies: forms that were sent off, and publications and rollbacks confirmed.

Whoever sends or clicks may have lost the permission since, and others may have changed the policy: both are looked at
now. A text that is not saved goes back to its author as a file, whatever the reason.
"""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.cogs import policy_replies
from bot.cogs.buttons import PublishClick, RollbackClick
from bot.cogs.errors import answering
from bot.cogs.gate import NOT_AN_ADMIN, admits_admin, is_admin
from bot.cogs.policy_editor import EditedPolicy, NewPolicy, submission
from bot.cogs.replies import Reply, defer, replace, send
from bot.moderation.policy_desk import Blocked, Conflict, PolicyDesk, Refused, Saved
from guild_policies.versions import StoredPolicy

Saving = Saved | Blocked | Conflict | Refused

_POLICY_GONE = "This policy is not in this server any more."


class PolicyForms(commands.Cog):
    """Takes in forms and confirmations."""

    def __init__(self, *, desk: PolicyDesk) -> None:
        self._desk = desk

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """A form was sent off, perhaps one that was opened before a restart."""
        if interaction.type is not discord.InteractionType.modal_submit or interaction.guild_id is None:
            return
        form = submission(interaction.data or {})
        if form is None:
            return
        name = form.name if isinstance(form, NewPolicy) else "policy"
        keep = Reply(files=(policy_replies.given_back(form.text, name),))
        async with answering("a form", interaction, keep=keep):
            if is_admin(interaction):
                await defer(interaction)
                await send(interaction, await self._save(interaction.guild_id, form, interaction.user.id))
            else:
                await send(interaction, Reply(text=f"{NOT_AN_ADMIN} Your text is attached.", files=keep.files))

    @commands.Cog.listener()
    async def on_publish_click(self, interaction: discord.Interaction[Any], click: PublishClick) -> None:
        """An admin confirmed a publication."""
        async with answering("a publication", interaction):
            policy = await self._clicked(interaction, click.policy_id)
            if policy is None:
                return
            outcome = await self._desk.publish(
                policy.guild_id, policy.name, seen_revision=click.revision, actor_id=interaction.user.id
            )
            await replace(interaction, await policy_replies.of_publishing(outcome, self._desk, name=policy.name))

    @commands.Cog.listener()
    async def on_rollback_click(self, interaction: discord.Interaction[Any], click: RollbackClick) -> None:
        """An admin confirmed a rollback."""
        async with answering("a rollback", interaction):
            policy = await self._clicked(interaction, click.policy_id)
            if policy is None:
                return
            outcome = await self._desk.roll_back(
                policy.guild_id,
                policy.name,
                to_number=click.to_number,
                seen_number=click.seen_number,
                actor_id=interaction.user.id,
            )
            await replace(interaction, await policy_replies.of_publishing(outcome, self._desk, name=policy.name))

    async def _clicked(self, interaction: discord.Interaction[Any], policy_id: int) -> StoredPolicy | None:
        """The policy that the click is about, if this person may change it; else they are told why not."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return None
        await interaction.response.defer()
        policy = await self._desk.by_id(interaction.guild_id, policy_id)
        if policy is None:
            await replace(interaction, Reply(text=_POLICY_GONE))
        return policy

    async def _save(self, guild_id: int, form: NewPolicy | EditedPolicy, actor_id: int) -> Reply:
        if isinstance(form, NewPolicy):
            outcome: Saving = await self._desk.create(guild_id, form.name, form.text, actor_id=actor_id)
            return await policy_replies.of_saving(outcome, self._desk, text=form.text, name=form.name)
        policy = await self._desk.by_id(guild_id, form.policy_id)
        if policy is None:
            return Reply(text=_POLICY_GONE, files=(policy_replies.given_back(form.text, "policy"),))
        outcome = await self._desk.save_draft(
            guild_id,
            policy.name,
            form.text,
            seen_revision=form.seen_revision,
            seen_number=form.seen_number,
            actor_id=actor_id,
        )
        return await policy_replies.of_saving(outcome, self._desk, text=form.text, name=policy.name)
