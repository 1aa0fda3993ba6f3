"""The messages being judged right now, and which of them were deleted meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.moderation.seen import MessageSeen


class UnderWay:
    """Remembers a deletion for as long as the message is being judged, and no longer."""

    def __init__(self) -> None:
        self._judging: list[MessageSeen] = []
        self._gone: set[int] = set()

    @contextmanager
    def while_judging(self, seen: MessageSeen) -> Iterator[None]:
        """The message is being judged inside this block. Two edits of one message may be judged at once."""
        self._judging.append(seen)
        try:
            yield
        finally:
            self._judging.remove(seen)
            self._gone &= {other.message_id for other in self._judging}

    def mark_gone(self, message_ids: frozenset[int]) -> None:
        """These messages were deleted."""
        self._gone |= message_ids & {seen.message_id for seen in self._judging}

    def mark_channel_gone(self, channel_id: int) -> None:
        """This channel or thread was deleted."""
        self._gone |= {seen.message_id for seen in self._judging if seen.channel_id == channel_id}

    def is_gone(self, seen: MessageSeen) -> bool:
        """Was the message deleted since it came in?"""
        return seen.message_id in self._gone
