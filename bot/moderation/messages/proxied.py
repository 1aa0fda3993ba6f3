"""Copies that a proxy such as PluralKit posts: it deletes a member's message and posts the words again by a webhook.

The copy is what others see, and the words are still the member's. What members posted is remembered in memory for some
minutes, so that a copy in the same channel is taken for theirs. Marks that tell a proxy whose words these are, such as
``L: hello`` or ``[hello]``, may be missing in the copy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cachetools import TTLCache

from bot.moderation.messages.message_seen import MessageSeen

SECONDS = 300.0  #: between a message and its copy, at most
KEPT = 2_000  #: messages of all channels
LONGEST_MARKS = 200  #: characters around the words of a message that was deleted
USUAL_MARKS = 8  #: and of one that is still there, such as those of ``L: hello``


@dataclass(slots=True)
class _Original:
    """What a member posted, and whether it is deleted by now."""

    seen: MessageSeen
    gone: bool = False


class ProxiedMessages:
    """Knows whose words a webhook posts."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self._originals: TTLCache[int, _Original] = TTLCache(maxsize=KEPT, ttl=SECONDS, timer=clock)
        self._copies: TTLCache[int, _Original] = TTLCache(maxsize=KEPT, ttl=SECONDS, timer=clock)
        self._of_webhooks: TTLCache[int, MessageSeen] = TTLCache(maxsize=KEPT, ttl=SECONDS, timer=clock)

    def keep(self, seen: MessageSeen) -> None:
        """Remember what a member posted or edited."""
        if not (seen.author_is_bot or seen.is_system or seen.copy_of or seen.is_empty):
            self._originals[seen.message_id] = _Original(seen)

    def gone(self, message_ids: frozenset[int]) -> tuple[MessageSeen, ...]:
        """These messages were deleted. What webhooks posted and turns out to be a copy of one of them comes back:
        proxies post first and delete afterwards."""
        for message_id in message_ids & self._originals.keys():
            self._originals[message_id].gone = True
        for message_id in message_ids & self._of_webhooks.keys():
            del self._of_webhooks[message_id]
        if not message_ids & self._originals.keys():
            return ()
        return tuple(seen for seen in list(self._of_webhooks.values()) if self._original_of(seen) is not None)

    def attributed(self, seen: MessageSeen) -> MessageSeen:
        """The message as the member's whose words it copies; as it is where it is no copy."""
        if not seen.by_webhook:
            return seen
        found = self._copies.get(seen.message_id) or self._original_of(seen)
        if found is None:
            self._of_webhooks[seen.message_id] = seen
            return seen
        self._of_webhooks.pop(seen.message_id, None)
        self._copies[seen.message_id] = found
        original = found.seen
        return replace(
            seen,
            copy_of=original.message_id,
            original_gone=found.gone,
            author_is_bot=False,
            author_id=original.author_id,
            author_role_ids=original.author_role_ids,
            author_joined_at=original.author_joined_at,
            author_created_at=original.author_created_at,
            author_is_staff=original.author_is_staff,
            author_is_owner=original.author_is_owner,
        )

    def _original_of(self, copy: MessageSeen) -> _Original | None:
        """The message of the same channel with these words: a deleted one first, then the one with the fewest marks
        around them, then the newest."""
        known = [each for each in self._originals.values() if each.seen.channel_id == copy.channel_id]
        same = [each for each in known if _same_words(copy, each)]
        return max(same, key=lambda each: (each.gone, -len(each.seen.text), each.seen.message_id), default=None)


def _same_words(copy: MessageSeen, original: _Original) -> bool:
    """Are the copy's words those of the original, except for marks around them? Words that are a part of a message
    that is still there are a coincidence, or a quote."""
    words, whole = copy.text.strip(), original.seen.text.strip()
    if not words or words not in whole or original.seen.message_id > copy.message_id:
        return False
    marks = len(whole) - len(words)
    return marks <= (LONGEST_MARKS if original.gone else min(USUAL_MARKS, len(words)))
