"""Whose words a message is. A proxy such as PluralKit deletes a member's message and posts its words by a webhook.

The copy is what others see, and the words are still the member's: what is done about it is done about them, and they
decide nothing about it. So every message that is judged, reported or shown goes through `Attribution`.

What members and webhooks posted is remembered in memory for some minutes. A webhook's message that could be a copy of a
member's in the same channel is theirs for certain only where that was deleted within seconds of it, as proxies do, and
each message has one copy. Until then the webhook is the author, and the member whose words it repeats is named beside
it. Whose copy it is for certain is remembered longer, as ids. Tags that tell a proxy whose words these are, such as
``L: hello``, ``-hello-``, ``[hello]`` or ``hello -l``, are missing in the copy.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cachetools import FIFOCache, LRUCache, TTLCache

from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.cases.case import Case, CaseKind, MessageCases
from bot.moderation.cases.webhook import CopiedMessage
from bot.moderation.messages.message_seen import MessageSeen
from classifier import Part, PartKind

SECONDS = 300.0  #: between a message and its copy, at most
SECONDS_APART = 10.0  #: between the copy and the deletion of the message, whichever comes first, at most
SERVERS = 1_000  #: those that posted last
KEPT = 200  #: messages of members, and of webhooks, of each of them
COPIES_KEPT = 2_000  #: ids of copies of each of them

LONGEST_TAGS = 16  #: characters before and after the words together
USUAL_TAGS = 8  #: around short words. Tags without any sign are as long at most, and half as long as the words
TAG_WORDS = 2  #: in a tag such as ``Luna says:``

_OF_SENTENCES = frozenset(",.;!?…")  #: these part clauses, and are no tags
_QUOTE = ">"
#: Proxies post these again. Embeds are theirs or Discord's, and what a file says is compared by the file.
_REPOSTED = frozenset({PartKind.POLL, PartKind.STICKER})
#: Their ids are not those of messages.
_NO_MESSAGE = frozenset({CaseKind.AUTOMOD, CaseKind.MANUAL})


@dataclass(slots=True)
class _Original:
    """What a member posted, and what became of it."""

    seen: MessageSeen
    gone_at: float | None = None
    is_copied: bool = False  #: there is a copy of it for certain, so there is no other one


@dataclass(slots=True)
class _Posted:
    """What a webhook posted, when we saw it first, and whether it is deleted by now."""

    seen: MessageSeen
    at: float
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class _Settled:
    """Whose copy it is for certain. Holds no words."""

    copy: CopiedMessage
    gone_first: bool  #: the message was deleted before the copy came, so the copy might still be another's


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
        """Whose words this copy is; None for what is not known as a copy for certain."""
        return self._of(guild_id).author_of(message_id)

    def is_gone(self, copy: MessageSeen) -> bool:
        """Was this webhook's message deleted, too?"""
        return self._of(copy.guild_id).is_gone(copy.message_id)

    def forget_member(self, member_id: int) -> None:
        """A member had their words erased: those in memory, too."""
        for server in list(self._servers.values()):
            server.forget_member(member_id)

    def attributed(self, seen: MessageSeen) -> MessageSeen:
        """The message as the member's whose copy it is; as it is, with the message whose words it repeats, where that
        is not certain."""
        if not seen.by_webhook or (seen.copy is not None and seen.copy.certain):
            return seen
        return self._of(seen.guild_id).attributed(seen)

    def _of(self, guild_id: int) -> _OneServer:
        if guild_id not in self._servers:
            self._servers[guild_id] = _OneServer(self._clock)
        return self._servers[guild_id]


