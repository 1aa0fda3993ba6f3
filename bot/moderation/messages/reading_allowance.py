"""Limits how much of one member's files the judge reads in ten minutes, so that nobody can flood it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cachetools import LRUCache

from bot.moderation.cases.attached_file import NotRead
from bot.moderation.messages.attached_files import excerpt
from bot.moderation.messages.message_seen import MessageSeen
from classifier import PartKind

MOST_CHARACTERS = 120_000  #: characters of one member's files in `SECONDS` that are judged; then only excerpts
SECONDS = 600
EXCERPT = 1_500  #: characters
_MEMBERS = 4_096


class ReadingAllowance:
    """Counts by the time of posting, so that missed messages count like live ones."""

    def __init__(self) -> None:
        self._spent: LRUCache[tuple[int, int, int], int] = LRUCache(maxsize=_MEMBERS)

    def kept_to(self, seen: MessageSeen) -> MessageSeen:
        """The message; if its author used up their allowance, with excerpts of its files."""
        length = sum(len(part.text) for part in seen.parts if part.kind is PartKind.FILE)
        if not length:
            return seen
        slot = int((seen.posted_at - datetime.fromtimestamp(0, tz=UTC)).total_seconds()) // SECONDS
        key = (seen.guild_id, seen.author_id, slot)
        self._spent[key] = self._spent.get(key, 0) + length
        return _excerpts(seen) if self._spent[key] > MOST_CHARACTERS else seen


def _excerpts(seen: MessageSeen) -> MessageSeen:
    parts = tuple(
        replace(part, text=excerpt(part.text, EXCERPT)) if part.kind is PartKind.FILE else part for part in seen.parts
    )
    files = tuple(
        replace(file, not_read=NotRead.IN_PART) if file.not_read is None and file.size > EXCERPT else file
        for file in seen.files
    )
    return replace(seen, parts=parts, files=files)
