"""What a database keeps besides its rows goes in time."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher, new_key
from bot.moderation.lookups.search import CaseQuery
from bot.moderation.servers.retention import Retention
from bot.moderation.servers.server import ServerSettings
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.database.engine import create_engine
from bot.storage.lookups.search import SqlCaseSearch
from bot.storage.privacy.leftovers import SqlLeftovers
from bot.storage.servers.servers import SqlServerStore
from bot.storage.tables.cases import cases, metadata
from bot.storage.tables.lookups import case_queries
from tests.bot.storage.rows import NOON, opened_case

CIPHER = Cipher((new_key().encode(),))
LATER = NOON + timedelta(days=31)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An empty database in a file."""
    engine = create_engine(f"sqlite:///{tmp_path / 'by[law].sqlite3'}")
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield engine
    await engine.dispose()


def leftovers(engine: AsyncEngine) -> SqlLeftovers:
    """What removes them."""
    return SqlLeftovers(engine, copies_for=timedelta(days=30))


def files_with(token: bytes, folder: Path) -> list[str]:
    """The files that hold these bytes."""
    return [path.name for path in folder.iterdir() if token in path.read_bytes()]


def copy(folder: Path, name: str, *, made: datetime) -> Path:
    """A file of this age."""
    path = folder / name
    path.touch()
    os.utime(path, (made.timestamp(), made.timestamp()))
    return path


async def test_copies_of_before_upgrades_expire(engine: AsyncEngine, tmp_path: Path) -> None:
    """Whole ones and unfinished ones; what an operator or another program made stays, and so do younger ones."""
    long_ago, lately = LATER - timedelta(days=30, minutes=1), LATER - timedelta(days=29)
    gone = [copy(tmp_path, f"by[law].sqlite3.before-{name}", made=long_ago) for name in ("0008", "0009.unfinished")]
    kept = [
        copy(tmp_path, "by[law].sqlite3.before-0010", made=lately),
        copy(tmp_path, "backup.sqlite3", made=long_ago),
        copy(tmp_path, "byl.sqlite3.before-0008", made=long_ago),
    ]
    await leftovers(engine).remove(at=LATER)
    assert [path.exists() for path in (*gone, *kept)] == [False, False, True, True, True]


async def test_old_searches_go_without_another_search(engine: AsyncEngine) -> None:
    """In every server; the last one would stay forever otherwise."""
    time = [NOON]
    searches = SqlCaseSearch(engine, now=lambda: time[0], cipher=CIPHER)
    await searches.keep(1, CaseQuery(member_id=7))
    time[0] += timedelta(days=3)
    await searches.keep(2, CaseQuery(member_id=7))
    await leftovers(engine).remove(at=NOON + timedelta(days=8))
    async with engine.connect() as connection:
        assert list((await connection.execute(select(case_queries.c.guild_id))).scalars()) == [2]


async def test_after_the_retention_time_nothing_readable_is_left_in_the_files(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    """Not even an encrypted text, neither in the database's own file nor in its log."""
    servers = SqlServerStore(engine, now=lambda: NOON)
    await servers.save(
        ServerSettings(guild_id=1, review_channel_id=50, reviewer_role_id=None, retention_days=30), actor_id=7
    )
    await opened_case(engine, CIPHER)
    async with engine.connect() as connection:
        (token,) = (await connection.execute(select(cases.c.text_encrypted))).scalars()
    assert files_with(token, tmp_path)
    store = SqlCaseStore(engine, now=lambda: LATER, cipher=CIPHER)
    retention = Retention(texts=(store,), servers=servers, now=lambda: LATER, leftovers=leftovers(engine))
    assert await retention.purge() == 1
    assert files_with(token, tmp_path) == []


async def test_a_database_in_memory_leaves_nothing() -> None:
    """There are no files."""
    engine = create_engine("sqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await leftovers(engine).remove(at=datetime.now(UTC))
    await engine.dispose()
