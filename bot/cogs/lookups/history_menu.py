"""**Moderation history**, a user context menu, and the buttons that turn the pages of lists."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.reply import Reply, defer, replace, send
from bot.cogs.lookups.list_page import ListClick, history_head, render_list
from bot.languages.translation import _, marked
from bot.moderation.lookups.lists import LookUps
from bot.moderation.lookups.search import CaseQuery
from bot.moderation.servers.permissions import Access

MENU = "Moderation history"
TOO_OLD = marked("This list is more than a week old. Run the command again.")


class HistoryMenu(commands.Cog):
    """The context menu command."""

    def __init__(self, bot: commands.AutoShardedBot, *, look_ups: LookUps, access: Access) -> None:
        self._bot = bot
        self._look_ups = look_ups
        self._access = access
        self._menu = app_commands.ContextMenu(name=MENU, callback=self._run)
        self._menu.default_permissions = discord.Permissions(manage_messages=True)

    async def cog_load(self) -> None:
        """Register the context menu: cogs only register slash commands automatically."""
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Unregister the context menu."""
        self._bot.tree.remove_command(MENU, type=discord.AppCommandType.user)

    async def _run(self, interaction: discord.Interaction[Any], user: discord.User) -> None:
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        summary = await self._look_ups.summary(interaction.guild_id, user.id)
        listed = await self._look_ups.first(interaction.guild_id, CaseQuery(member_id=user.id))
        await send(interaction, render_list(listed, history_head(user.id, summary)))

    @commands.Cog.listener()
    async def on_list_click(self, interaction: discord.Interaction[Any], click: ListClick) -> None:
        """Somebody turned a page. Permission is checked now."""
        async with answering("a click below a list", interaction):
            await self._turn(interaction, click)

    async def _turn(self, interaction: discord.Interaction[Any], click: ListClick) -> None:
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        await interaction.response.defer()
        side = {"older_than": click.number} if click.older else {"newer_than": click.number}
        listed = await self._look_ups.turn(interaction.guild_id, click.query_id, **side)
        await replace(interaction, Reply(text=_(TOO_OLD)) if listed is None else render_list(listed))
