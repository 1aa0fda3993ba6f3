"""Adds what Discord leaves out of messages read from history: the authors' roles, and when they joined."""

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
    """Discord didn't answer a query about a member. Trying later may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFacts:
    """The facts about a member that scopes and automatic actions need."""

    role_ids: frozenset[int]
    joined_at: datetime | None
    is_staff: bool  #: may moderate here


class MemberSource(Protocol):
    """Looks members up."""

    async def member(self, guild_id: int, member_id: int) -> MemberFacts | None:
        """The member; None if they left. Raises `AuthorsUnavailable`."""


class Authors:
    """Completes messages. Members are cached for a minute, so that a long history needs one query per member."""

    def __init__(self, source: MemberSource, clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self._source = source
        self._known: TTLCache[tuple[int, int], MemberFacts | None] = TTLCache(
            maxsize=REMEMBERED, ttl=REMEMBERED_SECONDS, timer=clock
        )

    async def for_scopes(self, seen: MessageSeen, scopes: Iterable[Scope], *, has_waited: bool = False) -> MessageSeen:
        """The message with its author, if one of these scopes depends on the author. Raises `AuthorsUnavailable`.

        Args:
            has_waited: their roles may have changed since the message arrived.
        """
        asks = any(scope.exempt_roles or scope.newcomer_days is not None for scope in scopes)
        if not asks:
            return seen
        return await self._as_now(seen) if has_waited else await self.complete(seen)

    async def before_acting(self, seen: MessageSeen) -> MessageSeen:
        """The message with its author's current facts, because members who have become exempt get no automatic action.
        If Discord doesn't say, uses the facts at arrival. Raises `AuthorsUnavailable` if those are unknown."""
        try:
            return await self._as_now(seen)
        except AuthorsUnavailable:
            if seen.author_is_staff is None:
                raise
            return seen

    async def complete(self, seen: MessageSeen) -> MessageSeen:
        """The message with its author's facts; unchanged if it already has them, or the author left.
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
