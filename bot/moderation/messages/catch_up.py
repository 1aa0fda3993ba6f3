"""Catching up after downtime: compares every channel with its watermark, and reads and judges what was missed.

Downtime is a restart, a crash, a session that Discord didn't resume, or a judge that was unavailable until the waiting
list was full. A channel whose last message is neither newer than its watermark nor a few minutes old needs no request,
so a start with many quiet channels makes none. Busy channels come first, and in each the newest messages: what happens
now matters most.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Protocol

from bot.languages.translation import Line, _, marked, ngettext
from bot.log_context import logged_with
from bot.moderation.messages.history import History, LeftAlone, Unreadable
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import (
    LOOK_BACK,
    Place,
    Watermarks,
    id_at,
    moment_of,
    read_again_from,
    says_enough,
)
from bot.moderation.servers.by_server import ByServer
from classifier.errors import described, is_outage

_log = logging.getLogger(__name__)

PAGE = 100
AT_ONCE = 32  #: messages judged at the same time
#: What moderators are told when everything is judged, and when some of it is waiting. English, translated when shown.
_AWAY = (marked("Bylaw was away and has caught up."), marked("Bylaw was away."))
_IN_VIEW_AGAIN = (
    marked("Bylaw can see a channel or thread again and has caught up."),
    marked("Bylaw can see a channel or thread again."),
)
MOST_AT_ONCE = 1_000  #: messages of one channel read before they are judged; the rest is read afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """A channel or thread as Discord describes it at the start of a session."""

    channel_id: int
    last_message_id: int  #: 0 if nothing was ever posted; may be the id of a deleted message
    parent_id: int = 0  #: of a thread, its channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of catching up."""

    channels_left: int = 0
    read: int = 0  #: messages read from history for this downtime
    missed: int = 0  #: of them, newly judged
    waiting: int = 0  #: of them, waiting for the judge
    edited: int = 0  #: of both, edited ones
    begun_with: int = 0  #: channels
    was_away: bool = False  #: the bot was down; False if channels or threads only became visible again


class Taken(Enum):
    """What happened to a message that was read from history."""

    MISSED = "missed"  #: newly judged
    WAITING = "waiting"  #: waiting for the judge
    KNOWN = "known"  #: judged before, or not to be judged
    PUT_OFF = "put off"  #: the waiting list was full
    OUTAGE = "outage"  #: the database can't be written now


class _OutageLasts(Exception):
    """The outage continues: other messages couldn't be processed now, either."""


class HistoryIntake(Protocol):
    """Processes messages read from history."""

    def holding(self, messages: Iterable[MessageSeen]) -> AbstractContextManager[None]:
        """Track edits and deletions of these messages inside this block."""

    async def take_in(self, seen: MessageSeen) -> Taken:
        """Process one message. May raise."""


