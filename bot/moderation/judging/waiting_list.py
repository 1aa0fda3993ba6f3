"""Messages that the judge had no time for. They wait in memory, up to a limit, and get another turn.

A message that doesn't fit, or that meets an error, is left to its channel's history: the watermark stays below it, even
after a restart, and subscribers are told. There is a limit per server and one for all, so that a flood in one server
leaves room for the others. Deleted messages are removed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta

from bot.log_context import logged_with
from bot.moderation.judging.in_flight import MessagesInFlight
from bot.moderation.messages.intake import Skip, Tally
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import Watermarks
from classifier.errors import described, is_outage

_log = logging.getLogger(__name__)

MAX_WAITING = 10_000
AT_ONCE = 96  #: messages that get another turn at the same time
NEWCOMER = timedelta(days=7)  #: time since joining, for newcomers
WAITING_PER_SERVER = 2_000
LEFT_PER_SERVER = 10_000  #: messages remembered as seen before; older ones are forgotten


class WaitingList:
    """Tracks messages from arrival until they are done, in watermarks and tally."""

    def __init__(
        self, *, marks: Watermarks, in_flight: MessagesInFlight, tally: Tally, limit: int = MAX_WAITING
    ) -> None:
        """`limit`: the most messages that may wait at a time."""
        self._marks = marks
        self._in_flight = in_flight
        self._tally = tally
        self._waiting = WaitingMessages(in_all=limit)
        self._left_to_history = LeftToHistory()
        self._subscribers: list[Callable[[MessageSeen], None]] = []

    def subscribe(self, tell: Callable[[MessageSeen], None]) -> None:
        """Call `tell` with each message that has to be read from its channel's history again."""
        self._subscribers.append(tell)

    def begin(self, seen: MessageSeen) -> None:
        """Start processing a message. It counts once, even if it was left to the history before."""
        if self._left_to_history.take(seen):
            self._tally.put_off -= 1
        else:
            self._tally.seen += 1
        self._marks.begin(seen)
        self._in_flight.hold(seen)

    def finish(self, seen: MessageSeen) -> None:
        """The message is done."""
        self._marks.finish(seen)
        self._in_flight.let_go(seen)

    def wait(self, seen: MessageSeen) -> bool:
        """Let the message wait for another turn. False if there is no room: it is left to the history."""
        if not self._waiting.add(seen):
            self.put_off(seen)
            return False
        self._tally.waiting += 1
        return True

    def put_off(self, seen: MessageSeen) -> None:
        """Leave the message to its channel's history."""
        self._tally.put_off += 1
        self._left_to_history.add(seen)
        self._marks.give_up(seen)
        self._in_flight.let_go(seen)
        for tell in self._subscribers:
            tell(seen)

    def is_waiting(self, message_id: int) -> bool:
        """Does this message wait for another turn?"""
        return self._waiting.holds(message_id)

    def forget(self, guild_id: int, message_ids: frozenset[int]) -> None:
        """These messages were deleted: waiting ones aren't judged."""
        waited = self._waiting.forget(guild_id, message_ids)
        self._gone(waited, put_off=self._left_to_history.forget(guild_id, message_ids))

    def forget_channel(self, guild_id: int, channel_id: int) -> None:
        """A channel or thread was deleted, with all its messages."""
        waited = self._waiting.forget_channel(guild_id, channel_id)
        self._gone(waited, put_off=self._left_to_history.forget_channel(guild_id, channel_id))

    async def judge_waiting(self, judge: Callable[[MessageSeen], Awaitable[bool]]) -> int:
        """Give the messages another turn, `AT_ONCE` at a time, until one has to keep waiting. Returns how many got a
        turn.

        Servers take turns, as `WaitingMessages.in_turn` says.

        Args:
            judge: True if the message is done; False if it waits again or was put off.
        """
        dealt_with = 0
        turn = self._waiting.in_turn()
        for start in range(0, len(turn), AT_ONCE):
            now = [seen for seen in turn[start : start + AT_ONCE] if self._waiting.take(seen)]
            self._tally.waiting -= len(now)
            done = await asyncio.gather(*(self._next_turn(seen, judge) for seen in now))
            dealt_with += sum(done)
            if not all(done):
                break
        return dealt_with

    async def _next_turn(self, seen: MessageSeen, judge: Callable[[MessageSeen], Awaitable[bool]]) -> bool:
        with logged_with(**seen.log_ids):
            return await self._judge_again(seen, judge)

    async def _judge_again(self, seen: MessageSeen, judge: Callable[[MessageSeen], Awaitable[bool]]) -> bool:
        try:
            done = await judge(seen)
        except Exception as error:  # noqa: BLE001  # one message's trouble must not hold up the others
            if not is_outage(error):
                _log.error("a waiting message was put off", extra={"why": described(error)})
            self.put_off(seen)
            return False
        except BaseException:
            self.put_off(seen)
            raise
        if done:
            self.finish(seen)
        return done

    def _gone(self, waited: Sequence[MessageSeen], *, put_off: int) -> None:
        self._tally.waiting -= len(waited)
        self._tally.put_off -= put_off
        if waited or put_off:
            self._tally.not_judged[Skip.GONE] += len(waited) + put_off
        for seen in waited:
            self.finish(seen)


