"""Every policy store there is, empty, with a clock and a journal of what it tells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.storage.database.engine import database_url
from guild_policies.store.port import PolicyChange, PolicyStore
from guild_policies.store.sql import SqlPolicyStore
from tests.fakes.policy_store import MemoryPolicyStore


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
    request: pytest.FixtureRequest, journal: list[PolicyChange], journal_is_full: Event, sqlite_address: str
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
    postgres = request.param == "postgresql" and request.getfixturevalue("postgres")
    async with postgres.migrated() if postgres else nullcontext(sqlite_address) as address:
        engine = create_async_engine(database_url(address))
        yield SqlPolicyStore(engine, now=_Clock(), record=record_in)
        await engine.dispose()
