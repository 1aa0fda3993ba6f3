"""Attributes proxied messages to members. A proxy such as PluralKit deletes a member's message and posts its words by a
webhook.

Others see the copy, but the words are still the member's: actions about it are against them, and they may not decide
about it. So every message that is judged, reported or shown goes through `Attribution`.

What members and webhooks posted is kept in memory for some minutes. A webhook's message that could be a copy of a
member's in the same channel is only certain to be theirs if the original was deleted within seconds of it, as proxies
do; each message has one copy. Until then the webhook is the author, and the member whose words it repeats is named as
well. Certain copies are remembered longer, as ids. Tags that tell a proxy who is writing, such as ``L: hello``,
``-hello-``, ``[hello]`` or ``hello -l``, are missing in the copy.
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

SECONDS = 300.0  #: longest time between a message and its copy
SECONDS_APART = 10.0  #: longest time between the copy and the deletion of the message, in either order
SERVERS = 1_000  #: servers that are remembered: those with the latest posts
KEPT = 200  #: messages of members, and of webhooks, per server
COPIES_KEPT = 2_000  #: ids of copies per server

LONGEST_TAGS = 16  #: characters before and after the words, in total
USUAL_TAGS = 8  #: around short words. Tags without punctuation: at most this long, and half as long as the words
TAG_WORDS = 2  #: in a tag such as ``Luna says:``

_OF_SENTENCES = frozenset(",.;!?…")  #: these separate clauses and aren't tags
_QUOTE = ">"
#: Proxies post these again. Embeds are theirs or Discord's, and what a file says is compared by the file.
_REPOSTED = frozenset({PartKind.POLL, PartKind.STICKER})
#: Titles: their ids aren't those of messages.
_NO_MESSAGE = frozenset({CaseKind.AUTOMOD, CaseKind.MANUAL})


@dataclass(slots=True)
class _Original:
    """A member's message, and what happened to it."""

    seen: MessageSeen
    gone_at: float | None = None
    is_copied: bool = False  #: it has a certain copy, so there is no other one


@dataclass(slots=True)
class _Posted:
    """A webhook's message, when it was first seen, and whether it was deleted."""

    seen: MessageSeen
    at: float
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class _Settled:
    """A certain copy. Holds no words."""

    copy: CopiedMessage
    gone_first: bool  #: the message was deleted before the copy came, so the copy might still be another's


class ProxiedMessages:
    """Remembers messages to find out whose words a webhook posts. Each server has its own share of memory."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self._clock = clock
        self._servers: LRUCache[int, _OneServer] = LRUCache(maxsize=SERVERS)

    def keep(self, seen: MessageSeen) -> None:
        """Remember what a member posted or edited."""
        self._of(seen.guild_id).keep(seen)

    def gone(self, guild_id: int, message_ids: frozenset[int]) -> tuple[MessageSeen, ...]:
        """These messages were deleted. Returns webhooks' messages that turn out to be copies of them, attributed to
        their members: proxies post first and delete afterwards."""
        return self._of(guild_id).gone(message_ids)

    def author_of(self, guild_id: int, message_id: int) -> int | None:
        """The member whose words this copy has. None if it isn't a certain copy."""
        return self._of(guild_id).author_of(message_id)

    def is_gone(self, copy: MessageSeen) -> bool:
        """Was this webhook's message deleted, too?"""
        return self._of(copy.guild_id).is_gone(copy.message_id)

    def forget_member(self, member_id: int) -> None:
        """A member had their words erased: drop those in memory."""
        for server in list(self._servers.values()):
            server.forget_member(member_id)

    def attributed(self, seen: MessageSeen) -> MessageSeen:
        """The message attributed to the member whose copy it is; if that isn't certain, unchanged except for the
        message whose words it repeats."""
        if not seen.by_webhook or (seen.copy is not None and seen.copy.certain):
            return seen
        return self._of(seen.guild_id).attributed(seen)

    def _of(self, guild_id: int) -> _OneServer:
        if guild_id not in self._servers:
            self._servers[guild_id] = _OneServer(self._clock)
        return self._servers[guild_id]


