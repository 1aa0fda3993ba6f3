"""Runs backtests and try-outs in the background, with progress and reports in the moderators' channel.

The database stores what is running. After a restart, backtests resume; only reading a channel, which isn't stored, ends
with the process.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import discord

from bot.cogs.cards.progress_posts import Post, ProgressPosts
from bot.cogs.interactions.errors import surviving
from bot.cogs.interactions.read_message import MessageReader
from bot.cogs.interactions.reply import Reply
from bot.cogs.policies.base import no_draft
from bot.cogs.trials import replies as trial_replies
from bot.cogs.trials.flash_reports import FlashReports
from bot.cogs.trials.strict_reports import StrictReports
from bot.cogs.trials.wobble_runner import WobbleRunner
from bot.languages.translation import _, marked
from bot.moderation.messages.authors import Authors, AuthorsUnavailable
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.outcomes import Blocked, Refused
from bot.moderation.policies.publishing import Publishing
from bot.moderation.trials.backtest import Backtest, BacktestState
from bot.moderation.trials.backtests import Backtests
from bot.moderation.trials.drift import Drift
from bot.moderation.trials.recent_messages import MAX_MESSAGES, WouldFlag
from bot.moderation.trials.try_outs import TryOuts

EDIT_EVERY = 4.0  #: seconds between two edits of a progress message

_CANNOT_READ = marked("Bylaw cannot read {channel}. Allow it View Channel and Read Message History there.")
_YOU_CANNOT_READ = marked("Choose a channel that you can read yourself.")
_CANNOT_POST = marked("Bylaw cannot post in {channel}, where its progress would be shown. /setup says what is missing.")
_OVER = marked("This is over.")
_NOT_NOW = marked("Discord did not answer. Try again in a moment.")
_NOT_ANY_LONGER = marked("Bylaw can no longer judge messages with this draft.")
_STOPPED = marked("Stopped. Nothing was stored.")

Channel = discord.TextChannel | discord.Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialServices:
    """The services for trials."""

    policies: Publishing
    backtests: Backtests
    try_outs: TryOuts
    drift: Drift
    authors: Authors


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedReports:
    """Reporters on flash rules and strict starts that are over."""

    flash: FlashReports
    strict: StrictReports


class TrialRunner:
    """Runs trials as separate tasks."""

    def __init__(
        self,
        posts: ProgressPosts,
        services: TrialServices,
        *,
        reader: MessageReader,
        wobbles: WobbleRunner,
        ended: EndedReports,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Nothing runs yet.

        Args:
            wobbles: tests each version that takes effect; closed with this runner.
            ended: reports on flash rules and strict starts that are over.
            clock: monotonic seconds; paces the edits of progress messages.
        """
        self.wobbles = wobbles
        self.ended = ended
        self._posts = posts
        self._policies = services.policies
        self._backtests = services.backtests
        self._try_outs = services.try_outs
        self._drift = services.drift
        self._authors = services.authors
        self._reader = reader
        self._clock = clock
        self._now = now
        self._tasks: set[asyncio.Task[None]] = set()
        self._readings: dict[int, asyncio.Task[None]] = {}  # by the id of their progress message
        self._drift_seen = False

    async def start(
        self, guild_id: int, name: str, *, days: int, actor_id: int, shown: int, proposed: str | None = None
    ) -> Backtest | Blocked | Refused:
        """Start a backtest of the draft, or of a proposed text, and show its progress in the channel `shown`."""
        started = await self._backtests.start(guild_id, name, days=days, actor_id=actor_id, proposed=proposed)
        if not isinstance(started, Backtest):
            return started
        report = await self._backtests.find(guild_id, started.id)
        first = partial(trial_replies.backtest_under_way, started, 0, report.total if report else 0)
        message_id = await self._posts.post(guild_id, shown, first)
        if message_id is None:
            await self._backtests.cancel(guild_id, started.id, actor_id=actor_id)
            return Refused(why=_(_CANNOT_POST, channel=f"<#{shown}>"))
        await self._backtests.shown_in(guild_id, started.id, channel_id=shown, message_id=message_id)
        started = replace(started, shown_channel_id=shown, shown_message_id=message_id)
        self._spawn(self._run(started))
        return started

    async def read(
        self, channel: Channel, reader: discord.User | discord.Member, name: str, *, days: int, shown: int
    ) -> int | Refused:
        """Judge the recent messages of a channel. Only reads what the person can read themselves."""
        trouble = _unreadable(channel, reader)
        policy = await self._policies.find(channel.guild.id, name)
        if trouble or policy is None or policy.draft is None:
            return Refused(why=trouble or no_draft(policy, name).text)
        first = partial(trial_replies.reading_under_way, policy.name, channel.id, policy.id, 0)
        message_id = await self._posts.post(channel.guild.id, shown, first)
        if message_id is None:
            return Refused(why=_(_CANNOT_POST, channel=f"<#{shown}>"))
        after = self._now() - timedelta(days=days)
        task = self._spawn(self._read(channel, policy.name, policy.id, after, (shown, message_id)))
        self._readings[message_id] = task
        task.add_done_callback(lambda _: self._readings.pop(message_id, None))
        return message_id

    async def cancel(self, guild_id: int, backtest_id: int, *, actor_id: int) -> Reply:
        """End a backtest, and report the results so far."""
        ended = await self._backtests.cancel(guild_id, backtest_id, actor_id=actor_id)
        report = await self._backtests.find(guild_id, backtest_id)
        if report is None:
            return Reply(text=ended.why if isinstance(ended, Refused) else _(_OVER))
        return await self._posts.rendered(guild_id, partial(trial_replies.backtest_report, report))

    async def stop(self, guild_id: int, message_id: int, *, wobble_of: int | None = None) -> Reply:
        """End the reading of a channel, or the wobble test of a policy. Returns the final text of their message."""
        stops = partial(self.stop_reading, message_id) if wobble_of is None else partial(self.wobbles.stop, wobble_of)
        return await self._posts.rendered(guild_id, stops)

    def stop_reading(self, message_id: int) -> Reply:
        """End the reading of a channel."""
        task = self._readings.pop(message_id, None)
        if task is None:
            return Reply(text=_(_OVER))
        task.cancel()
        return Reply(text=_(_STOPPED))

    async def take_up(self, serves: Callable[[int], bool] = lambda _: True) -> None:
        """Resume backtests that another process, or a judge outage, left unfinished.

        Args:
            serves: is this process responsible for this server?
        """
        for backtest in await self._backtests.unfinished(serves):
            self._spawn(self._run(backtest))

    async def report_try_outs(self, serves: Callable[[int], bool] = lambda _: True) -> None:
        """End the try-outs that are due and post their reports."""
        for report in await self._try_outs.finish_due(serves):
            try_out = report.try_out
            reply = partial(trial_replies.try_out_report, report)
            if await self._posts.post(try_out.guild_id, try_out.report_channel_id, reply) is not None:
                await self._try_outs.told(try_out.guild_id, try_out.id)

    async def look_for_drift(self, owns: Callable[[int], bool] = lambda _: True) -> None:
        """Once after the start: check whether the judge changed. Retries reports that couldn't be posted."""
        if self._drift_seen:
            return
        all_told = True
        for report in await self._drift.check(owns):
            posted = await self._posts.post(
                report.guild_id, report.review_channel_id, partial(trial_replies.drift_report, report)
            )
            if posted is None:
                all_told = False
            else:
                await self._drift.told(report)
        self._drift_seen = all_told

    async def close(self) -> None:
        """Stop everything; backtests resume in the next process."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(self.wobbles.close(), *tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, backtest: Backtest) -> None:
        async with surviving("a backtest"):
            progress = Paced(
                self._clock,
                lambda done, total: self._show(
                    backtest, partial(trial_replies.backtest_under_way, backtest, done, total)
                ),
            )
            report = await self._backtests.run(backtest, progress=progress)
            if report.backtest.state is not BacktestState.RUNNING:
                await self._show(report.backtest, partial(trial_replies.backtest_report, report))

    async def _show(self, backtest: Backtest, reply: Post) -> None:
        """Edit the progress message; if it was deleted, post another one."""
        guild_id, channel_id = backtest.guild_id, backtest.shown_channel_id
        if channel_id is None or backtest.shown_message_id is None:
            return
        if await self._posts.edit(guild_id, channel_id, backtest.shown_message_id, reply):
            return
        report = await self._backtests.find(guild_id, backtest.id)
        newest = report.backtest.shown_message_id if report else None
        if newest is not None and newest != backtest.shown_message_id:
            await self._posts.edit(guild_id, channel_id, newest, reply)
            return
        posted = await self._posts.post(guild_id, channel_id, reply)
        if posted is not None:
            await self._backtests.shown_in(guild_id, backtest.id, channel_id=channel_id, message_id=posted)

    async def _read(self, channel: Channel, name: str, policy_id: int, after: datetime, shown: tuple[int, int]) -> None:
        guild_id = channel.guild.id

        async def show(done: int, total: int) -> None:
            del total
            reply = partial(trial_replies.reading_under_way, name, channel.id, policy_id, done)
            await self._posts.edit(guild_id, *shown, reply)

        async with surviving("the reading of a channel"):
            found: WouldFlag | Blocked | Refused
            try:
                found = await self._backtests.on_messages(
                    guild_id, name, self._messages(channel, name, after), progress=Paced(self._clock, show)
                )
            except AuthorsUnavailable:
                found = Refused(why=_NOT_NOW)
            await self._posts.edit(guild_id, *shown, partial(_of_reading, found, channel.id))

    async def _messages(self, channel: Channel, name: str, after: datetime) -> AsyncIterator[MessageSeen]:
        """The messages since then, newest first, with their authors' roles if the policy needs them."""
        policy = await self._policies.find(channel.guild.id, name)
        scopes = [policy.settings.scope] if policy else []
        async for message in channel.history(limit=2 * MAX_MESSAGES, after=after, oldest_first=False):
            seen = await self._reader.seen(message)
            if seen is not None and not seen.is_system:
                yield await self._authors.for_scopes(seen, scopes)


