"""Asked at the start of every command and click: may this person do that, now?

Discord hides commands from those who may not use them, but admins can change that and cards stay where they are. So
what counts is the answer here.
"""

from __future__ import annotations

from typing import Any

import discord

from bot.cogs.replies import Reply, send
from bot.cogs.translate import person
from bot.moderation.access import Access
from bot.moderation.permissions import may_write_policies

NOT_AN_ADMIN = "Only members with Manage Server may do that."
NOT_A_REVIEWER = (
    "Only reviewers may do that: members with the reviewer role of /setup, with Manage Messages or with Manage Server."
)


def is_admin(interaction: discord.Interaction[Any]) -> bool:
    """May this person write policies and settings here?"""
    return interaction.guild_id is not None and may_write_policies(person(interaction.user))


async def admits_admin(interaction: discord.Interaction[Any]) -> bool:
    """The same; somebody who may not is told so."""
    if is_admin(interaction):
        return True
    await send(interaction, Reply(text=NOT_AN_ADMIN))
    return False


async def admits_reviewer(interaction: discord.Interaction[Any], access: Access) -> bool:
    """May this person look at cases and decide on them here? Somebody who may not is told so."""
    if interaction.guild_id is not None and await access.may_review(interaction.guild_id, person(interaction.user)):
        return True
    await send(interaction, Reply(text=NOT_A_REVIEWER))
    return False
