"""Whose words a message is. A proxy such as PluralKit deletes a member's message and posts its words by a webhook.

The copy is what others see, and the words are still the member's: what is done about it is done about them, and they
decide nothing about it. So every message that is judged, reported or shown goes through `Attribution`.

What members posted is remembered in memory for some minutes, so that a copy in the same channel is taken for theirs.
Whose copy it is, is remembered longer, as ids. Marks that tell a proxy whose words these are, such as ``L: hello`` or
``[hello]``, may be missing in the copy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cachetools import FIFOCache, LRUCache, TTLCache

from bot.moderation.cases.case import CaseKind, MessageCases
from bot.moderation.messages.message_seen import MessageSeen

SECONDS = 300.0  #: between a message and its copy, at most
SERVERS = 1_000  #: those that posted last
KEPT = 200  #: messages of each of them
COPIES_KEPT = 2_000  #: ids of copies of each of them
LONGEST_MARKS = 200  #: characters around the words of a message that was deleted
USUAL_MARKS = 8  #: and of one that is still there, such as those of ``L: hello``

#: Their ids are not those of messages.
_NO_MESSAGE = frozenset({CaseKind.AUTOMOD, CaseKind.MANUAL})


@dataclass(slots=True)
class _Original:
    """What a member posted, and whether it is deleted by now."""

    seen: MessageSeen
    gone: bool = False


@dataclass(slots=True)
class _Copied:
    """Which message a copy repeats, and whose that is. Holds no words."""

    message_id: int
    author_id: int
    gone: bool  #: it is deleted, so the copy has taken its place for certain


class ProxiedMessages:
    """Knows whose words a webhook posts. No server takes another's place in memory."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self._clock = clock
        self._servers: LRUCache[int, _OneServer] = LRUCache(maxsize=SERVERS)

    def keep(self, seen: MessageSeen) -> None:
        """Remember what a member posted or edited."""
        self._of(seen.guild_id).keep(seen)

    def gone(self, guild_id: int, message_ids: frozenset[int]) -> tuple[MessageSeen, ...]:
        """These messages were deleted. What webhooks posted before that comes back where it turns out to be a copy of
        one of them, as its member's: proxies post first and delete afterwards."""
        return self._of(guild_id).gone(message_ids)

    def author_of(self, guild_id: int, message_id: int) -> int | None:
        """Whose words this copy is; None for what is not known as a copy."""
        return self._of(guild_id).author_of(message_id)

    def forget_member(self, member_id: int) -> None:
        """A member had their words erased: those in memory, too."""
        for server in list(self._servers.values()):
            server.forget_member(member_id)

    def attributed(self, seen: MessageSeen) -> MessageSeen:
        """The message as the member's whose words it copies; as it is where it is no copy."""
        if not seen.by_webhook or seen.copy_of is not None:
            return seen
        return self._of(seen.guild_id).attributed(seen)

    def _of(self, guild_id: int) -> _OneServer:
        if guild_id not in self._servers:
            self._servers[guild_id] = _OneServer(self._clock)
        return self._servers[guild_id]


