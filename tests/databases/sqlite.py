"""Copies of a SQLite database that was migrated once."""

from __future__ import annotations

from pathlib import Path

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncEngine


async def copy_into(engine: AsyncEngine, file: Path) -> None:
    """Put all that a database file holds into the empty database of `engine`, which may be in memory."""
    async with engine.connect() as connection, aiosqlite.connect(file) as source:
        target = (await connection.get_raw_connection()).driver_connection
        assert isinstance(target, aiosqlite.Connection)
        await source.backup(target)
