"""``/policy``: admins write, read, publish and take back their server's rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs import policy_pages, policy_replies
from bot.cogs.gate import admits_admin, is_admin
from bot.cogs.policy_editor import NAME_LIMIT, fits, form_for_edit, form_for_new, skeleton, text_to_edit
from bot.cogs.quoting import units
from bot.cogs.replies import Document, Reply, defer, file_name, send
from bot.cogs.uploads import read_upload
from bot.moderation.policy_desk import Blocked, PolicyDesk, Refused
from guild_policies import templates
from guild_policies.versions import StoredPolicy

Choices = list[app_commands.Choice[str]]
Name = app_commands.Range[str, 1, NAME_LIMIT]

CHOICES_SHOWN = 25

_A_NAME = "The policy's name, as in /policy list"
_A_FILE = "The text as a file (.md or .txt), for texts that are too long for the editor"


@app_commands.default_permissions(manage_guild=True)
class PolicyCog(commands.GroupCog, group_name="policy", group_description="Write your server's own rules"):
    """The commands about policies."""

    def __init__(self, *, desk: PolicyDesk) -> None:
        super().__init__()
        self._desk = desk

    @app_commands.command(description="Write a new policy: in an editor, from a starter policy or from a file")
    @app_commands.describe(
        name="A short name for it, unique in this server", template="A starter policy to begin with", file=_A_FILE
    )
    async def new(
        self,
        interaction: discord.Interaction[Any],
        name: Name,
        template: str | None = None,
        file: discord.Attachment | None = None,
    ) -> None:
        """Open the editor, or save what was given as the first draft."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        name = " ".join(name.split())
        trouble = _trouble(name, template, file)
        if trouble:
            await send(interaction, Reply(text=trouble))
        elif template is not None:
            await defer(interaction)
            await send(interaction, await self._create(interaction, name, templates.load(template.lower())))
        elif file is not None:
            await defer(interaction)
            await send(interaction, await self._create(interaction, name, await read_upload(file)))
        else:
            await interaction.response.send_modal(form_for_new(name, skeleton(name)))

    @app_commands.command(description="Change a policy: in an editor, or with a file")
    @app_commands.describe(name=_A_NAME, file=_A_FILE)
    async def edit(
        self, interaction: discord.Interaction[Any], name: Name, file: discord.Attachment | None = None
    ) -> None:
        """Open the editor on the draft or the version in force, or save the file as the draft."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        policy = await self._desk.find(interaction.guild_id, name)
        if policy is None:
            await send(interaction, policy_pages.no_such(name))
        elif file is not None:
            await defer(interaction)
            await send(interaction, await self._upload(policy, file, interaction.user.id))
        elif fits(text_to_edit(policy)):
            await interaction.response.send_modal(form_for_edit(policy))
        else:
            await send(interaction, _too_long_for_the_editor(policy))

    @app_commands.command(description="Read a policy: the version in force, the draft or an older version")
    @app_commands.describe(name=_A_NAME, version="published, draft or a number; the version in force if left out")
    async def show(self, interaction: discord.Interaction[Any], name: Name, version: str | None = None) -> None:
        """Show a text."""
        if await admits_admin(interaction) and interaction.guild_id is not None:
            await send(interaction, await policy_pages.text_page(self._desk, interaction.guild_id, name, version))

    @app_commands.command(name="list", description="All policies of this server, and which version of each is in force")
    async def list_(self, interaction: discord.Interaction[Any]) -> None:
        """List the policies."""
        if await admits_admin(interaction) and interaction.guild_id is not None:
            await send(interaction, policy_replies.overview(await self._desk.list(interaction.guild_id)))

    @app_commands.command(description="Put a policy's draft in force; shows what changes and asks once")
    @app_commands.describe(name=_A_NAME)
    async def publish(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """Show what would change."""
        if await admits_admin(interaction) and interaction.guild_id is not None:
            await send(interaction, await policy_pages.publish_page(self._desk, interaction.guild_id, name))

    @app_commands.command(description="Every version of a policy that was in force, when and by whom")
    @app_commands.describe(name=_A_NAME)
    async def history(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """List the publications."""
        if await admits_admin(interaction) and interaction.guild_id is not None:
            await send(interaction, await policy_pages.history_page(self._desk, interaction.guild_id, name))

    @app_commands.command(
        description="Put an older version of a policy in force again; shows what changes and asks once"
    )
    @app_commands.describe(name=_A_NAME, version="The number of the version, as in /policy history")
    async def rollback(
        self, interaction: discord.Interaction[Any], name: Name, version: app_commands.Range[int, 1]
    ) -> None:
        """Show what would change."""
        if await admits_admin(interaction) and interaction.guild_id is not None:
            await send(interaction, await policy_pages.rollback_page(self._desk, interaction.guild_id, name, version))

    @edit.autocomplete("name")
    @show.autocomplete("name")
    @publish.autocomplete("name")
    @history.autocomplete("name")
    @rollback.autocomplete("name")
    async def _names(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        if not is_admin(interaction) or interaction.guild_id is None:
            return []
        return _choices((policy.name for policy in await self._desk.list(interaction.guild_id)), current)

    @new.autocomplete("template")
    async def _templates(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        del interaction
        return _choices(templates.names(), current)

    @show.autocomplete("version")
    async def _versions(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        return _choices(await self._version_names(interaction), current)

    @rollback.autocomplete("version")
    async def _numbers(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[int]]:
        numbers = [each for each in await self._version_names(interaction) if each.isdecimal()]
        typed = str(current or "")  # Discord sends a number that is being typed as text or as a number
        return [app_commands.Choice(name=each.name, value=int(each.value)) for each in _choices(numbers, typed)]

    async def _version_names(self, interaction: discord.Interaction[Any]) -> tuple[str, ...]:
        if not is_admin(interaction) or interaction.guild_id is None:
            return ()
        name = str(interaction.namespace.name or "")
        return await policy_pages.version_names(self._desk, interaction.guild_id, name)

    async def _create(self, interaction: discord.Interaction[Any], name: str, text: str | Blocked | Refused) -> Reply:
        if interaction.guild_id is None:
            return policy_pages.no_such(name)
        if not isinstance(text, str):
            return policy_replies.unreadable(text)
        outcome = await self._desk.create(interaction.guild_id, name, text, actor_id=interaction.user.id)
        return await policy_replies.of_saving(outcome, self._desk, text=text, name=name)

    async def _upload(self, policy: StoredPolicy, file: discord.Attachment, actor_id: int) -> Reply:
        """Save a file as the draft. Whoever uploads one means to replace what is there, and is told what that was."""
        text = await read_upload(file)
        if not isinstance(text, str):
            return policy_replies.unreadable(text)
        outcome = await self._desk.save_draft(
            policy.guild_id,
            policy.name,
            text,
            seen_revision=policy.draft.revision if policy.draft else None,
            seen_number=policy.published.number if policy.published else None,
            actor_id=actor_id,
        )
        return await policy_replies.of_saving(outcome, self._desk, text=text, name=policy.name, replaced=policy.draft)


def _trouble(name: str, template: str | None, file: discord.Attachment | None) -> str:
    """What is wrong with the options of ``/policy new``."""
    if not name or units(name) > NAME_LIMIT:
        return f"Choose a name of 1 to {NAME_LIMIT} characters."
    if template is not None and file is not None:
        return "Choose a starter policy or a file, not both."
    if template is not None and template.lower() not in templates.names():
        return f"There is no starter policy of that name. There are: {', '.join(templates.names())}."
    return ""


def _too_long_for_the_editor(policy: StoredPolicy) -> Reply:
    return Reply(
        text="This policy is too long for Discord's editor. Change the attached file and send it back with "
        "`/policy edit` and its option `file`.",
        files=(Document(name=file_name(policy.name), text=text_to_edit(policy)),),
    )


def _choices(options: Iterable[str], current: str) -> Choices:
    """Up to 25 of the options that hold what was typed so far."""
    found = [each for each in options if current.casefold() in each.casefold()]
    return [app_commands.Choice(name=each, value=each) for each in found[:CHOICES_SHOWN]]
