"""Permission checks, made at the start of every command and click.

Discord hides commands from people who may not use them, but admins can change that, and cards remain visible. So these
checks decide.
"""

from __future__ import annotations

from typing import Any

import discord

from bot.cogs.interactions.reply import Document, Reply, send
from bot.cogs.interactions.translate import person
from bot.languages.translation import _, marked
from bot.moderation.servers.permissions import Access, may_change_settings

NOT_AN_ADMIN = marked("Only members with Manage Server may do that.")
NOT_AN_EDITOR = marked("Only members with Manage Server or with the policy editor role of /setup may do that.")
NOT_A_REVIEWER = marked(
    "Only reviewers may do that: members with the reviewer role of /setup, with Manage Messages or with Manage Server."
)


async def admits_admin(interaction: discord.Interaction[Any]) -> bool:
    """May this person change the server's settings? If not, they are told."""
    if interaction.guild_id is not None and may_change_settings(person(interaction.user)):
        return True
    await send(interaction, Reply(text=_(NOT_AN_ADMIN)))
    return False


async def is_editor(interaction: discord.Interaction[Any], access: Access) -> bool:
    """May this person edit policies here?"""
    guild_id = interaction.guild_id
    return guild_id is not None and await access.may_write_policies(guild_id, person(interaction.user))


async def admits_editor(interaction: discord.Interaction[Any], access: Access) -> bool:
    """The same; if not, they are told."""
    if await is_editor(interaction, access):
        return True
    await send(interaction, Reply(text=_(NOT_AN_EDITOR)))
    return False


async def is_editor_or_reviewer(interaction: discord.Interaction[Any], access: Access) -> bool:
    """May this person try policies out and pin examples here?"""
    return await is_editor(interaction, access) or await is_reviewer(interaction, access)


async def admits_editor_or_reviewer(
    interaction: discord.Interaction[Any], access: Access, *, files: tuple[Document, ...] = ()
) -> bool:
    """The same; if not, they are told and get their text back."""
    if await is_editor_or_reviewer(interaction, access):
        return True
    await send(interaction, Reply(text=f"{_(NOT_AN_EDITOR)} {_('So may reviewers.')}", files=files))
    return False


async def is_reviewer(interaction: discord.Interaction[Any], access: Access) -> bool:
    """May this person see cases and decide on them here?"""
    guild_id = interaction.guild_id
    return guild_id is not None and await access.may_review(guild_id, person(interaction.user))


async def admits_reviewer(interaction: discord.Interaction[Any], access: Access) -> bool:
    """The same; if not, they are told."""
    if await is_reviewer(interaction, access):
        return True
    await send(interaction, Reply(text=_(NOT_A_REVIEWER)))
    return False