class _OneServer:
    """`ProxiedMessages` for one server."""

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
            posted.is_gone = True  # perhaps by Bylaw, before the proxy deletes the original
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
        """The messages in its channel that it could be a copy of, and that have no copy yet."""
        copy = posted.seen
        known = [each for each in self._originals.values() if each.seen.channel_id == copy.channel_id]
        return [each for each in known if not each.is_copied and could_be_copy(copy, each.seen)]

    def _copy_of(self, original: _Original, now: float) -> _Posted | None:
        """The copy that this original was deleted for: the first unassigned one, or one that was assigned to an older
        message deleted before it."""
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
        """Assign the copy to this original for certain. A message that it was assigned to before has no copy again."""
        before = self._settled.get(copy.message_id)
        wrong = None if before is None else self._originals.get(before.copy.message_id)
        if wrong is not None:
            wrong.is_copied = False
        original.is_copied = True
        copied = _copied(original, certain=True)
        self._settled[copy.message_id] = _Settled(copied, gone_first)
        return _as_theirs(copy, copied, original)


def _is_beside(posted: _Posted, original: _Original) -> bool:
    """Was the original deleted within seconds of the webhook's message?"""
    return original.gone_at is not None and abs(posted.at - original.gone_at) <= SECONDS_APART


def _closest(could_be: list[_Original]) -> _Original | None:
    """The one with the fewest tags around the words, then the newest."""
    return max(could_be, key=lambda each: (-len(each.seen.text), each.seen.message_id), default=None)


def _copied(original: _Original, *, certain: bool) -> CopiedMessage:
    return CopiedMessage(message_id=original.seen.message_id, member_id=original.seen.author_id, certain=certain)


def _as_theirs(seen: MessageSeen, copy: CopiedMessage, original: _Original | None) -> MessageSeen:
    """The copy attributed to the member. Other facts about them are as old as their message, so they are left out."""
    theirs = replace(by_member(seen, copy.member_id), copy=copy)
    return theirs if original is None else _with_facts(theirs, original)


def _as_likely(seen: MessageSeen, original: _Original) -> MessageSeen:
    """The webhook's message, judged as the member's would be, because their roles may be exempt."""
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
    """A webhook's message attributed to this member, with no other facts about them."""
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
    """Do the names match? Discord changes spaces and punctuation in the name of a file that is posted again."""
    return [(re.sub(r"\W+", "_", file.name).casefold(), file.size) for file in files]


def _reposted(parts: Iterable[Part]) -> list[str]:
    return [part.text for part in parts if part.kind in _REPOSTED]


def _is_tagged(whole: str, words: str) -> bool:
    """Is everything around the words, wherever they begin, a proxy's tags?"""
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
    """Finds the member who wrote a message, from memory or, after a restart, from its case."""

    def __init__(self, *, cases: MessageCases, now: Callable[[], datetime], clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self.proxied = ProxiedMessages(clock)
        self._cases = cases
        self._now = now

    async def of(self, seen: MessageSeen) -> MessageSeen:
        """The message attributed to the member who wrote it. Later calls return the same, or a more certain, answer."""
        seen = self._with_answered(self.proxied.attributed(seen))
        if not seen.by_webhook or seen.copy is not None or self._is_new(seen):
            return seen
        case = await self._cases.latest_for_message(seen.guild_id, seen.message_id)
        return seen if case is None or case.kind in _NO_MESSAGE else await self._of_case(seen, case)

    async def _of_case(self, seen: MessageSeen, case: Case) -> MessageSeen:
        """The message as attributed in its case, where a copy may be a further message."""
        author_id, copy = case.evidence.author_id, case.evidence.copy
        if case.evidence.message_id != seen.message_id:
            further_author = await self._cases.further_author(seen.guild_id, seen.message_id)
            author_id, copy = further_author or seen.author_id, None
        if author_id == seen.author_id:
            return replace(seen, copy=copy)
        return replace(by_member(seen, author_id), copy=copy)

    def _is_new(self, seen: MessageSeen) -> bool:
        """Is it so new that only this process can know its author? Then the database isn't asked."""
        return not seen.edit and self._now() - seen.posted_at < timedelta(seconds=SECONDS)

    def _with_answered(self, seen: MessageSeen) -> MessageSeen:
        """Attribute the message that it replies to."""
        if seen.answers is None:
            return seen
        author_id = self.proxied.author_of(seen.guild_id, seen.answers.message_id)
        return seen if author_id is None else replace(seen, answers=replace(seen.answers, author_id=author_id))
