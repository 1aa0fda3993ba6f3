"""Messages in flight: being read, judged or waiting, with what happened to them meanwhile.

Each version of a message has only one judgement at a time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from weakref import WeakValueDictionary

from bot.moderation.messages.message_seen import MessageSeen
from classifier import Judge, Judgement, JudgeRequest, Way
from classifier.single_flight import SingleFlight


@dataclass(slots=True)
class _InHand:
    """A message in flight, with how many tasks hold it."""

    newest: MessageSeen  #: the latest known version
    times: int = 0
    gone: bool = False


class MessagesInFlight:
    """Remembers edits and deletions of messages while they are in flight."""

    def __init__(self) -> None:
        self._in_hand: dict[int, _InHand] = {}
        self._judging: Counter[int] = Counter()  # message ids: two edits of one may be judged at once
        self._over: dict[int, asyncio.Event] = {}
        self._turns: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()  # message, edit

    @asynccontextmanager
    async def turn(self, seen: MessageSeen) -> AsyncIterator[None]:
        """Hold the lock of this version of the message: an event may arrive twice, or both live and from history."""
        async with self._turns.setdefault((seen.message_id, seen.edit), asyncio.Lock()):
            yield

    def hold(self, seen: MessageSeen) -> None:
        """Mark this version of a message as in flight. Call `let_go` once for each call."""
        held = self._in_hand.setdefault(seen.message_id, _InHand(seen))
        held.times += 1
        if seen.reads_so_since > held.newest.reads_so_since:
            held.newest = seen

    def let_go(self, seen: MessageSeen) -> None:
        """It is no longer in flight."""
        held = self._in_hand.get(seen.message_id)
        if held is not None:
            held.times -= 1
            if not held.times:
                del self._in_hand[seen.message_id]

    @contextmanager
    def holding(self, messages: Iterable[MessageSeen]) -> Iterator[None]:
        """Keep these messages in flight inside this block."""
        held = tuple(messages)
        for seen in held:
            self.hold(seen)
        try:
            yield
        finally:
            for seen in held:
                self.let_go(seen)

    @contextmanager
    def while_judging(self, seen: MessageSeen) -> Iterator[None]:
        """The message is being judged inside this block."""
        self._judging[seen.message_id] += 1
        try:
            with self.holding([seen]):
                yield
        finally:
            self._judging[seen.message_id] -= 1
            if not self._judging[seen.message_id]:
                del self._judging[seen.message_id]
                self._over.pop(seen.message_id, asyncio.Event()).set()

    async def until_judged(self, message_id: int) -> None:
        """Wait while this message is being judged."""
        while message_id in self._judging:
            await self._over.setdefault(message_id, asyncio.Event()).wait()

    def read(self, seen: MessageSeen) -> None:
        """The files of this version of a message were read."""
        held = self._in_hand.get(seen.message_id)
        if held is not None and held.newest.edit == seen.edit:
            held.newest = seen

    def mark_gone(self, message_ids: frozenset[int]) -> None:
        """These messages were deleted."""
        for message_id in message_ids & self._in_hand.keys():
            self._in_hand[message_id].gone = True

    def mark_channel_gone(self, channel_id: int) -> None:
        """This channel or thread was deleted."""
        for held in self._in_hand.values():
            held.gone = held.gone or held.newest.channel_id == channel_id

    def is_gone(self, seen: MessageSeen) -> bool:
        """Was the message deleted since it arrived?"""
        return seen.message_id in self._in_hand and self._in_hand[seen.message_id].gone

    def newer_than(self, seen: MessageSeen) -> MessageSeen | None:
        """A later version of the message, if it was edited since this one arrived."""
        held = self._in_hand.get(seen.message_id)
        if held is None or held.newest.edit == seen.edit or held.newest.reads_so_since <= seen.reads_so_since:
            return None
        return held.newest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """A judge's answer to a question."""

    judge: Judge
    request: JudgeRequest
    judgement: Judgement


class JudgementsInFlight:
    """Allows one judgement at a time of each message version under one policy version.

    Other callers wait meanwhile, and use the answer if it is as good as their own would be. Nothing is cached
    afterwards.
    """

    def __init__(self) -> None:
        self._asking: SingleFlight[tuple[int, int, int], _Heard] = SingleFlight()  # message, edit, policy version

    async def judge(
        self, seen: MessageSeen, version_id: int, judge: Judge, request: JudgeRequest, *, in_any_context: bool = False
    ) -> Judgement:
        """Ask the judge about a message, unless another caller is already asking the same.

        Args:
            in_any_context: an answer about the message in another context serves as well. It must not where something
                follows from the answer for its author.
        """

        async def ask() -> _Heard:
            return _Heard(judge=judge, request=request, judgement=await judge.judge(request))

        while True:
            heard = await self._asking.share((seen.message_id, seen.edit, version_id), ask)
            asked, wanted = heard.request.content, request.content
            same = asked == wanted or (in_any_context and asked.target == wanted.target)
            if same and heard.judge is judge and heard.request.way in (Way.REASON, request.way):
                return heard.judgement
