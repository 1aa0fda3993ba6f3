"""Listens to Discord's events: messages, edits and deletions go to the pipeline, regained permissions to the service
that posts cards."""

from __future__ import annotations

import functools

import discord
from discord.ext import commands

from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.read_message import MessageReader
from bot.cogs.messages.held_events import HeldEvents
from bot.log_context import logged_with
from bot.moderation.cards.posting import CardPosting
from bot.moderation.judging.pipeline import Pipeline


class Listeners(commands.Cog):
    """Receives the events."""

    def __init__(
        self,
        bot: commands.AutoShardedBot,
        *,
        reader: MessageReader,
        pipeline: Pipeline,
        cards: CardPosting,
        open_tasks: OpenTasks,
        held: HeldEvents,
    ) -> None:
        self._bot = bot
        self._reader = reader
        self._pipeline = pipeline
        self._cards = cards
        self._open_tasks = open_tasks
        self._held = held

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """A message was posted."""
        await self._see("a message", message)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """A message was edited by its author, with a time of edit, or by Discord, to add a link's preview."""
        message = payload.message
        if (
            message.edited_at is not None or message.interaction_metadata is not None
        ):  # an app's late reply has no time of edit
            await self._see("an edit", message)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """A message was deleted."""
        await self._gone(payload.guild_id, payload.channel_id, frozenset({payload.message_id}))

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Up to 100 messages were deleted at once."""
        await self._gone(payload.guild_id, payload.channel_id, frozenset(payload.message_ids))

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was deleted. Its threads follow with events of their own."""
        await self._channel_gone(channel.guild.id, channel.id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """A thread was deleted."""
        await self._channel_gone(payload.guild_id, payload.thread_id)

    @commands.Cog.listener()
    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """A channel's settings changed, perhaps its permissions."""
        del before
        await self._catch_up(after.guild)

    @commands.Cog.listener()
    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """A role changed, perhaps its permissions."""
        if before.permissions != after.permissions:
            await self._catch_up(after.guild)

    @commands.Cog.listener()
    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """A member's roles changed. Discord sends this for the bot itself even without the members intent."""
        if after.id == after.guild.me.id and before.roles != after.roles:
            await self._catch_up(after.guild)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is back after an outage."""
        await self._catch_up(guild)

    async def _see(self, what: str, message: discord.Message) -> None:
        own = self._bot.user
        if self._open_tasks.closing or own is None:
            return
        place = {"guild": message.guild.id if message.guild else 0, "channel": message.channel.id}
        with self._open_tasks.tracking(), logged_with(**place, message_id=message.id):
            async with surviving(what):
                seen = await self._reader.seen(message)
                if seen is not None:
                    await self._pipeline.see(seen, own_id=own.id)

    async def _gone(self, guild_id: int | None, channel_id: int, message_ids: frozenset[int]) -> None:
        if guild_id is None or self._open_tasks.closing:
            return
        with self._open_tasks.tracking():
            take_in = functools.partial(self._pipeline.gone, guild_id, channel_id, message_ids)
            await self._held.take_in("a deletion", take_in)

    async def _channel_gone(self, guild_id: int, channel_id: int) -> None:
        if self._open_tasks.closing:
            return
        with self._open_tasks.tracking():
            take_in = functools.partial(self._pipeline.channel_gone, guild_id, channel_id)
            await self._held.take_in("the deletion of a channel", take_in)

    async def _catch_up(self, guild: discord.Guild) -> None:
        if self._open_tasks.closing or not self._cards.in_trouble(guild.id):
            return
        with self._open_tasks.tracking():
            async with surviving("catching up on cards"):
                await self._cards.catch_up(guild.id)
