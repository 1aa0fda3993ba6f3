"""A database in a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.database.engine import create_engine


@pytest.fixture
async def file_engine(sqlite_address: str) -> AsyncIterator[AsyncEngine]:
    """A fresh database in a file, with all tables."""
    engine = create_engine(sqlite_address)
    yield engine
    await engine.dispose()
