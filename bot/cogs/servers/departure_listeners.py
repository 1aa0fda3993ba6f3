"""Listens to the bot leaving and rejoining servers."""

from __future__ import annotations

import functools

import discord
from discord.ext import commands

from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.messages.held_events import HeldEvents
from bot.moderation.servers.departures import Departures


class DepartureListeners(commands.Cog):
    """Detects that the bot was removed from a server, or added again. A Discord outage counts as neither."""

    def __init__(
        self, bot: commands.AutoShardedBot, *, departures: Departures, open_tasks: OpenTasks, held: HeldEvents
    ) -> None:
        self._bot = bot
        self._held = held
        self._departures = departures
        self._open_tasks = open_tasks

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Removed, or the server was deleted."""
        if self._open_tasks.closing:
            return
        with self._open_tasks.tracking():
            await self._held.take_in("leaving a server", functools.partial(self._departures.left, guild.id))

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Added, perhaps again."""
        if self._open_tasks.closing:
            return
        with self._open_tasks.tracking():
            await self._held.take_in("coming back to a server", functools.partial(self._departures.back, guild.id))

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """All servers that the bot is in are known now, including those with an outage."""
        async with surviving("looking for servers that were left"):
            present = frozenset(guild.id for guild in self._bot.guilds)
            await self._departures.compare(present, is_ours=self._is_ours)

    def _is_ours(self, guild_id: int) -> bool:
        """Does this server belong to this process's shards?"""
        return (guild_id >> 22) % (self._bot.shard_count or 1) in self._bot.shards
