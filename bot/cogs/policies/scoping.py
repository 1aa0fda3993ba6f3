"""``/policy scope``: where and to whom a policy applies, and how it is judged there."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_editor
from bot.cogs.interactions.reply import Document, Reply, file_name, send
from bot.cogs.interactions.submitted_forms import SubmittedForm, on_component
from bot.cogs.policies.base import A_NAME, POLICY_GONE, Name, PolicyCommands, no_such
from bot.cogs.policies.scope_page import (
    CONTROL,
    THRESHOLDS,
    ScopeChoice,
    changed,
    digest,
    preview_file,
    preview_of,
    render_scope,
    scope_choice,
)
from bot.languages.translation import _, marked, say
from bot.moderation.policies.outcomes import Changed, Conflict
from guild_policies.scope import BadSettings
from guild_policies.versions import StoredPolicy

_NOT_OFFERED = marked("This choice has changed. Run /policy scope again.")
_CHANGED_MEANWHILE = marked(
    "⚠️ Somebody else has just changed these settings. Your change was not saved. This is what is set now:"
)


class PolicyScoping(PolicyCommands):
    """The command about a policy's settings."""

    @app_commands.command(description="Where and to whom a policy applies: channels, roles, newcomers, bots, threshold")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def scope(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """Show the settings with their controls."""
        guild_id = await self.admitted(interaction)
        if guild_id is None or interaction.guild is None:
            return
        policy = await self.tools.desk.find(guild_id, name)
        if policy is None:
            await send(interaction, no_such(name))
        else:
            view = await self._page(policy, interaction.guild)
            await interaction.response.send_message(view=view, ephemeral=True)

    @on_component(CONTROL, what="a setting of a policy")
    async def take_choice(self, interaction: discord.Interaction[Any], chosen: SubmittedForm) -> None:
        """A control was used, perhaps in a message from before a restart."""
        choice = scope_choice(chosen)
        if interaction.guild_id is None or interaction.guild is None:
            return
        if not await admits_editor(interaction, self.tools.access):
            return
        policy = await self.tools.desk.by_id(interaction.guild_id, choice.policy_id)
        if policy is None:
            await send(interaction, Reply(text=_(POLICY_GONE)))
        elif choice.field == "list":
            text = preview_file(preview_of(interaction.guild, policy.settings.scope))
            document = Document(name=file_name(f"{policy.name} scope", "txt"), text=text)
            await send(interaction, Reply(text=_("Every channel, forum and thread."), files=(document,)))
        else:
            await self._change(interaction, interaction.guild, policy, choice)

    async def _page(self, policy: StoredPolicy, guild: discord.Guild, note: str = "") -> discord.ui.LayoutView:
        advice = await self.tools.numbers.advice(policy, offered=THRESHOLDS)
        return render_scope(policy, guild, note, advice=advice)

    async def _change(
        self,
        interaction: discord.Interaction[Any],
        guild: discord.Guild,
        policy: StoredPolicy,
        choice: ScopeChoice,
    ) -> None:
        """Make the change, unless it is based on outdated settings; then show the current ones."""
        if choice.digest != digest(policy.settings):
            await interaction.response.edit_message(view=await self._page(policy, guild, _(_CHANGED_MEANWHILE)))
            return
        try:
            wanted = changed(policy.settings, choice)
        except BadSettings as bad:
            await send(interaction, Reply(text=bad.told(say)))
            return
        except ValueError:
            await send(interaction, Reply(text=_(_NOT_OFFERED)))
            return
        if wanted == policy.settings:
            await interaction.response.defer()
            return
        outcome = await self.tools.life.change_settings(
            policy.guild_id, policy.name, wanted, seen=policy.settings, actor_id=interaction.user.id
        )
        if isinstance(outcome, Changed):
            await interaction.response.edit_message(view=await self._page(outcome.policy, guild))
        elif isinstance(outcome, Conflict):
            await interaction.response.edit_message(
                view=await self._page(outcome.current, guild, _(_CHANGED_MEANWHILE))
            )
        else:
            await send(interaction, Reply(text=outcome.why))
