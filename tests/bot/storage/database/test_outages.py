"""The engine notices when the database cannot be used, whoever uses it, and when it can again."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.audit.policy_changes import PolicyChanges
from bot.storage.database.engine import create_engine, reading, writing
from bot.storage.database.errors import DatabaseAway, StorageError
from bot.storage.database.outage import Outage
from classifier.errors import is_outage
from guild_policies.store.port import StoreUnavailable
from guild_policies.store.sql import SqlPolicyStore
from tests.databases.outage import database_away
from tests.databases.postgres import Postgres


class Seconds:
    """A clock that jumps on whenever it is looked at, so that no outage is too short to be over."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The present moment."""
        self.now += 10
        return self.now


@asynccontextmanager
async def opened(address: str, outage: Outage, *pragmas: str) -> AsyncIterator[AsyncEngine]:
    """An engine that notices outages."""
    engine = create_engine(address, outage)

    def on_connect(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", on_connect)
    try:
        yield engine
    finally:
        await engine.dispose()


async def ask(engine: AsyncEngine) -> None:
    """Read something."""
    async with reading(engine) as connection:
        await connection.execute(text("SELECT 1"))


async def write(engine: AsyncEngine, statement: str) -> None:
    """Change something."""
    async with writing(engine) as connection:
        await connection.execute(text(statement))


async def test_a_server_that_is_away(postgres: Postgres, caplog: pytest.LogCaptureFixture) -> None:
    """Everybody meets an outage, the store of policies as well; there is one line for it and one for its end."""
    caplog.set_level(logging.INFO, logger="bot.storage.database.outage")
    outage = Outage(clock=Seconds())
    async with postgres.migrated() as address, opened(address, outage) as engine:
        store = SqlPolicyStore(engine, now=lambda: datetime.now(UTC), record=PolicyChanges().record)
        await ask(engine)
        async with database_away(address):
            for _ in range(3):
                with pytest.raises(DatabaseAway, match="has no database of that name"):
                    await ask(engine)
                with pytest.raises(StoreUnavailable) as error:
                    await store.list(1)
                assert is_outage(error.value)
        assert outage.lasts
        await ask(engine)
        assert await store.list(1) == ()
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]


async def test_a_connection_that_is_cut_off_in_the_middle(postgres: Postgres) -> None:
    """The transaction ends with an outage, and the next one works on a new connection."""
    outage = Outage(clock=Seconds())
    async with postgres.migrated() as address, opened(address, outage) as engine:

        async def cut_off() -> None:
            async with writing(engine) as connection:
                number = await connection.scalar(text("SELECT pg_backend_pid()"))
                other = await asyncpg.connect(
                    make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
                )
                await other.execute(f"SELECT pg_terminate_backend({number})")
                await other.close()
                await connection.execute(text("SELECT 1"))

        with pytest.raises(DatabaseAway):
            await cut_off()
        assert outage.lasts
        await ask(engine)
        assert not outage.lasts


async def test_a_full_disk(tmp_path: Path) -> None:
    """Reading does not end the outage; the first change that works does."""
    outage = Outage(clock=Seconds())
    async with opened(f"sqlite:///{tmp_path / 'x.sqlite3'}", outage, "max_page_count = 12") as engine:
        await write(engine, "CREATE TABLE t (a)")
        with pytest.raises(DatabaseAway, match="is full"):
            await write(engine, "INSERT INTO t VALUES (zeroblob(100000))")
        await ask(engine)
        assert outage.lasts
        await write(engine, "INSERT INTO t VALUES (1)")
        assert not outage.lasts


async def test_a_file_that_another_process_holds(tmp_path: Path) -> None:
    """For longer than a transaction waits."""
    outage, file = Outage(clock=Seconds()), tmp_path / "x.sqlite3"
    async with opened(f"sqlite:///{file}", outage, "busy_timeout = 0") as engine:
        await write(engine, "CREATE TABLE t (a)")
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseAway, match="in use by another process"):
                await write(engine, "INSERT INTO t VALUES (1)")
        assert outage.lasts


async def test_a_fault_of_ours_is_no_outage(tmp_path: Path) -> None:
    """It is logged with its place whenever it happens."""
    outage = Outage(clock=Seconds())
    async with opened(f"sqlite:///{tmp_path / 'x.sqlite3'}", outage) as engine:
        await write(engine, "CREATE TABLE t (a UNIQUE)")
        for statement in ("SELECT * FROM missing", "INSERT INTO t VALUES (1), (1)", "SELEKT 1"):
            with pytest.raises(StorageError) as error:
                await write(engine, statement)
            assert not is_outage(error.value)
    assert not outage.lasts


async def test_cancelled_work_is_no_outage(tmp_path: Path) -> None:
    """A task that is cancelled in the middle of a query stays cancelled. SQLAlchemy calls that a disconnect."""
    outage = Outage(clock=Seconds())
    slow = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3000000) SELECT max(n) FROM r"
    async with opened(f"sqlite+aiosqlite:///{tmp_path / 'a.sqlite3'}", outage) as engine:
        started = asyncio.Event()

        async def read() -> None:
            async with reading(engine) as connection:
                started.set()
                await connection.execute(text(slow))

        task = asyncio.create_task(read())
        await started.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not outage.lasts
        await ask(engine)
