"""PostgreSQL for tests: a server that the run starts for itself, or a database that somebody names."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import asyncpg
from filelock import FileLock
from sqlalchemy import make_url

from bot.storage.database.migrate import upgrade
from bot.storage.tables.cases import metadata
from tests.databases.postgres_server import PostgresServer

URL_VARIABLE = "BYLAW_TEST_POSTGRES_URL"
DROP_EVERYTHING = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


def delete_all_rows() -> str:
    """Statements that empty the tables in place, much quicker than making them again; ids begin at 1 again."""
    return "; ".join(
        (
            "SET session_replication_role = replica",  # neither triggers nor foreign keys stop a superuser
            *(f"DELETE FROM {table.name}" for table in metadata.tables.values()),
            "SELECT setval(sequencename::regclass, start_value, false) FROM pg_sequences WHERE schemaname = 'public'",
        )
    )


class Postgres(Protocol):
    """Lends one test at a time a database of its own, by address."""

    @asynccontextmanager
    def empty(self) -> AsyncIterator[str]:
        """A database without a table."""

    @asynccontextmanager
    def migrated(self) -> AsyncIterator[str]:
        """A database with all tables, and no row of ours in them."""


class NamedDatabase:
    """A database that somebody else runs. The processes of one test run take turns on it."""

    def __init__(self, address: str) -> None:
        self._address = address
        name = hashlib.sha256(address.encode()).hexdigest()[:16]  # the address holds a password
        self._turn = FileLock(Path(tempfile.gettempdir()) / f"bylaw-tests-{name}.lock")

    @asynccontextmanager
    async def empty(self) -> AsyncIterator[str]:
        with self._turn:
            await _execute(self._address, DROP_EVERYTHING)
            yield self._address

    @asynccontextmanager
    async def migrated(self) -> AsyncIterator[str]:
        async with self.empty() as address:
            await upgrade(address)
            yield address


class PrivateDatabase:
    """A database on a server of this process, which starts when the first test asks for it."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._is_migrated = False

    @asynccontextmanager
    async def empty(self) -> AsyncIterator[str]:
        self._is_migrated = False
        await _execute(self._server.address, DROP_EVERYTHING)
        yield self._server.address

    @asynccontextmanager
    async def migrated(self) -> AsyncIterator[str]:
        if self._is_migrated:
            await _execute(self._server.address, delete_all_rows())
            yield self._server.address
        else:
            async with self.empty() as address:
                await upgrade(address)
                self._is_migrated = True
                yield address


async def _execute(address: str, script: str) -> None:
    url = make_url(address).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        await connection.execute(script)  # all of it is one transaction
    finally:
        await connection.close()