class _OneServer:
    """The same for one server."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._originals: TTLCache[int, _Original] = TTLCache(maxsize=KEPT, ttl=SECONDS, timer=clock)
        self._posted: TTLCache[int, _Posted] = TTLCache(maxsize=KEPT, ttl=SECONDS, timer=clock)
        self._settled: FIFOCache[int, _Settled] = FIFOCache(maxsize=COPIES_KEPT)  # by the id of the copy

    def keep(self, seen: MessageSeen) -> None:
        if seen.author_is_bot or seen.is_system or seen.by_webhook or seen.is_title:
            return
        if seen.files or not seen.is_empty:
            known = self._originals.get(seen.message_id)
            self._originals[seen.message_id] = _Original(seen) if known is None else replace(known, seen=seen)

    def gone(self, message_ids: frozenset[int]) -> tuple[MessageSeen, ...]:
        now, found = self._clock(), []
        for posted in [each for message_id in message_ids if (each := self._posted.get(message_id))]:
            posted.is_gone = True  # by Bylaw perhaps, before the proxy deletes the original
        for message_id in sorted(message_ids):
            original = self._originals.get(message_id)
            if original is None or original.gone_at is not None:
                continue
            original.gone_at = now
            copy = self._copy_of(original, now)
            if copy is not None:
                found.append(self._settle(copy.seen, original, gone_first=False))
        return tuple(found)

    def author_of(self, message_id: int) -> int | None:
        settled = self._settled.get(message_id)
        return None if settled is None else settled.copy.member_id

    def is_gone(self, copy_id: int) -> bool:
        posted = self._posted.get(copy_id)
        return posted is not None and posted.is_gone

    def forget_member(self, member_id: int) -> None:
        theirs = [each for each in self._originals.values() if each.seen.author_id == member_id]
        for copy in list(self._posted.values()):
            copied = any(could_be_copy(copy.seen, original.seen) for original in theirs)
            if copied or self.author_of(copy.seen.message_id) == member_id:
                self._posted.pop(copy.seen.message_id, None)
        for original in theirs:
            self._originals.pop(original.seen.message_id, None)

    def attributed(self, seen: MessageSeen) -> MessageSeen:
        known = self._posted.get(seen.message_id)
        posted = _Posted(seen, self._clock()) if known is None else replace(known, seen=seen)
        self._posted[seen.message_id] = posted
        settled = self._settled.get(seen.message_id)
        if settled is not None:
            return _as_theirs(seen, settled.copy, self._originals.get(settled.copy.message_id))
        could_be = self._originals_of(posted)
        deleted = _closest([each for each in could_be if _is_beside(posted, each)])
        there = [each for each in could_be if each.gone_at is None]
        if deleted is not None and all(each.seen.message_id < deleted.seen.message_id for each in there):
            return self._settle(seen, deleted, gone_first=True)
        likely = _closest(there) or _closest(could_be)
        return seen if likely is None else _as_likely(seen, likely)

    def _originals_of(self, posted: _Posted) -> list[_Original]:
        """The messages in its channel that it could be a copy of, and that have none yet."""
        copy = posted.seen
        known = [each for each in self._originals.values() if each.seen.channel_id == copy.channel_id]
        return [each for each in known if not each.is_copied and could_be_copy(copy, each.seen)]

    def _copy_of(self, original: _Original, now: float) -> _Posted | None:
        """The copy that this original was deleted for: the first that nobody has; else one that was taken for a copy
        of an older message, which had been deleted before."""
        could_be = [
            each
            for each in self._posted.values()
            if each.seen.channel_id == original.seen.channel_id and now - each.at <= SECONDS_APART
            if could_be_copy(each.seen, original.seen) and self._may_be_of(each, original)
        ]
        return min(
            could_be, key=lambda each: (each.seen.message_id in self._settled, each.seen.message_id), default=None
        )

    def _may_be_of(self, posted: _Posted, original: _Original) -> bool:
        before = self._settled.get(posted.seen.message_id)
        return before is None or (before.gone_first and before.copy.message_id < original.seen.message_id)

    def _settle(self, copy: MessageSeen, original: _Original, *, gone_first: bool) -> MessageSeen:
        """From now on it is this original's, for certain. A message that it was taken for a copy of has none again."""
        before = self._settled.get(copy.message_id)
        wrong = None if before is None else self._originals.get(before.copy.message_id)
        if wrong is not None:
            wrong.is_copied = False
        original.is_copied = True
        copied = _copied(original, certain=True)
        self._settled[copy.message_id] = _Settled(copied, gone_first)
        return _as_theirs(copy, copied, original)


def _is_beside(posted: _Posted, original: _Original) -> bool:
    """Was the original deleted within seconds of what was posted?"""
    return original.gone_at is not None and abs(posted.at - original.gone_at) <= SECONDS_APART


def _closest(could_be: list[_Original]) -> _Original | None:
    """The one with the fewest tags around the words, then the newest."""
    return max(could_be, key=lambda each: (-len(each.seen.text), each.seen.message_id), default=None)


def _copied(original: _Original, *, certain: bool) -> CopiedMessage:
    return CopiedMessage(message_id=original.seen.message_id, member_id=original.seen.author_id, certain=certain)


def _as_theirs(seen: MessageSeen, copy: CopiedMessage, original: _Original | None) -> MessageSeen:
    """The copy as the member's. What else is known of them is as old as their message, and left out after it."""
    theirs = replace(by_member(seen, copy.member_id), copy=copy)
    return theirs if original is None else _with_facts(theirs, original)


