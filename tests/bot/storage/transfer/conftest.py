"""Where a server comes from, and where it goes."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.storage.database.engine import create_engine
from tests.bot.storage.transfer.installations import Installation


@asynccontextmanager
async def installation(request: pytest.FixtureRequest, migrated: Path, file: Path) -> AsyncIterator[Installation]:
    """An empty installation over SQLite or PostgreSQL."""
    if getattr(request, "param", "sqlite") == "postgresql":
        async with request.getfixturevalue("postgres").migrated() as address:
            engine = create_engine(address)
            yield Installation(engine=engine)
            await engine.dispose()
        return
    engine = create_engine(f"sqlite:///{shutil.copy(migrated, file)}")
    yield Installation(engine=engine)
    await engine.dispose()


@pytest.fixture
async def old(request: pytest.FixtureRequest, migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Installation]:
    """The installation that has the server; on SQLite unless a test says otherwise."""
    async with installation(request, migrated_sqlite, tmp_path / "old.sqlite3") as found:
        yield found


@pytest.fixture
async def new(request: pytest.FixtureRequest, migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Installation]:
    """Another one, with a key of its own; on SQLite unless a test says otherwise."""
    async with installation(request, migrated_sqlite, tmp_path / "new.sqlite3") as found:
        yield found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the export is written."""
    return tmp_path / "server.bylaw"
