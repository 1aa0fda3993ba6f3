"""Clear verdicts go after the server's retention time, and not before anybody could need them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.messages.watermarks import id_at
from bot.moderation.servers.retention import VERDICTS_KEPT, Retention
from bot.moderation.servers.server import ServerSettings
from bot.storage.database.engine import create_engine, reading, writing
from bot.storage.lookups.clear_verdicts import SqlOldVerdicts
from bot.storage.servers.servers import SqlServerStore
from bot.storage.tables.cases import clear_verdicts

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HERE, OTHER = 1, 2


@pytest.fixture(params=["sqlite", "postgresql"])
async def engine(request: pytest.FixtureRequest, sqlite_address: str) -> AsyncIterator[AsyncEngine]:
    """A database with all tables."""
    postgres = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    async with postgres.migrated() if postgres else nullcontext(sqlite_address) as address:
        made = create_engine(address)
        yield made
        await made.dispose()


async def fill(engine: AsyncEngine, *days_ago: tuple[int, int], guild_id: int = HERE, title: bool = False) -> None:
    """Verdicts about messages: how long ago each was posted, and judged."""
    rows = [
        {
            "guild_id": guild_id,
            "message_id": id_at(NOW - timedelta(days=posted)) * (-1 if title else 1),
            "edit": 0,
            "version_id": 1,
            "channel_id": 5,
            "score": 0.1,
            "method": "reasoned",
            "judge": "x",
            "judged_at": NOW - timedelta(days=judged),
        }
        for posted, judged in days_ago
    ]
    async with writing(engine) as connection:
        await connection.execute(insert(clear_verdicts), rows)


async def left(engine: AsyncEngine) -> list[tuple[int, int]]:
    """The server of each verdict, and how many days ago it was given."""
    async with reading(engine) as connection:
        rows = (await connection.execute(select(clear_verdicts.c.guild_id, clear_verdicts.c.judged_at))).all()
    return sorted((guild_id, (NOW - at).days) for guild_id, at in rows)


async def test_old_ones_go_in_batches(engine: AsyncEngine) -> None:
    """Those of other servers stay, and of old messages those that were judged lately, as after an edit."""
    await fill(engine, (40, 40), (41, 41), (42, 42), (50, 3), (29, 29))
    await fill(engine, (60, 60), guild_id=OTHER)
    await fill(engine, (45, 45), (46, 2), title=True)
    store, before = SqlOldVerdicts(engine), NOW - timedelta(days=30)
    assert [await store.forget(HERE, before=before, limit=3) for _ in range(3)] == [3, 1, 0]
    assert await left(engine) == [(HERE, 2), (HERE, 3), (HERE, 29), (OTHER, 60)]


@pytest.mark.parametrize(("retention", "kept"), [(30, [1, 13, 20]), (1, [1, 13])])
async def test_the_server_says_how_long(engine: AsyncEngine, retention: int, kept: list[int]) -> None:
    """Two weeks at least: the weekly sample is drawn from them."""
    servers = SqlServerStore(engine, now=lambda: NOW)
    settings = ServerSettings(guild_id=HERE, review_channel_id=5, reviewer_role_id=None, retention_days=retention)
    await servers.save(settings, actor_id=7)
    await fill(engine, *((days, days) for days in (1, 13, 20, 31)))
    await Retention(texts=(), servers=servers, now=lambda: NOW, verdicts=SqlOldVerdicts(engine)).purge()
    assert await left(engine) == [(HERE, days) for days in kept]
    assert timedelta(days=13) < VERDICTS_KEPT < timedelta(days=20)
