"""Finds what was posted while the bot was down: compares channels at the start of each session with Discord.

When Discord resumes a session, it sends what was missed. A new session doesn't: then every channel counts as unknown
until its last message was compared with its watermark.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.channels.hidden import can_see, hidden_channels
from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.messages.held_events import HeldEvents
from bot.moderation.messages.catch_up import CatchUp, ChannelState
from bot.moderation.messages.watermarks import Watermarks, moment_of

#: A thread that was active this recently before the downtime and is archived now may have missed messages.
ARCHIVED_MEANWHILE = timedelta(days=1)

Readable = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread


class SessionListeners(commands.Cog):
    """Tells `CatchUp` what to compare."""

    def __init__(
        self,
        bot: commands.AutoShardedBot,
        *,
        marks: Watermarks,
        catch_up: CatchUp,
        open_tasks: OpenTasks,
        held: HeldEvents,
    ) -> None:
        self._bot = bot
        self._marks = marks
        self._catch_up = catch_up
        self._open_tasks = open_tasks
        self._held = held
        self._compared: set[int] = set()  # servers compared in their shard's current session

    @commands.Cog.listener()
    async def on_shard_connect(self, shard_id: int) -> None:
        """A new session of a shard began: messages in its servers were missed meanwhile."""
        shards = self._bot.shard_count or 1
        self._compared = {guild_id for guild_id in self._compared if (guild_id >> 22) % shards != shard_id}
        self._marks.new_session(guild_id for guild_id in self._marks.servers() if (guild_id >> 22) % shards == shard_id)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """All servers are available: compare those that weren't yet."""
        for guild in self._bot.guilds:
            if not guild.unavailable:
                await self._compare(guild)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server became available: at the start of a session, or after a Discord outage."""
        await self._compare(guild)

    @commands.Cog.listener()
    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """A Discord outage: messages posted meanwhile will be missed."""
        self._compared.discard(guild.id)
        self._marks.new_session({guild.id})

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was added, perhaps after having been removed."""
        await self._compare(guild)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed. If it is added again, it will have missed messages."""
        self._compared.discard(guild.id)
        self._marks.new_session({guild.id})

    @commands.Cog.listener()
    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was created. It has no history."""
        self._marks.now_known((channel.guild.id, channel.id))
        self._look_at([channel])

    @commands.Cog.listener()
    async def on_thread_create(self, thread: discord.Thread) -> None:
        """A thread was created. It has no history."""
        self._marks.now_known((thread.guild.id, thread.id))

    @commands.Cog.listener()
    async def on_thread_join(self, thread: discord.Thread) -> None:
        """A thread became visible, perhaps an old one that was unarchived."""
        self._compare_channels(thread.guild, [thread], came_into_view=True)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was deleted."""
        await self._gone(channel.guild.id, channel.id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """A thread was deleted."""
        await self._gone(payload.guild_id, payload.thread_id)

    @commands.Cog.listener()
    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """A channel's settings changed, perhaps its permissions."""
        if not isinstance(after, discord.CategoryChannel) and not can_see(
            before
        ):  # it may have been hidden and shown again before this listener got its turn
            self._catch_up.hidden(after.guild.id, [after.id])
        self._look_at([after])
        if before.overwrites != after.overwrites:
            self._catch_up.permissions_changed(after.guild.id)

    @commands.Cog.listener()
    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """A role changed, perhaps its permissions."""
        if before.permissions != after.permissions:
            self._open_again(after.guild)

    @commands.Cog.listener()
    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """A member's roles changed. Discord sends this for the bot itself even without the members intent."""
        if after.id == after.guild.me.id and before.roles != after.roles:
            self._open_again(after.guild)

    async def _compare(self, guild: discord.Guild) -> None:
        if self._open_tasks.closing or guild.id in self._compared:
            return
        self._compared.add(guild.id)
        async with surviving("comparing channels"):
            self._catch_up.hidden(guild.id, [channel.id for channel in hidden_channels(guild)])
            self._compare_channels(guild, [*_channels_of(guild), *guild.threads])
            self._compare_archived(guild)
            with self._open_tasks.tracking():
                await self._find_archived_posts(guild)

    def _compare_channels(
        self,
        guild: discord.Guild,
        channels: Iterable[discord.abc.GuildChannel | discord.Thread],
        *,
        came_into_view: bool = False,
    ) -> None:
        states = [_state(each) for each in channels if isinstance(each, Readable)]
        self._catch_up.compare(guild.id, states, came_into_view=came_into_view)

    def _look_at(self, channels: Iterable[discord.abc.GuildChannel]) -> None:
        """Check whether channels became visible or hidden."""
        for channel in channels:
            known_as_hidden = self._catch_up.is_hidden(channel.guild.id, channel.id)
            if isinstance(channel, discord.CategoryChannel) or can_see(channel) != known_as_hidden:
                continue
            if known_as_hidden:
                self._catch_up.opened(channel.guild.id, _state(channel))
            else:
                self._catch_up.hidden(channel.guild.id, [channel.id])

    def _compare_archived(self, guild: discord.Guild) -> None:
        """Read threads once that were active when the bot stopped and are archived now; Discord doesn't list them."""
        here = {thread.id for thread in guild.threads} | {channel.id for channel in guild.channels}
        known = self._marks.known_channels(guild.id)
        newest = max((self._marks.kept((guild.id, each)) for each in known), default=0)
        for channel_id in known - here:
            mark = self._marks.kept((guild.id, channel_id))
            if moment_of(newest) - moment_of(mark) <= ARCHIVED_MEANWHILE:
                self._catch_up.compare(guild.id, [ChannelState(channel_id=channel_id, last_message_id=mark + 1)])

    async def _find_archived_posts(self, guild: discord.Guild) -> None:
        """Find posts in a forum that has one newer than all known ones: it may have been archived before the bot came
        back."""
        for forum in filter(can_see, guild.forums):
            since = self._marks.kept((guild.id, forum.id))
            newest = forum.last_message_id or 0  # for a forum, the id of its newest post
            if not since or newest <= since or guild.get_thread(newest) is not None:
                continue
            with contextlib.suppress(discord.Forbidden, discord.NotFound):
                async for thread in forum.archived_threads(limit=100):
                    if thread.id > since:
                        self._compare_channels(guild, [thread])
            self._marks.now_known((guild.id, forum.id), up_to=newest)

    def _open_again(self, guild: discord.Guild) -> None:
        self._look_at(guild.channels)
        self._catch_up.permissions_changed(guild.id)

    async def _gone(self, guild_id: int, channel_id: int) -> None:
        if self._open_tasks.closing:
            return
        self._catch_up.channel_gone(guild_id, channel_id)
        with self._open_tasks.tracking():
            take_in = functools.partial(self._marks.channel_gone, guild_id, channel_id)
            await self._held.take_in("forgetting a channel", take_in)


def _channels_of(guild: discord.Guild) -> Iterator[discord.abc.GuildChannel]:
    yield from filter(can_see, guild.channels)


def _state(channel: Any) -> ChannelState:
    """Convert a channel or thread to our own type."""
    return ChannelState(
        channel_id=channel.id,
        last_message_id=getattr(channel, "last_message_id", None) or 0,
        parent_id=channel.parent_id if isinstance(channel, discord.Thread) else 0,
    )