class _OneServer:
    """The same for one server."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._originals: TTLCache[int, _Original] = TTLCache(maxsize=KEPT, ttl=SECONDS, timer=clock)
        self._certain: FIFOCache[int, _Copied] = FIFOCache(maxsize=COPIES_KEPT)  # by the id of the copy
        self._likely: TTLCache[int, _Copied] = TTLCache(maxsize=KEPT, ttl=SECONDS, timer=clock)  # and the others
        self._unsettled: TTLCache[int, MessageSeen] = TTLCache(maxsize=KEPT, ttl=SECONDS, timer=clock)

    def keep(self, seen: MessageSeen) -> None:
        if not (seen.author_is_bot or seen.is_system or seen.by_webhook or seen.is_empty):
            self._originals[seen.message_id] = _Original(seen)

    def gone(self, message_ids: frozenset[int]) -> tuple[MessageSeen, ...]:
        deleted = [original for each in message_ids if (original := self._originals.get(each)) is not None]
        for original in deleted:
            original.gone = True
        for message_id in message_ids:
            self._unsettled.pop(message_id, None)
        if not deleted:
            return ()
        return tuple(seen for copy in list(self._unsettled.values()) if (seen := self._settled(copy)) is not None)

    def author_of(self, message_id: int) -> int | None:
        copied = self._known(message_id)
        return None if copied is None else copied.author_id

    def forget_member(self, member_id: int) -> None:
        theirs = [key for key, original in self._originals.items() if original.seen.author_id == member_id]
        for message_id in theirs:
            self._originals.pop(message_id, None)
        for copy_id in [key for key in self._unsettled if self.author_of(key) == member_id]:
            self._unsettled.pop(copy_id, None)

    def attributed(self, seen: MessageSeen) -> MessageSeen:
        copied = self._known(seen.message_id)
        original = self._original_of(seen) if copied is None else self._originals.get(copied.message_id)
        if copied is None and original is not None:
            copied = self._copies(seen, original)
        if copied is None or not copied.gone:
            self._unsettled[seen.message_id] = seen
        return seen if copied is None else _as_theirs(seen, copied, original)

    def _settled(self, copy: MessageSeen) -> MessageSeen | None:
        """The copy as its member's, if its original is deleted by now and it was taken for somebody else's before."""
        original = self._original_of(copy)
        if original is None or not original.gone:
            return None
        self._unsettled.pop(copy.message_id, None)
        before, now = self._likely.get(copy.message_id), self._copies(copy, original)
        return None if before is not None and before.author_id == now.author_id else _as_theirs(copy, now, original)

    def _known(self, copy_id: int) -> _Copied | None:
        return self._certain.get(copy_id) or self._likely.get(copy_id)

    def _copies(self, copy: MessageSeen, original: _Original) -> _Copied:
        """Remember it: for long only what is certain. A webhook that happens to say the same is not the member's when
        its message is edited hours later."""
        copied = _Copied(message_id=original.seen.message_id, author_id=original.seen.author_id, gone=original.gone)
        (self._certain if copied.gone else self._likely)[copy.message_id] = copied
        return copied

    def _original_of(self, copy: MessageSeen) -> _Original | None:
        """The message of the same channel with these words: a deleted one first, then the one with the fewest marks
        around them, then the newest."""
        known = [each for each in self._originals.values() if each.seen.channel_id == copy.channel_id]
        same = [each for each in known if _same_words(copy, each)]
        return max(same, key=lambda each: (each.gone, -len(each.seen.text), each.seen.message_id), default=None)


def _as_theirs(seen: MessageSeen, copied: _Copied, original: _Original | None) -> MessageSeen:
    """The copy as the member's. What else is known of them is as old as their message, and left out after it."""
    theirs = replace(by_member(seen, copied.author_id), copy_of=copied.message_id, original_gone=copied.gone)
    if original is None:
        return theirs
    return replace(
        theirs,
        original_gone=original.gone,
        author_role_ids=original.seen.author_role_ids,
        author_joined_at=original.seen.author_joined_at,
        author_created_at=original.seen.author_created_at,
        author_is_staff=original.seen.author_is_staff,
        author_is_owner=original.seen.author_is_owner,
    )


def by_member(seen: MessageSeen, member_id: int) -> MessageSeen:
    """What a webhook posted, as this member's, of whom nothing else is known."""
    return replace(
        seen,
        author_id=member_id,
        author_is_bot=False,
        author_role_ids=frozenset(),
        author_joined_at=None,
        author_created_at=None,
        author_is_staff=None,
        author_is_owner=None,
    )


def _same_words(copy: MessageSeen, original: _Original) -> bool:
    """Are the copy's words those of the original, except for marks around them? Words that are a part of a message
    that is still there are a coincidence, or a quote."""
    words, whole = copy.text.strip(), original.seen.text.strip()
    if not words or words not in whole or original.seen.message_id > copy.message_id:
        return False
    marks = len(whole) - len(words)
    return marks <= (LONGEST_MARKS if original.gone else min(USUAL_MARKS, len(words)))


class Attribution:
    """Names the member whose words a message is, from what is in memory or, after a restart, from its case."""

    def __init__(self, *, cases: MessageCases, now: Callable[[], datetime], clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self.proxied = ProxiedMessages(clock)
        self._cases = cases
        self._now = now

    async def of(self, seen: MessageSeen) -> MessageSeen:
        """The message as the member's whose words it is. Asked again, the answer is the same."""
        seen = self._with_answered(self.proxied.attributed(seen))
        if not seen.by_webhook or not seen.author_is_bot or self._is_new(seen):
            return seen
        case = await self._cases.latest_for_message(seen.guild_id, seen.message_id)
        if case is None or case.kind in _NO_MESSAGE or case.evidence.author_id == seen.author_id:
            return seen
        return by_member(seen, case.evidence.author_id)

    def _is_new(self, seen: MessageSeen) -> bool:
        """Is it so new that nobody but this process can know whose it is? The database is not asked then."""
        return not seen.edit and self._now() - seen.posted_at < timedelta(seconds=SECONDS)

    def _with_answered(self, seen: MessageSeen) -> MessageSeen:
        """The same for the message that it answers."""
        if seen.answers is None:
            return seen
        author_id = self.proxied.author_of(seen.guild_id, seen.answers.message_id)
        return seen if author_id is None else replace(seen, answers=replace(seen.answers, author_id=author_id))
