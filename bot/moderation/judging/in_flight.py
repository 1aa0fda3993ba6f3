"""The messages being judged right now, and which of them were deleted meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.moderation.messages.message_seen import MessageSeen


class MessagesInFlight:
    """Remembers a deletion for as long as the message is being judged, and no longer."""

    def __init__(self) -> None:
        self._judging: dict[int, list[MessageSeen]] = {}  # by message id: two edits of one may be judged at once
        self._gone: set[int] = set()
        self._over: dict[int, asyncio.Event] = {}

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
