"""Detects picture bursts: messages with nothing but pictures by one member, in several channels, within a minute.

Hacked accounts post like that. It uses the times of the messages, so a burst during downtime is found when catching up.
Kept in memory only: after a restart, counting starts from zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cachetools import LRUCache

from bot.moderation.messages.message_seen import MessageSeen

WINDOW = timedelta(seconds=60)
_MEMBERS = 4_096  #: members watched at once
_MESSAGES = 50  #: messages per member


@dataclass(slots=True)
class _Watched:
    recent: list[MessageSeen] = field(default_factory=list)  # not part of a burst yet
    last: datetime | None = None  # of a burst in progress


class PictureBursts:
    """Detects bursts. A burst ends after a minute without pictures."""

    def __init__(self) -> None:
        self._watched: LRUCache[tuple[int, int], _Watched] = LRUCache(maxsize=_MEMBERS)

    def note(self, seen: MessageSeen, *, channels: int) -> tuple[MessageSeen, ...]:
        """Count a message with nothing but pictures. Returns the messages that are part of a burst because of it,
        oldest first.

        Args:
            channels: how many different ones make a burst.
        """
        watched = self._watched.setdefault((seen.guild_id, seen.whose), _Watched())
        if watched.last is not None and _together(watched.last, seen.posted_at):
            watched.last = max(watched.last, seen.posted_at)
            return (seen,)
        others = [each for each in watched.recent if each.message_id != seen.message_id]
        near = [each for each in others if _together(each.posted_at, seen.posted_at)]
        watched.recent = sorted([*near, seen], key=lambda each: each.message_id)[-_MESSAGES:]
        if len({each.channel_id for each in watched.recent}) < channels:
            watched.last = None
            return ()
        burst, watched.recent = tuple(watched.recent), []
        watched.last = max(each.posted_at for each in burst)
        return burst

    def forget_member(self, member_id: int) -> None:
        """A member had their words erased: forget their messages."""
        for key in [key for key in self._watched if key[1] == member_id]:
            del self._watched[key]


class Deletions:
    """Remembers recently deleted messages, so that a case opened a moment later says so."""

    def __init__(self) -> None:
        self._gone: LRUCache[int, None] = LRUCache(maxsize=_MEMBERS)

    def note(self, message_ids: Iterable[int]) -> None:
        """These messages were deleted."""
        for message_id in message_ids:
            self._gone[message_id] = None

    def of(self, messages: Iterable[MessageSeen]) -> tuple[int, ...]:
        """The ids of those that were deleted."""
        return tuple(each.message_id for each in messages if each.message_id in self._gone)


def _together(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= WINDOW
