"""Takes one message from arrival to the end: intake, judging under every policy in force, storing, showing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.moderation.cases.case import Case
from bot.moderation.judging.message_changes import MessageChanges, TitleChanges
from bot.moderation.judging.message_judge import MessageJudge
from bot.moderation.judging.waiting_list import WaitingList
from bot.moderation.messages.attached_files import with_files
from bot.moderation.messages.intake import Skip, Tally, reason_to_skip
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.reading_allowance import ReadingAllowance
from bot.moderation.messages.recent_lines import RecentLines
from bot.moderation.servers.options import OptionStore, ReadingOptions
from bot.moderation.servers.server import ServerStore
from bot.tracing.spans import Span, Traces, interrupt
from classifier import Lane

TURNS_WITHOUT_FILES = 2  #: times that a message waits for files that Discord doesn't deliver


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What happened to a message."""

    skipped: Skip | None = None
    cases: tuple[Case, ...] = ()
    waiting: bool = False
    put_off: bool = False  #: the waiting list was full: it is read again from the channel's history
    looking: asyncio.Task[None] | None = None  #: work on its pictures, which may take seconds


class PictureSubscriber(Protocol):
    """Processes the pictures of messages, which the judge doesn't read."""

    async def passed(self, seen: MessageSeen, cases: Sequence[Case]) -> asyncio.Task[None] | None:
        """A message that may be judged had its turn. Returns the background task for its pictures."""

    def gone(self, message_ids: frozenset[int]) -> None:
        """These messages were deleted."""

    def forget_member(self, member_id: int) -> None:
        """A member had their words erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineStores:
    """Where servers' settings are read."""

    servers: ServerStore
    options: OptionStore


