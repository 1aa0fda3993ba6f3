"""Answers are remembered for a moment, and never longer than they hold in this process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bot.moderation.servers.cache import AnswerCache, CachedOptions, CachedServers
from bot.moderation.servers.options import CardOptions, ReadingOptions
from bot.moderation.servers.server import ServerSettings
from tests.fakes.stores_actions import MemoryOptionStore
from tests.fakes.stores_audit import MemoryAuditLog
from tests.fakes.stores_servers import MemoryServerStore

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Source:
    """Answers with how often it was asked, when it is let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self) -> int:
        self.asked += 1
        answer = self.asked
        await self.go.wait()
        return answer


async def test_an_answer_is_remembered_for_some_seconds() -> None:
    """After that it is asked for again; other keys have answers of their own."""
    now, source = [0.0], Source()
    remembered: AnswerCache[str, int] = AnswerCache(lambda: now[0], seconds=2)
    assert [await remembered.get("a", source), await remembered.get("a", source)] == [1, 1]
    assert await remembered.get("b", source) == 2
    now[0] = 2.0
    assert await remembered.get("a", source) == 3


async def test_many_at_once_share_one_question() -> None:
    """Whoever of them is cancelled takes the answer from nobody."""
    source = Source()
    remembered: AnswerCache[str, int] = AnswerCache(lambda: 0.0)
    source.go.clear()
    asking = [asyncio.create_task(remembered.get("a", source)) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    source.go.set()
    assert await asyncio.gather(*asking[1:]) == [1] * 4
    assert source.asked == 1


async def test_an_answer_of_before_a_change_is_not_kept() -> None:
    """Whoever asks after the change gets a new one, even while the old question is under way."""
    source = Source()
    remembered: AnswerCache[str, int] = AnswerCache(lambda: 0.0)
    source.go.clear()
    early = asyncio.create_task(remembered.get("a", source))
    await asyncio.sleep(0)
    remembered.forget("a")
    late = asyncio.create_task(remembered.get("a", source))
    await asyncio.sleep(0)
    source.go.set()
    assert [await early, await late, await remembered.get("a", source)] == [1, 2, 2]


async def test_a_question_that_fails_is_asked_again() -> None:
    """An error is told to whoever asked and remembered by nobody."""

    async def fails() -> int:
        raise OSError("full")

    remembered: AnswerCache[str, int] = AnswerCache(lambda: 0.0)
    with pytest.raises(OSError, match="full"):
        await remembered.get("a", fails)
    assert await remembered.get("a", Source()) == 1


async def test_only_the_answers_used_last_are_kept() -> None:
    """Memory is bounded."""
    source = Source()
    remembered: AnswerCache[int, int] = AnswerCache(lambda: 0.0, kept=2)
    for key in (1, 2, 3):
        await remembered.get(key, source)
    assert [await remembered.get(3, source), await remembered.get(1, source)] == [3, 4]


async def test_what_is_saved_here_counts_at_once() -> None:
    """Settings, the mark that an admin was told, and options; whoever wants to know is told of the latter."""
    audit = MemoryAuditLog()
    store = MemoryServerStore(now=lambda: NOON, audit=audit)
    servers = CachedServers(store, lambda: 0.0)
    assert await servers.get(1) is None
    settings = ServerSettings(guild_id=1, review_channel_id=5, reviewer_role_id=None)
    store._servers[1] = settings  # another process
    assert await servers.get(1) is None
    assert await servers.all() == (settings,)
    assert await servers.tell_once(1)
    told = await servers.get(1)
    assert told is not None
    assert told.card_trouble_told
    await servers.trouble_over(1)
    assert await servers.get(1) == settings
    told_of: list[int] = []
    options = CachedOptions(MemoryOptionStore(now=lambda: NOON, audit=audit), lambda: 0.0)
    options.subscribe(told_of.append)
    assert (await options.get(1, ReadingOptions)).language == ""
    assert await options.get(1, CardOptions) == CardOptions()
    await options.save(1, ReadingOptions(language="German"), actor_id=9)
    assert (await options.get(1, ReadingOptions)).language == "German"
    assert told_of == [1]
    await servers.save(ServerSettings(guild_id=1, review_channel_id=6, reviewer_role_id=None), actor_id=9)
    saved = await servers.get(1)
    assert saved is not None
    assert saved.review_channel_id == 6
