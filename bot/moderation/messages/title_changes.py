"""Two events tell of one change of a thread's title: one about the thread, and the line that Discord writes into it.
They name moments that lie a little apart, and a line can be read from history once more. Here they become one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cachetools import LRUCache

from bot.moderation.messages.message_seen import MessageSeen

ONE_CHANGE = timedelta(minutes=2)  #: events about the same title within this are about the same change
THREADS = 5_000
CHANGES = 20  #: of one thread that are remembered


class TitleChanges:
    """Remembers which titles threads were given, and when."""

    def __init__(self) -> None:
        self._known: LRUCache[int, tuple[MessageSeen, ...]] = LRUCache(maxsize=THREADS)

    def as_first_heard(self, seen: MessageSeen) -> MessageSeen:
        """A title with the moment under which its change was heard of first. Given once more after another one, it is
        a change of its own; so is every message as it is."""
        if not seen.is_title:
            return seen
        known = self._known.get(seen.message_id, ())
        first = next((each for each in known if _is_same(each, seen, known)), None)
        if first is not None:
            return replace(seen, edit=first.edit, posted_at=first.posted_at)
        self._known[seen.message_id] = (*known, seen)[-CHANGES:]
        return seen


def _is_same(heard: MessageSeen, seen: MessageSeen, known: tuple[MessageSeen, ...]) -> bool:
    """Are both about one change: the same title, and no other in between?"""
    start, end = sorted((heard.posted_at, seen.posted_at))
    if heard.text != seen.text or end - start > ONE_CHANGE:
        return False
    return not any(start <= each.posted_at <= end and each.text != seen.text for each in known)