class CatchUp:
    """Finds and closes gaps. Call `run` regularly; it reads one channel after the other."""

    def __init__(
        self,
        *,
        marks: Watermarks,
        history: History,
        intake: HistoryIntake,
        tell: Callable[[int, Line], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._marks = marks
        self._history = history
        self._intake = intake
        self._tell = tell
        self._now = now
        self._fell_behind: set[Place] = set()  # channels with a message that was postponed while they were being read
        self._alone = LeftAlone(most=MOST_AT_ONCE)
        self._gaps = ByServer[int]()  # channels to read, with the id of their last message
        self._closed = ByServer[int]()  # gaps in channels that can't be read because a permission is missing
        self._hidden: set[Place] = set()
        self._opened: dict[Place, int] = {}  # where to start reading channels that became visible to this process
        self._progress: dict[int, Progress] = {}
        self._running = False

    def compare(self, guild_id: int, channels: Iterable[ChannelState], *, came_into_view: bool = False) -> int:
        """Compare channels with their watermarks. Returns how many have a gap.

        Args:
            came_into_view: the bot was online and sees these channels or threads again; otherwise a session
                begins.
        """
        found = 0
        for channel in channels:
            place = (guild_id, channel.channel_id)
            self._hidden.discard(place)
            self._begin_like_parent(guild_id, channel)
            mark = self._marks.kept(place)
            if not mark or channel.last_message_id <= mark:
                self._marks.now_known(place)
            if mark and (channel.last_message_id > mark or self._may_hold_edits(channel)):
                self._gaps[place] = channel.last_message_id
                found += 1
        if found:
            before = self._progress.get(guild_id, Progress())
            self._progress[guild_id] = replace(
                before,
                channels_left=self._left(guild_id),
                begun_with=before.begun_with + found,
                was_away=before.was_away or not came_into_view,
            )
        return found

    def hidden(self, guild_id: int, channel_ids: Iterable[int]) -> None:
        """Discord does not show these channels to the bot now."""
        for channel_id in channel_ids:
            self._hidden.add((guild_id, channel_id))
            self._marks.was_hidden((guild_id, channel_id), id_at(self._now()))

    def is_hidden(self, guild_id: int, channel_id: int) -> bool:
        """Was this channel hidden when it was last checked?"""
        return (guild_id, channel_id) in self._hidden

    def opened(self, guild_id: int, channel: ChannelState) -> None:
        """A channel became visible: read it from its watermark on, or from now on if it has none."""
        place = (guild_id, channel.channel_id)
        if self._marks.has_own(place):
            self.compare(guild_id, [channel], came_into_view=True)
        else:
            self._hidden.discard(place)
            self._marks.was_hidden(place, max(channel.last_message_id, id_at(self._now())))
            self._marks.now_known(place)
        self._opened[place] = self._marks.kept(place)

    def leave(self) -> None:
        """The bot is stopping. Record that channels hidden now were hidden until now."""
        for place in self._hidden:
            self._marks.was_hidden(place, id_at(self._now()))

    def _begin_like_parent(self, guild_id: int, thread: ChannelState) -> None:
        """A new thread starts where its channel became visible."""
        parent = (guild_id, thread.parent_id)
        begins = max(self._opened.get(parent, 0), self._marks.beginning(parent) if thread.parent_id else 0)
        if begins > self._marks.beginning((guild_id, thread.channel_id)):
            self._marks.was_hidden((guild_id, thread.channel_id), begins)

    def _may_hold_edits(self, channel: ChannelState) -> bool:
        """Was something posted so recently that it may have been edited while the bot was away?"""
        return self._now() - moment_of(channel.last_message_id) <= LOOK_BACK

    def fell_behind(self, seen: MessageSeen) -> None:
        """The waiting list was full: the message's channel is read again from its watermark later."""
        place = (seen.guild_id, seen.channel_id)
        if seen.is_title or says_enough(self._marks.kept(place), seen.message_id, seen.edit):
            self._alone.add(place, seen)
        self._gaps[place] = max(seen.message_id, self._gaps.get(place, 0))
        self._fell_behind.add(place)

    def permissions_changed(self, guild_id: int) -> None:
        """Channels that couldn't be read may be readable now."""
        for channel_id, upper in self._closed.pop_server(guild_id).items():
            place = (guild_id, channel_id)
            self._gaps[place] = max(upper, self._gaps.get(place, 0))

    def progress(self, guild_id: int) -> Progress | None:
        """The progress of this server; None if it has caught up."""
        return self._progress.get(guild_id) if self._left(guild_id) else None

    def channel_gone(self, guild_id: int, channel_id: int) -> None:
        """A channel or thread was deleted: stop reading it."""
        self._gaps.pop((guild_id, channel_id), None)
        self._alone.channel_gone((guild_id, channel_id))
        self._closed.pop((guild_id, channel_id), None)
        self._hidden.discard((guild_id, channel_id))
        self._opened.pop((guild_id, channel_id), None)

    async def run(self) -> int:
        """Close the gaps, busiest channel first. Returns how many were closed. Does nothing while another run is
        active, and stops if the database is unavailable, to save requests to Discord."""
        if self._running:
            return 0
        self._running = True
        try:
            return await self._close_gaps()
        finally:
            self._running = False

    async def _close_gaps(self) -> int:
        closed = 0
        for place in sorted(self._gaps, key=self._gaps.__getitem__, reverse=True):
            try:
                if place in self._gaps and await self._close(place):
                    closed += 1
                    await self._finish(place)
            except _OutageLasts:
                break
        return closed

    async def _close(self, place: Place) -> bool:
        """Read and judge what comes after the watermark. False if that has to be retried later."""
        self._fell_behind.discard(place)
        upper = self._gaps[place]
        since = max(read_again_from(self._marks.kept(place)), self._marks.hidden_up_to(place))
        while True:
            with ExitStack() as held:
                missed = await self._read(place, since, held)
                if isinstance(missed, Unreadable):
                    return self._not_read(place, missed, upper)
                if not await self._judge(missed):
                    return False
            if missed:
                since = missed[-1].message_id
                upper = max(upper, since)
            if len(missed) < MOST_AT_ONCE:
                break
        if not await self._take_alone(place):
            return False
        if self._gaps.get(place, 0) > upper or place in self._fell_behind:
            return False  # more fell behind meanwhile
        self._marks.now_known(place, up_to=upper)
        return True

    async def _take_alone(self, place: Place) -> bool:
        """Process the current versions of messages that reading doesn't return. False if that has to be retried
        later."""
        for left in self._alone.of(place):
            now: MessageSeen | None = left
            if not left.is_title:
                page = await self._history.before(*place, left.message_id, most=1)
                if isinstance(page, Unreadable):
                    return False
                now = next((seen for seen in page.messages if seen.message_id == left.message_id), None)
            if now is not None and not await self._judge([now]):
                return False
            self._alone.done(place, left)
        return True

    def _not_read(self, place: Place, why: Unreadable, upper: int) -> bool:
        """True if no retry is needed."""
        where = {"guild": place[0], "channel": place[1]}
        _log.info("history not read", extra={**where, "gone": why.gone, "closed": why.closed})
        if why.closed:
            self._closed[place] = upper
        return why.gone or why.closed

    async def _judge(self, missed: list[MessageSeen]) -> bool:
        """Judge the newest first, several at a time. False if something has to be read again later."""
        waiting = missed[::-1]
        for start in range(0, len(waiting), AT_ONCE):
            taken = await asyncio.gather(*map(self._take, waiting[start : start + AT_ONCE]))
            if Taken.OUTAGE in taken:
                raise _OutageLasts
            if Taken.PUT_OFF in taken:
                return False
        return True

    async def _take(self, seen: MessageSeen) -> Taken:
        if not seen.is_title and self._marks.is_dealt_with(seen):
            return Taken.KNOWN
        with logged_with(**seen.log_ids):
            taken = await self._take_in(seen)
        missed, waiting = taken is Taken.MISSED, taken is Taken.WAITING
        edited = bool(seen.edit) and (missed or waiting)
        self._count(seen.guild_id, missed=missed, waiting=waiting, edited=edited)
        return taken

    async def _take_in(self, seen: MessageSeen) -> Taken:
        try:
            return await self._intake.take_in(seen)
        except Exception as error:  # noqa: BLE001  # whatever it is, nothing is lost by waiting
            if is_outage(error):
                return Taken.OUTAGE
            _log.error("a missed message was put off", extra={"why": described(error)})
            return Taken.PUT_OFF

    async def _read(self, place: Place, since: int, held: ExitStack) -> list[MessageSeen] | Unreadable:
        """The next messages after an id, oldest first. They are tracked, because an edit or a deletion may arrive
        before their turn."""
        found: list[MessageSeen] = []
        while len(found) < MOST_AT_ONCE:
            page = await self._history.after(*place, found[-1].message_id if found else since, most=PAGE)
            if isinstance(page, Unreadable):
                return page
            held.enter_context(self._intake.holding(page.messages))
            found += page.messages
            self._count(place[0], read=len(page.messages))
            if not page.more:
                break
        return found

    async def _finish(self, place: Place) -> None:
        guild_id = place[0]
        self._gaps.pop(place, None)
        left = self._left(guild_id)
        progress = self._progress.get(guild_id)
        if progress is None:
            return
        if left:
            self._progress[guild_id] = replace(progress, channels_left=left)
            return
        del self._progress[guild_id]
        if progress.missed or progress.waiting:
            await self._tell(guild_id, partial(_caught_up, progress))

    def _left(self, guild_id: int) -> int:
        return len(self._gaps.of(guild_id))

    def _count(self, guild_id: int, *, read: int = 0, missed: int = 0, waiting: int = 0, edited: int = 0) -> None:
        progress = self._progress.get(guild_id)
        if progress is not None:
            self._progress[guild_id] = replace(
                progress,
                read=progress.read + read,
                missed=progress.missed + missed,
                waiting=progress.waiting + waiting,
                edited=progress.edited + edited,
            )


def _caught_up(progress: Progress) -> str:
    """The line for moderators, in the current language."""
    done, not_done = _AWAY if progress.was_away else _IN_VIEW_AGAIN
    lines = [_(not_done if progress.waiting else done)]
    if progress.missed:
        lines.append(_judged(progress))
    if progress.waiting:
        lines.append(_waiting(progress))
    return " ".join(lines)


def _judged(progress: Progress) -> str:
    if progress.edited:
        return ngettext(
            "It judged {n} message that was posted or edited meanwhile.",
            "It judged {n} messages that were posted or edited meanwhile.",
            progress.missed,
        )
    return ngettext(
        "It judged {n} message that was posted meanwhile.",
        "It judged {n} messages that were posted meanwhile.",
        progress.missed,
    )


def _waiting(progress: Progress) -> str:
    if progress.missed:
        return ngettext("{n} more waits for the judge.", "{n} more wait for the judge.", progress.waiting)
    if progress.edited:
        return ngettext(
            "{n} message that was posted or edited meanwhile waits for the judge.",
            "{n} messages that were posted or edited meanwhile wait for the judge.",
            progress.waiting,
        )
    return ngettext(
        "{n} message that was posted meanwhile waits for the judge.",
        "{n} messages that were posted meanwhile wait for the judge.",
        progress.waiting,
    )
