"""What happens to messages after they were posted: edits and deletions. Their cases and cards say so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cachetools import LRUCache

from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case import Case, MessageMarks
from bot.moderation.judging.in_flight import MessagesInFlight
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.proxied import Attribution
from bot.moderation.messages.recent_lines import RecentLines

ONE_CHANGE = timedelta(minutes=2)  #: events about the same title within this time are the same change
THREADS = 5_000
CHANGES = 20  #: titles remembered per thread


class MessageChanges:
    """Marks cases and refreshes their cards. Cases about messages in flight are marked when they open:
    `as_it_is_now`."""

    def __init__(
        self,
        *,
        cases: MessageMarks,
        cards: CardPosting,
        recent: RecentLines,
        in_flight: MessagesInFlight,
        attribution: Attribution,
    ) -> None:
        self._cases = cases
        self._cards = cards
        self._recent = recent
        self._in_flight = in_flight
        self._attribution = attribution

    async def attributed(self, seen: MessageSeen) -> MessageSeen:
        """Attribute a message that a proxy posted to the member who wrote it. The copy replaces the member's message in
        memory."""
        seen = await self._attribution.of(seen)
        self._attribution.proxied.keep(seen)
        if seen.copy and seen.copy.certain:
            self._recent.forget(seen.channel_id, frozenset({seen.copy.message_id}))
        return seen

    async def name_author(self, copy: MessageSeen) -> None:
        """Name the member in cases about a message that turned out to be a copy of theirs."""
        if copy.copy is not None:
            for case in await self._cases.mark_author(copy.guild_id, copy.message_id, copy.copy):
                await self._cards.refresh(case)

    async def edited(self, seen: MessageSeen) -> None:
        """Show the new text in cases about earlier versions of the message."""
        self._in_flight.read(seen)
        for case in await mark_edited(self._cases, seen):
            await self._cards.refresh(case)

    def is_gone(self, seen: MessageSeen) -> bool:
        """Was the message deleted since it arrived?"""
        return self._in_flight.is_gone(seen)

    async def deleted(self, guild_id: int, channel_id: int, message_ids: frozenset[int]) -> tuple[MessageSeen, ...]:
        """These messages were deleted. Returns a proxy's copies of them that still exist, to be judged."""
        self._in_flight.mark_gone(message_ids)
        copies = self._attribution.proxied.gone(guild_id, message_ids)
        self._recent.forget(channel_id, message_ids)
        for copy in copies:
            await self.name_author(copy)
        for case in await self._cases.mark_gone(guild_id, tuple(sorted(message_ids))):
            await self._cards.refresh(case)
        return tuple(copy for copy in copies if not self._attribution.proxied.is_gone(copy))

    async def channel_deleted(self, guild_id: int, channel_id: int) -> None:
        """A channel or thread was deleted, with all its messages."""
        self._in_flight.mark_channel_gone(channel_id)
        self._recent.forget_channel(channel_id)
        for case in await self._cases.mark_channel_gone(guild_id, channel_id):
            await self._cards.refresh(case)

    def forget_member(self, member_id: int) -> None:
        """A member had their words erased: drop those in memory."""
        self._recent.forget_member(member_id)
        self._attribution.proxied.forget_member(member_id)


async def as_it_is_now(case: Case, seen: MessageSeen, in_flight: MessagesInFlight, cases: MessageMarks) -> Case:
    """Mark a new case with what happened to its message while it was in flight."""
    changed: tuple[Case, ...] = ()
    newer = in_flight.newer_than(seen)
    if newer is not None:
        changed += await mark_edited(cases, newer)
    if in_flight.is_gone(seen):
        changed += await cases.mark_gone(seen.guild_id, (seen.message_id,))
    return next((each for each in reversed(changed) if each.number == case.number), case)


async def mark_edited(cases: MessageMarks, seen: MessageSeen) -> tuple[Case, ...]:
    """Store the new text in cases about earlier versions of the message. Returns the cases that changed."""
    return await cases.mark_edited(seen.guild_id, seen.message_id, edit=seen.reads_so_since, text=seen.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class _TitleChange:
    """A change of a thread's title, without the title's text."""

    title: bytes  #: a hash
    at: datetime
    edit: int


class TitleChanges:
    """Remembers changes of thread titles, and when they happened.

    Discord reports a change of title in two events: one about the thread, and the line that it writes into the thread.
    Their times differ slightly, and the line may be read from history again. This merges them.
    """

    def __init__(self) -> None:
        self._known: LRUCache[int, tuple[_TitleChange, ...]] = LRUCache(maxsize=THREADS)

    def as_first_heard(self, seen: MessageSeen) -> MessageSeen:
        """Return a title with the time of the first event about this change. If the same title is set again after
        another one, that is a separate change. Messages are returned unchanged."""
        if not seen.is_title:
            return seen
        title = hashlib.sha256(seen.text.encode("utf-8", "surrogatepass")).digest()
        change = _TitleChange(title=title, at=seen.posted_at, edit=seen.edit)
        known = self._known.get(seen.message_id, ())
        first = next((each for each in known if _is_same(each, change, known)), None)
        if first is not None:
            return replace(seen, edit=first.edit, posted_at=first.at)
        self._known[seen.message_id] = (*known, change)[-CHANGES:]
        return seen


def _is_same(heard: _TitleChange, change: _TitleChange, known: tuple[_TitleChange, ...]) -> bool:
    """Are both one change: the same title, and no other in between?"""
    start, end = sorted((heard.at, change.at))
    if heard.title != change.title or end - start > ONE_CHANGE:
        return False
    return not any(start <= each.at <= end and each.title != change.title for each in known)
