"""The language of Bylaw's texts: a server's for its channels, a member's own for what only they read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from cachetools import LRUCache

from bot.languages.language import Language, known_language, language_of
from bot.moderation.servers.cache import AnswerCache
from bot.moderation.servers.options import LanguageOptions, OptionStore
from bot.moderation.servers.retention import PURGED_AT_A_TIME

NOTED_EVERY = timedelta(days=1)  #: how often the same language of a member is stored again
_KEPT = 10_000  #: members remembered as stored recently


class MemberLanguageStore(Protocol):
    """Stores the language that each member of a server last used in Discord."""

    async def get(self, guild_id: int, member_id: int) -> Language | None:
        """The member's language; None if unknown."""

    async def note(self, guild_id: int, member_id: int, language: Language) -> None:
        """Store it, with the current time."""

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete up to `limit` members last seen before this time. Returns how many."""


class InterfaceLanguages:
    """Looks up languages, and remembers those of members."""

    def __init__(
        self,
        *,
        options: OptionStore,
        members: MemberLanguageStore,
        preferred: Callable[[int], str],
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        """Nothing is read yet.

        Args:
            preferred: the locale that a server has set in Discord; empty if it is not known.
        """
        self._options = options
        self._members = members
        self._preferred = preferred
        self._now = now
        self._chosen: AnswerCache[int, LanguageOptions] = AnswerCache(clock)
        self._noted: LRUCache[tuple[int, int], tuple[Language, datetime]] = LRUCache(maxsize=_KEPT)

    async def of_server(self, guild_id: int) -> Language:
        """The language of cards, reports and everything else that a server's moderators share."""
        options = await self._chosen.get(guild_id, lambda: self._options.get(guild_id, LanguageOptions))
        return known_language(options.language) or self.of_discord(guild_id)

    def of_discord(self, guild_id: int) -> Language:
        """The language that the server has set in Discord, used if it chose none in Bylaw."""
        return language_of(self._preferred(guild_id))

    def changed(self, guild_id: int) -> None:
        """Drop the cached language of a server."""
        self._chosen.forget(guild_id)

    async def of_member(self, guild_id: int, member_id: int) -> Language:
        """The language of a direct message: the member's last known one, or the server's."""
        return await self._members.get(guild_id, member_id) or await self.of_server(guild_id)

    async def saw(self, guild_id: int, member_id: int, language: Language) -> None:
        """Record that a member used Bylaw in this language."""
        key, now = (guild_id, member_id), self._now()
        before = self._noted.get(key)
        if before is None or before[0] is not language or now - before[1] >= NOTED_EVERY:
            await self._members.note(guild_id, member_id, language)
            self._noted[key] = (language, now)
