"""**Test draft**, a message context menu: what would the drafts say about it, compared with the versions in force?"""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.permission import admits_editor_or_reviewer
from bot.cogs.interactions.read_message import MessageReader
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.wording import NOTHING_TO_READ
from bot.cogs.trials.side_by_side import POLICIES_SHOWN, render_test
from bot.languages.translation import _
from bot.moderation.messages.content import content_of
from bot.moderation.policies.publishing import Publishing
from bot.moderation.servers.permissions import Access
from bot.moderation.trials.side_by_side import PolicyTest, SideBySide

MENU = "Test draft"


class DraftMenu(commands.Cog):
    """The context menu command."""

    def __init__(
        self,
        bot: commands.AutoShardedBot,
        *,
        reader: MessageReader,
        policies: Publishing,
        tests: PolicyTest,
        access: Access,
    ) -> None:
        self._bot = bot
        self._reader = reader
        self._policies = policies
        self._tests = tests
        self._access = access
        self._menu = app_commands.ContextMenu(name=MENU, callback=self._run)
        self._menu.default_permissions = discord.Permissions(manage_messages=True)

    async def cog_load(self) -> None:
        """Register the context menu: cogs only register slash commands automatically."""
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Unregister the context menu."""
        self._bot.tree.remove_command(MENU, type=discord.AppCommandType.message)

    async def _run(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await defer(interaction)
        if not await admits_editor_or_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        seen = await self._reader.whole(message)
        if seen is None or seen.is_empty:
            await send(interaction, Reply(text=_(NOTHING_TO_READ)))
            return
        drafts = [policy for policy in await self._policies.list(interaction.guild_id) if policy.draft is not None]
        results = [
            await self._tests.compare(interaction.guild_id, policy.name, content_of(seen))
            for policy in drafts[:POLICIES_SHOWN]
        ]
        answers = [each for each in results if isinstance(each, SideBySide)]
        if answers:
            await interaction.edit_original_response(view=render_test(answers, seen.files))
        else:
            await send(interaction, Reply(text=_("No policy in this server has a draft. /policy edit makes one.")))