class WaitingMessages:
    """Messages that wait for another turn of the judge."""

    def __init__(self, *, in_all: int, per_server: int = WAITING_PER_SERVER) -> None:
        self._in_all = in_all
        self._per_server = per_server
        self._of_servers: dict[int, list[MessageSeen]] = {}
        self._size = 0

    def __len__(self) -> int:
        """How many are waiting."""
        return self._size

    def add(self, seen: MessageSeen) -> bool:
        """Add a message. False if there is no room."""
        held = self._of_servers.get(seen.guild_id, [])
        if self._size >= self._in_all or len(held) >= self._per_server:
            return False
        self._of_servers.setdefault(seen.guild_id, held).append(seen)
        self._size += 1
        return True

    def holds(self, message_id: int) -> bool:
        """Is this message waiting?"""
        return any(seen.message_id == message_id for held in self._of_servers.values() for seen in held)

    def in_turn(self) -> list[MessageSeen]:
        """The waiting messages in the order of their turns: one of each server in turn, and within a server newcomers'
        first, then the oldest. Most harm comes from accounts that just joined."""
        ordered = [enumerate(sorted(held, key=_urgency)) for held in self._of_servers.values()]
        ranked = [(rank, _urgency(seen), seen) for held in ordered for rank, seen in held]
        return [seen for _, _, seen in sorted(ranked, key=lambda each: each[:2])]

    def take(self, seen: MessageSeen) -> bool:
        """Remove a message whose turn has come. False if it is no longer waiting."""
        return bool(self._drop(seen.guild_id, lambda each: each is seen))

    def forget(self, guild_id: int, message_ids: frozenset[int]) -> list[MessageSeen]:
        """These messages were deleted. Returns those that were waiting."""
        return self._drop(guild_id, lambda each: each.message_id in message_ids)

    def forget_channel(self, guild_id: int, channel_id: int) -> list[MessageSeen]:
        """A channel or thread was deleted. Returns its waiting messages."""
        return self._drop(guild_id, lambda each: each.channel_id == channel_id)

    def _drop(self, guild_id: int, unwanted: Callable[[MessageSeen], bool]) -> list[MessageSeen]:
        held = self._of_servers.get(guild_id, [])
        dropped = [seen for seen in held if unwanted(seen)]
        if dropped:
            held[:] = [seen for seen in held if not unwanted(seen)]
            self._size -= len(dropped)
            if not held:
                del self._of_servers[guild_id]
        return dropped


class LeftToHistory:
    """Remembers which versions of messages were put off, so that they only count once when they are read from history
    again."""

    def __init__(self, *, per_server: int = LEFT_PER_SERVER) -> None:
        self._per_server = per_server
        self._of_servers: defaultdict[int, dict[tuple[int, int], int]] = defaultdict(dict)  # to the channel of each

    def __len__(self) -> int:
        """How many are remembered."""
        return sum(map(len, self._of_servers.values()))

    def add(self, seen: MessageSeen) -> None:
        """It was put off."""
        held = self._of_servers[seen.guild_id]
        held[seen.message_id, seen.edit] = seen.channel_id
        if len(held) > self._per_server:
            del held[next(iter(held))]

    def take(self, seen: MessageSeen) -> bool:
        """It arrived again. False if it isn't remembered."""
        key = (seen.message_id, seen.edit)
        return bool(self._drop(seen.guild_id, [key] if key in self._of_servers.get(seen.guild_id, {}) else []))

    def forget(self, guild_id: int, message_ids: frozenset[int]) -> int:
        """These messages were deleted and won't arrive again. Returns how many were left to history."""
        held = self._of_servers.get(guild_id, {})
        return self._drop(guild_id, [key for key in held if key[0] in message_ids])

    def forget_channel(self, guild_id: int, channel_id: int) -> int:
        """The same for a channel or thread."""
        held = self._of_servers.get(guild_id, {})
        return self._drop(guild_id, [key for key, channel in held.items() if channel == channel_id])

    def _drop(self, guild_id: int, keys: Iterable[tuple[int, int]]) -> int:
        dropped = [self._of_servers[guild_id].pop(key) for key in keys]
        if dropped and not self._of_servers[guild_id]:
            del self._of_servers[guild_id]
        return len(dropped)


def _urgency(seen: MessageSeen) -> tuple[bool, int]:
    joined = seen.author_joined_at
    return (joined is None or seen.posted_at - joined > NEWCOMER, seen.message_id)