def _as_likely(seen: MessageSeen, original: _Original) -> MessageSeen:
    """The webhook's message, which is judged as the member's would be: their roles may be exempt."""
    likely = replace(seen, copy=_copied(original, certain=False), author_is_bot=False)
    return _with_facts(likely, original)


def _with_facts(seen: MessageSeen, original: _Original) -> MessageSeen:
    return replace(
        seen,
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


def could_be_copy(copy: MessageSeen, original: MessageSeen) -> bool:
    """Does the copy have the words and the files of the original, and nothing else?"""
    if original.message_id > copy.message_id or not _brings_only_what_was_there(copy, original):
        return False
    words, whole = copy.text.strip(), original.text.strip()
    if words:
        return words == whole or _is_tagged(whole, words)
    return bool(copy.files or _reposted(copy.parts)) and (not whole or _is_tag(whole, whole[-1]))


def _brings_only_what_was_there(copy: MessageSeen, original: MessageSeen) -> bool:
    files, parts = Counter(_alike(copy.files)), Counter(_reposted(copy.parts))
    return files <= Counter(_alike(original.files)) and parts <= Counter(_reposted(original.parts))


def _alike(files: Iterable[AttachedFile]) -> list[tuple[str, int]]:
    """Discord changes spaces and signs in the name of a file that is posted again."""
    return [(re.sub(r"\W+", "_", file.name).casefold(), file.size) for file in files]


def _reposted(parts: Iterable[Part]) -> list[str]:
    return [part.text for part in parts if part.kind in _REPOSTED]


def _is_tagged(whole: str, words: str) -> bool:
    """Is all that is around the words, wherever they begin, a proxy's tags?"""
    starts = range(min(LONGEST_TAGS, len(whole) - len(words)) + 1)
    return any(
        whole.startswith(words, start) and _are_tags(whole[:start], whole[start + len(words) :], words)
        for start in starts
    )


def _are_tags(before: str, after: str, words: str) -> bool:
    if _in_one_word(before[-1:], words[0]) or _in_one_word(words[-1], after[:1]) or before.startswith(_QUOTE):
        return False
    before, after = before.strip(), after.strip()
    size = len(before) + len(after)
    if (not before or _is_tag(before, before[-1])) and (not after or _is_tag(after, after[0])):
        return size <= max(USUAL_TAGS, min(LONGEST_TAGS, 2 * len(words)))
    is_short = len(before.split()) <= 1 and len(after.split()) <= 1
    return is_short and size <= min(USUAL_TAGS, len(words) // 2)


def _in_one_word(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum()


def _is_tag(text: str, beside: str) -> bool:
    """Does this read as a tag, with `beside` as its sign next to the words?"""
    is_sign = not beside.isalnum() and beside not in _OF_SENTENCES
    return is_sign and len(text.split()) <= TAG_WORDS and len(text) <= LONGEST_TAGS


class Attribution:
    """Names the member whose words a message is, from what is in memory or, after a restart, from its case."""

    def __init__(self, *, cases: MessageCases, now: Callable[[], datetime], clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self.proxied = ProxiedMessages(clock)
        self._cases = cases
        self._now = now

    async def of(self, seen: MessageSeen) -> MessageSeen:
        """The message as the member's whose words it is. Asked again, the answer is the same, or more certain."""
        seen = self._with_answered(self.proxied.attributed(seen))
        if not seen.by_webhook or seen.copy is not None or self._is_new(seen):
            return seen
        case = await self._cases.latest_for_message(seen.guild_id, seen.message_id)
        return seen if case is None or case.kind in _NO_MESSAGE else await self._of_case(seen, case)

    async def _of_case(self, seen: MessageSeen, case: Case) -> MessageSeen:
        """The message as its case has it, where a copy may be a further message."""
        author_id, copy = case.evidence.author_id, case.evidence.copy
        if case.evidence.message_id != seen.message_id:
            further_author = await self._cases.further_author(seen.guild_id, seen.message_id)
            author_id, copy = further_author or seen.author_id, None
        if author_id == seen.author_id:
            return replace(seen, copy=copy)
        return replace(by_member(seen, author_id), copy=copy)

    def _is_new(self, seen: MessageSeen) -> bool:
        """Is it so new that nobody but this process can know whose it is? The database is not asked then."""
        return not seen.edit and self._now() - seen.posted_at < timedelta(seconds=SECONDS)

    def _with_answered(self, seen: MessageSeen) -> MessageSeen:
        """The same for the message that it answers."""
        if seen.answers is None:
            return seen
        author_id = self.proxied.author_of(seen.guild_id, seen.answers.message_id)
        return seen if author_id is None else replace(seen, answers=replace(seen.answers, author_id=author_id))
