"""Messages that the judge had no time for. They wait in memory, up to a limit, and get another turn.

A message that finds no place, or meets an error, is left to its channel's history: the watermark stays below it, also
across a restart, and whoever subscribed is told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.moderation.messages.intake import Tally
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.watermarks import Watermarks
from classifier.errors import described

_log = logging.getLogger(__name__)

MAX_WAITING = 10_000
AT_ONCE = 96  #: messages that get another turn together
NEWCOMER = timedelta(days=7)  #: since joining


class WaitingList:
    """Keeps the watermarks and the tally of messages from when they are seen until they are dealt with."""

    def __init__(self, *, marks: Watermarks, tally: Tally, limit: int = MAX_WAITING) -> None:
        """`limit`: messages that may wait at a time."""
        self._marks = marks
        self._tally = tally
        self._limit = limit
        self._waiting: list[MessageSeen] = []
        self._left_to_history: set[tuple[int, int]] = set()  # ids and edits of what was put off
        self._subscribers: list[Callable[[MessageSeen], None]] = []

    def subscribe(self, tell: Callable[[MessageSeen], None]) -> None:
        """Call `tell` from now on with each message that has to be read from its channel's history again."""
        self._subscribers.append(tell)

    def begin(self, seen: MessageSeen) -> None:
        """The message is being dealt with. It counts once, also when it was left to the history before."""
        if (seen.message_id, seen.edit) in self._left_to_history:
            self._left_to_history.discard((seen.message_id, seen.edit))
            self._tally.put_off -= 1
        else:
            self._tally.seen += 1
        self._marks.begin(seen)

    def finish(self, seen: MessageSeen) -> None:
        """The message has been dealt with."""
        self._marks.finish(seen)

    def wait(self, seen: MessageSeen) -> bool:
        """Let the message wait for another turn. False where there is no place: it is left to the history."""
        if len(self._waiting) >= self._limit:
            self.put_off(seen)
            return False
        self._waiting.append(seen)
        self._tally.waiting += 1
        return True

    def put_off(self, seen: MessageSeen) -> None:
        """Leave the message to its channel's history."""
        self._tally.put_off += 1
        self._left_to_history.add((seen.message_id, seen.edit))
        self._marks.give_up(seen)
        for tell in self._subscribers:
            tell(seen)

    def is_waiting(self, message_id: int) -> bool:
        """Does this message wait for another turn?"""
        return any(seen.message_id == message_id for seen in self._waiting)

    async def judge_waiting(self, judge: Callable[[MessageSeen], Awaitable[bool]]) -> int:
        """Give the messages another turn, `AT_ONCE` at a time, until one has to go on waiting; how many got it.

        Newcomers come first, then the oldest: most of what harms a server comes from accounts that just joined.

        Args:
            judge: True where the message was dealt with; False where it waits again or was put off.
        """
        dealt_with = 0
        turn, self._waiting = sorted(self._waiting, key=_urgency), []
        while turn:
            now, turn = turn[:AT_ONCE], turn[AT_ONCE:]
            self._tally.waiting -= len(now)
            done = await asyncio.gather(*(self._judge_again(seen, judge) for seen in now))
            dealt_with += sum(done)
            if not all(done):
                break
        self._waiting += turn
        return dealt_with

    async def _judge_again(self, seen: MessageSeen, judge: Callable[[MessageSeen], Awaitable[bool]]) -> bool:
        try:
            done = await judge(seen)
        except Exception as error:  # noqa: BLE001  # one message's trouble must not hold up the others
            _log.error("a waiting message was put off guild=%d why=%s", seen.guild_id, described(error))
            self.put_off(seen)
            return False
        except BaseException:
            self.put_off(seen)
            raise
        if done:
            self.finish(seen)
        return done


def _urgency(seen: MessageSeen) -> tuple[bool, int]:
    joined = seen.author_joined_at
    return (joined is None or seen.posted_at - joined > NEWCOMER, seen.message_id)