class Pipeline:
    """Receives messages and takes each through all steps."""

    def __init__(
        self,
        stores: PipelineStores,
        *,
        judge: MessageJudge,
        waiting: WaitingList,
        changes: MessageChanges,
        recent: RecentLines,
        tally: Tally,
    ) -> None:
        self._servers = stores.servers
        self._options = stores.options
        self._judge = judge
        self._waiting = waiting
        self._changes = changes
        self._recent = recent
        self._tally = tally
        self._allowance = ReadingAllowance()
        self._titles = TitleChanges()
        self._pictures: list[PictureSubscriber] = []
        self._traces = Traces()

    def subscribe_to_pictures(self, subscriber: PictureSubscriber) -> None:
        """Add a subscriber to pictures."""
        self._pictures.append(subscriber)

    def trace_with(self, traces: Traces) -> None:
        """Trace messages from now on."""
        self._traces = traces

    async def see(self, seen: MessageSeen, *, own_id: int, lane: Lane = Lane.LIVE) -> Handled:
        """Process a message. It is counted in exactly one category of the tally, whatever happens."""
        with self._traces.message(lane=lane.value) as step:
            return _traced(step, await self._see(seen, own_id=own_id, lane=lane))

    async def _see(self, seen: MessageSeen, *, own_id: int, lane: Lane) -> Handled:
        seen = self._titles.as_first_heard(seen)
        self._waiting.begin(seen)
        try:
            handled = await self._deal_with(seen, own_id=own_id, lane=lane)
        except BaseException:
            self._waiting.put_off(seen)
            raise
        if handled.waiting or handled.put_off:
            return handled
        if handled.looking is None:
            self._waiting.finish(seen)
        else:  # if it is interrupted, its message is read from history after the next start
            handled.looking.add_done_callback(lambda task: None if task.cancelled() else self._waiting.finish(seen))
        return handled

    async def gone(self, guild_id: int, channel_id: int, message_ids: frozenset[int]) -> None:
        """These messages were deleted: mark their cases, and those of messages being judged now. Waiting ones aren't
        judged. A proxy's copies of them are judged as their member's."""
        self._waiting.forget(guild_id, message_ids)
        for subscriber in self._pictures:
            subscriber.gone(message_ids)
        for copy in await self._changes.deleted(guild_id, channel_id, message_ids):
            await self.see(copy, own_id=0)  # a member's words are never the bot's own
            await self._changes.name_author(copy)  # its case may have just opened with the webhook as author

    async def channel_gone(self, guild_id: int, channel_id: int) -> None:
        """A channel or thread was deleted, with all its messages."""
        self._waiting.forget_channel(guild_id, channel_id)
        await self._changes.channel_deleted(guild_id, channel_id)

    def forget_member(self, member_id: int) -> None:
        """A member had their words erased: don't show them as context of the next case."""
        self._changes.forget_member(member_id)
        for subscriber in self._pictures:
            subscriber.forget_member(member_id)

    async def judge_waiting(self) -> int:
        """Give waiting messages another turn. Returns how many got one."""
        return await self._waiting.judge_waiting(self._judge_again)

    async def _judge_again(self, seen: MessageSeen) -> bool:
        with self._traces.next_turn(seen.trace) as step:
            seen = await self._changes.attributed(seen)  # its author may be known by now
            handled = _traced(step, await self._judged_and_looked_at(await with_files(seen), lane=Lane.AGAIN))
        return not (handled.waiting or handled.put_off)

    async def _deal_with(self, seen: MessageSeen, *, own_id: int, lane: Lane) -> Handled:
        if self._changes.is_gone(seen):  # it may have been deleted since it was read from history
            return self._skipped(Skip.GONE)
        seen = await self._changes.attributed(seen)  # a page of history may hold a copy whose original wasn't read yet
        settings = await self._servers.get(seen.guild_id)
        judges_bots = seen.author_is_bot and await self._judge.judges_bots(seen)
        skip = reason_to_skip(seen, settings, own_id=own_id, judges_bots=judges_bots)
        if skip in (None, Skip.EMPTY):  # files are only fetched for messages that may be judged
            seen = self._allowance.kept_to(await with_files(seen))
            skip = reason_to_skip(seen, settings, own_id=own_id, judges_bots=judges_bots)
        reading = await self._options.get(seen.guild_id, ReadingOptions)
        context, before = self._recent.before(seen, most=reading.context_messages), self._recent.text_before(seen)
        if settings is not None and seen.channel_id != settings.review_channel_id:
            self._recent.keep(seen)
        if seen.edit:
            await self._changes.edited(seen)
        if skip is Skip.EMPTY:
            return await self._looked_at(seen, self._skipped(skip))
        if skip:
            return self._skipped(skip)
        return await self._judged_and_looked_at(replace(seen, context=context, before=before), lane=lane)

    async def _judged_and_looked_at(self, seen: MessageSeen, *, lane: Lane) -> Handled:
        handled = await self._judge_message(seen, lane=lane)
        return handled if handled.waiting or handled.put_off else await self._looked_at(seen, handled)

    async def _looked_at(self, seen: MessageSeen, handled: Handled) -> Handled:
        """Pass the pictures of a message that was otherwise processed to the subscribers."""
        for subscriber in self._pictures:
            handled = replace(handled, looking=await subscriber.passed(seen, handled.cases))
        return handled

    async def _judge_message(self, seen: MessageSeen, *, lane: Lane) -> Handled:
        if seen.fetch is not None and seen.turns_without_files < TURNS_WITHOUT_FILES:
            return self._wait(replace(seen, turns_without_files=seen.turns_without_files + 1))
        turn = await self._judge.judge(seen, lane=lane)
        if turn.skipped:
            return self._skipped(turn.skipped)
        if turn.try_again:
            return replace(self._wait(seen), cases=turn.cases)
        self._tally.judged += 1
        return Handled(cases=turn.cases)

    def _wait(self, seen: MessageSeen) -> Handled:
        waiting = self._waiting.wait(replace(seen, trace=interrupt()))
        return Handled(waiting=waiting, put_off=not waiting)

    def _skipped(self, skip: Skip) -> Handled:
        self._tally.not_judged[skip] += 1
        return Handled(skipped=skip)


def _traced(step: Span, handled: Handled) -> Handled:
    if handled.skipped is not None:
        result = f"skipped_{handled.skipped.value}"
    else:
        result = "waiting" if handled.waiting else "put_off" if handled.put_off else "judged"
    step.note(result=result)
    return handled
