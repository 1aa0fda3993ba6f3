"""Caches database answers that are needed for every message, for a short time.

Changes by this process invalidate the cache at once, so they apply from the next message on. Changes by another process
invalidate it when the database reports them (`bot.storage.database.membership`), or within `SECONDS` if it doesn't.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from cachetools import TLRUCache

from bot.moderation.servers.options import Options, OptionsT, OptionStore
from bot.moderation.servers.server import ServerSettings, ServerStore

SECONDS = 2.0
KEPT = 10_000  #: most answers kept, least recently used ones go first

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class AnswerCache(Generic[K, V]):
    """Caches answers by key, each for some seconds."""

    def __init__(self, clock: Callable[[], float], *, seconds: float = SECONDS, kept: int = KEPT) -> None:
        self._clock = clock
        self._kept: TLRUCache[K, tuple[float, V]] = TLRUCache(
            maxsize=kept, ttu=lambda _key, kept, _now: kept[0] + seconds, timer=clock
        )
        self._asking: dict[K, asyncio.Future[V]] = {}

    async def get(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """The cached answer, or a new one. Simultaneous callers share one query. The answer to a query from before a
        change isn't cached."""
        found = self._kept.get(key)
        if found is not None:
            return found[1]
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.ensure_future(self._ask(key, ask))
        return await asyncio.shield(asking)

    def forget(self, key: K) -> None:
        """Invalidate this key: its value is being changed, or was."""
        self._asking.pop(key, None)
        self._kept.pop(key, None)

    def forget_all(self) -> None:
        """Drop the whole cache."""
        self._asking.clear()
        self._kept.clear()

    async def _ask(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        own, asked_at = asyncio.current_task(), self._clock()
        try:
            answer = await ask()
            if self._asking.get(key) is own:
                self._kept[key] = (asked_at, answer)
            return answer
        finally:
            if self._asking.get(key) is own:
                del self._asking[key]


class CachedServers:
    """A `bot.moderation.servers.server.ServerStore` that caches the settings of servers."""

    def __init__(self, store: ServerStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._remembered: AnswerCache[int, ServerSettings | None] = AnswerCache(clock)

    def changed(self, guild_id: int) -> None:
        """Another process changed something in this server: drop its cache."""
        self._remembered.forget(guild_id)

    def forget_all(self) -> None:
        """Drop the whole cache."""
        self._remembered.forget_all()

    async def get(self, guild_id: int) -> ServerSettings | None:
        """The server's settings; None before its first ``/setup``."""
        return await self._remembered.get(guild_id, lambda: self._store.get(guild_id))

    async def all(self) -> tuple[ServerSettings, ...]:
        """The settings of every server that was set up."""
        return await self._store.all()

    async def save(self, settings: ServerSettings, *, actor_id: int) -> None:
        """Keep the settings."""
        await self._store.save(settings, actor_id=actor_id)
        self._remembered.forget(settings.guild_id)

    async def tell_once(self, guild_id: int) -> bool:
        """Set `card_trouble_told`. True for the one caller that set it; that one tells an admin."""
        told = await self._store.tell_once(guild_id)
        self._remembered.forget(guild_id)
        return told

    async def trouble_over(self, guild_id: int) -> None:
        """Cards can be posted again: clear `card_trouble_told`."""
        await self._store.trouble_over(guild_id)
        self._remembered.forget(guild_id)


class CachedOptions:
    """A `bot.moderation.servers.options.OptionStore` with a cache."""

    def __init__(self, store: OptionStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._remembered: AnswerCache[tuple[int, type[Options]], Options] = AnswerCache(clock)
        self._kinds: set[type[Options]] = set()
        self._subscribers: list[Callable[[int], None]] = []

    def changed(self, guild_id: int) -> None:
        """Another process changed something in this server: drop its cache."""
        for kind in self._kinds:
            self._remembered.forget((guild_id, kind))

    def forget_all(self) -> None:
        """Drop the whole cache."""
        self._remembered.forget_all()

    async def get(self, guild_id: int, kind: type[OptionsT]) -> OptionsT:
        """What is set; the defaults if nothing is."""
        self._kinds.add(kind)
        found = await self._remembered.get((guild_id, kind), lambda: self._store.get(guild_id, kind))
        return found if isinstance(found, kind) else kind()

    async def save(self, guild_id: int, options: Options, *, actor_id: int) -> None:
        """Store it."""
        await self._store.save(guild_id, options, actor_id=actor_id)
        self._remembered.forget((guild_id, type(options)))
        for tell in self._subscribers:
            tell(guild_id)

    def subscribe(self, tell: Callable[[int], None]) -> None:
        """Call `tell` with the id of each server whose options this process changes."""
        self._subscribers.append(tell)
