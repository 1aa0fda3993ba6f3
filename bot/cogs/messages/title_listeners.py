"""Listens to titles of threads and forum posts being set or changed.

The first title of a forum post is judged with its first message; this handles every later title, and every title of
other threads. Discord also writes a line into the thread for each change, which says who made it:
`bot.cogs.interactions.translate.message_seen` produces the same from it, and the first one counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import discord
from discord.ext import commands

from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.translate import title_seen
from bot.moderation.judging.message_changes import ONE_CHANGE
from bot.moderation.judging.pipeline import Pipeline
from bot.moderation.messages.watermarks import Watermarks, id_at

LOOKED_AT = 5  #: lines of the thread, and entries of the audit log, searched for who changed a title


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """Who set a thread's title, and when."""

    by: int | None
    at: datetime


class TitleListeners(commands.Cog):
    """Receives titles."""

    def __init__(
        self, bot: commands.AutoShardedBot, *, pipeline: Pipeline, marks: Watermarks, open_tasks: OpenTasks
    ) -> None:
        self._bot = bot
        self._pipeline = pipeline
        self._marks = marks
        self._open_tasks = open_tasks

    @commands.Cog.listener()
    async def on_thread_create(self, thread: discord.Thread) -> None:
        """A thread was opened."""
        if not _is_post(thread):
            await self._see(thread, thread.name, _opened(thread))

    @commands.Cog.listener()
    async def on_thread_update(self, before: discord.Thread, after: discord.Thread) -> None:
        """A thread was changed, perhaps its title."""
        if before.name != after.name:
            await self._see_change(after, heard_at=discord.utils.utcnow())

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """An archived thread got another title. discord.py doesn't cache such threads, so only the line in it tells."""
        renamed = message.type is discord.MessageType.channel_name_change
        if not renamed or not isinstance(message.channel, discord.PartialMessageable):
            return
        own = self._bot.user
        if self._open_tasks.closing or own is None or message.author.id == own.id:
            return
        with self._open_tasks.tracking():
            async with surviving("a title"):
                thread = await self._bot.fetch_channel(message.channel.id)
                if isinstance(thread, discord.Thread):
                    seen = title_seen(thread, message.author, title=message.content, at=message.created_at)
                    await self._pipeline.see(seen, own_id=own.id)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A session began: threads may have been opened meanwhile. A title that was already judged isn't judged
        again."""
        for thread in guild.threads:
            since = self._marks.kept((guild.id, thread.id))
            if since and id_at(_opened_at(thread)) > since and not _is_post(thread):
                await self._see_change(thread)

    async def _see_change(self, thread: discord.Thread, heard_at: datetime | None = None) -> None:
        """A thread may have got another title, at this time at the latest."""
        if self._open_tasks.closing:
            return
        title = thread.name
        with self._open_tasks.tracking():
            unknown = _opened(thread) if heard_at is None else _Change(by=None, at=heard_at)
            await self._see(thread, title, await _change_to(thread, title, heard_at) or unknown)

    async def _see(self, thread: discord.Thread, title: str, change: _Change) -> None:
        own = self._bot.user
        if self._open_tasks.closing or own is None or change.by == own.id:
            return
        with self._open_tasks.tracking():
            async with surviving("a title"):
                author = await self._author(thread.guild, change.by or thread.owner_id)
                seen = title_seen(thread, author, title=title, at=change.at)
                seen = seen if change.by else replace(seen, author_is_bot=False)  # not the owner
                await self._pipeline.see(seen, own_id=own.id)

    async def _author(self, guild: discord.Guild, user_id: int) -> discord.Member | discord.User:
        """The author with their roles, if they are still in the server."""
        try:
            return await guild.fetch_member(user_id)
        except discord.NotFound:
            return await self._bot.fetch_user(user_id)


def _opened_at(thread: discord.Thread) -> datetime:
    """A thread that began with a message has that message's id, which may be much older."""
    return thread.created_at or discord.utils.snowflake_time(thread.id)


def _opened(thread: discord.Thread) -> _Change:
    """The change that set its first title."""
    return _Change(by=thread.owner_id, at=_opened_at(thread))


def _is_post(thread: discord.Thread) -> bool:
    return isinstance(thread.parent, discord.ForumChannel)


async def _change_to(thread: discord.Thread, title: str, heard_at: datetime | None) -> _Change | None:
    """The change that set this title, as far as Bylaw may read it: from the thread itself, or for a change just
    reported from the audit log. If the thread had this title before, that was another change."""
    since = thread.created_at if heard_at is None else heard_at - ONE_CHANGE
    try:
        change = await _by_its_line(thread, title)
        if heard_at is not None and (change is None or change.at < heard_at - ONE_CHANGE):
            change = await _by_audit_log(thread, title)
    except discord.HTTPException:
        return None
    return None if change is None or (since is not None and change.at < since) else change


async def _by_its_line(thread: discord.Thread, title: str) -> _Change | None:
    may = thread.permissions_for(thread.guild.me)
    if not (may.view_channel and may.read_message_history):
        return None
    async for message in thread.history(limit=LOOKED_AT):
        if message.type is discord.MessageType.channel_name_change and message.content == title:
            return _Change(by=message.author.id, at=message.created_at)
    return None


async def _by_audit_log(thread: discord.Thread, title: str) -> _Change | None:
    if not thread.guild.me.guild_permissions.view_audit_log:
        return None
    async for entry in thread.guild.audit_logs(limit=LOOKED_AT, action=discord.AuditLogAction.thread_update):
        about = entry.target is not None and entry.target.id == thread.id
        if about and getattr(entry.after, "name", None) == title:
            return _Change(by=entry.user_id, at=entry.created_at)
    return None
