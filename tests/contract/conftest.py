"""Every policy store there is, empty, with a clock and a journal of what it tells."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from guild_policies.store.port import PolicyChange, PolicyStore
from guild_policies.store.sql import SqlPolicyStore
from guild_policies.store.tables import metadata
from tests.fakes.policy_store import MemoryPolicyStore

POSTGRES = "BYLAW_TEST_POSTGRES_URL"


class _Clock:
    """A minute passes each time somebody looks."""

    def __init__(self) -> None:
        self._time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._time += timedelta(minutes=1)
        return self._time


@pytest.fixture
def journal() -> list[PolicyChange]:
    """What the store under test tells of."""
    return []


@pytest.fixture
def journal_is_full() -> Event:
    """Once set, telling fails."""
    return Event()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(
    request: pytest.FixtureRequest, journal: list[PolicyChange], journal_is_full: Event, tmp_path: Path
) -> AsyncIterator[PolicyStore]:
    """Each store in turn, empty."""

    def record(change: PolicyChange) -> None:
        if journal_is_full.is_set():
            raise RuntimeError("the journal is full")
        journal.append(change)

    async def record_in(connection: AsyncConnection, change: PolicyChange) -> None:
        assert connection.in_transaction()
        record(change)

    if request.param == "memory":
        yield MemoryPolicyStore(now=_Clock(), record=record)
        return
    engine = create_async_engine(_address_of(request.param, tmp_path))
    async with engine.begin() as connection:
        if request.param == "postgresql":
            await connection.execute(text("DROP SCHEMA public CASCADE"))
            await connection.execute(text("CREATE SCHEMA public"))
        await connection.run_sync(metadata.create_all)
    yield SqlPolicyStore(engine, now=_Clock(), record=record_in)
    await engine.dispose()


def _address_of(kind: str, folder: Path) -> URL:
    """Where the database is; a test is skipped where there is none."""
    if kind == "sqlite":
        return make_url(f"sqlite+aiosqlite:///{folder / 'policies.db'}")
    if POSTGRES not in os.environ:
        pytest.skip(f"no PostgreSQL to test with: set {POSTGRES} to a database that may be emptied")
    return make_url(os.environ[POSTGRES]).set(drivername="postgresql+asyncpg")
