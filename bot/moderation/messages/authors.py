"""What Discord leaves out of messages that are read from history: the roles of their authors, and when they joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from cachetools import TTLCache

from bot.moderation.messages.message_seen import MessageSeen
from guild_policies.scope import Scope

REMEMBERED_SECONDS = 60.0
REMEMBERED = 2_000  #: authors


class AuthorsUnavailable(Exception):
    """Discord did not answer who somebody is. Asking later may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFacts:
    """A member, as far as scopes and automatic actions ask."""

    role_ids: frozenset[int]
    joined_at: datetime | None
    is_staff: bool  #: may moderate here


class MemberSource(Protocol):
    """Looks members up."""

    async def member(self, guild_id: int, member_id: int) -> MemberFacts | None:
        """The member; None for somebody who left. Raises `AuthorsUnavailable`."""


class Authors:
    """Completes messages. Who was looked up is remembered for a minute, so that a long history asks once a member."""

    def __init__(self, source: MemberSource, clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self._source = source
        self._known: TTLCache[tuple[int, int], MemberFacts | None] = TTLCache(
            maxsize=REMEMBERED, ttl=REMEMBERED_SECONDS, timer=clock
        )

    async def for_scopes(self, seen: MessageSeen, scopes: Iterable[Scope], *, has_waited: bool = False) -> MessageSeen:
        """The message with its author, where one of these scopes asks who that is. Raises `AuthorsUnavailable`.

        Args:
            has_waited: their roles may be others than when the message came in.
        """
        asks = any(scope.exempt_roles or scope.newcomer_days is not None for scope in scopes)
        if not asks:
            return seen
        return await self._as_now(seen) if has_waited else await self.complete(seen)

    async def before_acting(self, seen: MessageSeen) -> MessageSeen:
        """The message with its author as they are now: nothing is done by itself to somebody who is exempt by now.
        Where Discord does not say, as they were when it came in. Raises `AuthorsUnavailable` where that is unknown."""
        try:
            return await self._as_now(seen)
        except AuthorsUnavailable:
            if seen.author_is_staff is None:
                raise
            return seen

    async def complete(self, seen: MessageSeen) -> MessageSeen:
        """The message with what is known of its author; as it is where Discord said that, or the author left.
        Raises `AuthorsUnavailable`."""
        if seen.author_is_bot or seen.author_is_staff is not None:
            return seen
        key = (seen.guild_id, seen.whose)
        return _with(seen, self._known[key]) if key in self._known else await self._as_now(seen)

    async def _as_now(self, seen: MessageSeen) -> MessageSeen:
        if seen.author_is_bot:
            return seen
        key = (seen.guild_id, seen.whose)
        facts = self._known[key] = await self._source.member(*key)
        return _with(seen, facts)


def _with(seen: MessageSeen, facts: MemberFacts | None) -> MessageSeen:
    if facts is None:
        return seen
    return replace(
        seen,
        author_role_ids=facts.role_ids,
        author_joined_at=facts.joined_at,
        author_is_staff=facts.is_staff,
    )


class NoMembers:
    """A `MemberSource` that knows nobody: for tests without Discord."""

    async def member(self, guild_id: int, member_id: int) -> MemberFacts | None:
        """Nobody."""
        del guild_id, member_id
        return None
