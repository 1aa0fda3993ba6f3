"""Remembers what was judged in the last hours, so that the database isn't queried for every new message.

A message posted after this process started can only have been judged by this process, which remembers it. The database
is only asked about older messages, and about the oldest of the newer ones once the memory is full.
"""

from __future__ import annotations

from cachetools import FIFOCache

from bot.moderation.cases.case import VerdictLog
from bot.moderation.messages.message_seen import MessageSeen

KEPT = 50_000

Judged = tuple[int, int, int]  #: message, edit, version of a policy


class AlreadyJudged:
    """Knows which messages were judged, by message, edit and version."""

    def __init__(self, cases: VerdictLog, *, since_id: int, kept: int = KEPT) -> None:
        """Args:
        since_id: messages with lower ids may have been judged before this process started.
        """
        self._cases = cases
        self._since_id = since_id
        self._judged: FIFOCache[Judged, None] = FIFOCache(maxsize=kept)

    def add(self, seen: MessageSeen, version_id: int) -> None:
        """This was judged."""
        if self._judged.currsize >= self._judged.maxsize:
            (oldest_id, _, _), _ = self._judged.popitem()
            self._since_id = max(self._since_id, oldest_id)
        self._judged[seen.message_id, seen.edit, version_id] = None

    async def was_judged(self, seen: MessageSeen, version_id: int) -> bool:
        """Was this message, as it reads now, judged under this version?"""
        if (seen.message_id, seen.edit, version_id) in self._judged:
            return True
        if seen.message_id > self._since_id:
            return False
        return await self._cases.was_judged(
            guild_id=seen.guild_id, message_id=seen.message_id, edit=seen.edit, version_id=version_id
        )
