"""What is being judged right now: one judgement at a time of a message as it reads, whoever asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from weakref import WeakValueDictionary

from bot.moderation.messages.message_seen import MessageSeen
from classifier import Judge, Judgement, JudgeRequest, Way
from classifier.single_flight import SingleFlight


class MessagesInFlight:
    """Remembers a deletion for as long as the message is being judged, and no longer."""

    def __init__(self) -> None:
        self._judging: dict[int, list[MessageSeen]] = {}  # by message id: two edits of one may be judged at once
        self._gone: set[int] = set()
        self._over: dict[int, asyncio.Event] = {}
        self._turns: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()  # message, edit

    @asynccontextmanager
    async def turn(self, seen: MessageSeen) -> AsyncIterator[None]:
        """Nobody else deals with the message as it reads now inside this block: an event may come in twice, or both
        live and from history."""
        async with self._turns.setdefault((seen.message_id, seen.edit), asyncio.Lock()):
            yield

    @contextmanager
    def while_judging(self, seen: MessageSeen) -> Iterator[None]:
        """The message is being judged inside this block."""
        self._judging.setdefault(seen.message_id, []).append(seen)
        try:
            yield
        finally:
            left = self._judging[seen.message_id]
            left.remove(seen)
            if not left:
                del self._judging[seen.message_id]
                self._over.pop(seen.message_id, asyncio.Event()).set()
                self._gone.discard(seen.message_id)

    async def until_judged(self, message_id: int) -> None:
        """Wait while this message is being judged."""
        while message_id in self._judging:
            await self._over.setdefault(message_id, asyncio.Event()).wait()

    def mark_gone(self, message_ids: frozenset[int]) -> None:
        """These messages were deleted."""
        self._gone |= message_ids & self._judging.keys()

    def mark_channel_gone(self, channel_id: int) -> None:
        """This channel or thread was deleted."""
        self._gone |= {
            seen.message_id for held in self._judging.values() for seen in held if seen.channel_id == channel_id
        }

    def is_gone(self, seen: MessageSeen) -> bool:
        """Was the message deleted since it came in?"""
        return seen.message_id in self._gone


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What which judge answered to which question."""

    judge: Judge
    request: JudgeRequest
    judgement: Judgement


class JudgementsInFlight:
    """One judgement at a time of a message as it reads, under one version of a policy.

    Whoever asks meanwhile waits, and takes the answer if it serves as well as their own would. Nothing is remembered
    afterwards.
    """

    def __init__(self) -> None:
        self._asking: SingleFlight[tuple[int, int, int], _Heard] = SingleFlight()  # message, edit, policy version

    async def judge(
        self, seen: MessageSeen, version_id: int, judge: Judge, request: JudgeRequest, *, in_any_context: bool = False
    ) -> Judgement:
        """Ask the judge about a message, unless somebody who is asking hears the same answer.

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