class Paced:
    """Shows progress every few seconds, however often it is reported."""

    def __init__(self, clock: Callable[[], float], show: Callable[[int, int], Coroutine[Any, Any, object]]) -> None:
        self._clock = clock
        self._show = show
        self._last = clock()

    async def __call__(self, done: int, total: int) -> None:
        """Show it, if the last time was long enough ago."""
        now = self._clock()
        if now - self._last >= EDIT_EVERY:
            self._last = now
            await self._show(done, total)


def _of_reading(found: WouldFlag | Blocked | Refused, channel_id: int) -> Reply:
    """The result of reading a channel."""
    if isinstance(found, WouldFlag):
        return trial_replies.reading_report(found, channel_id)
    away = isinstance(found, Refused) and found.why == _NOT_NOW
    return Reply(text=_(_NOT_NOW if away else _NOT_ANY_LONGER))


def _unreadable(channel: Channel, reader: discord.User | discord.Member) -> str:
    """Why a channel can't be read; empty if it can."""
    if not isinstance(reader, discord.Member) or not _can_read(channel, reader):
        return _(_YOU_CANNOT_READ)
    return "" if _can_read(channel, channel.guild.me) else _(_CANNOT_READ, channel=channel.mention)


def _can_read(channel: Channel, member: discord.Member) -> bool:
    has = channel.permissions_for(member)
    return has.view_channel and has.read_message_history
