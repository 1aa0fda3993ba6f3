"""Opening a database: where it lies, who may read it, and what its refusals look like."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.database.engine import create_engine, database_file, database_url, place_of, reading, writing
from bot.storage.database.errors import StorageError

Open = Callable[..., AsyncEngine]


@pytest.fixture
async def open_engine(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens engines, in a fresh file unless told otherwise, and closes them at the end."""
    opened: list[AsyncEngine] = []

    def make(address: str | None = None, *pragmas: str) -> AsyncEngine:
        engine = create_engine(address or f"sqlite:///{tmp_path / 'bylaw.sqlite3'}")

        def on_connect(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            for pragma in pragmas:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        event.listen(engine.sync_engine, "connect", on_connect)
        opened.append(engine)
        return engine

    yield make
    for engine in opened:
        await engine.dispose()


async def run(engine: AsyncEngine, *statements: str) -> list[Any]:
    """Run the statements in one transaction; the last one's first column comes back."""
    async with writing(engine) as connection:
        results = [await connection.execute(text(statement)) for statement in statements]
        return list(results[-1].scalars()) if results[-1].returns_rows else []


async def refusal(work: Awaitable[object]) -> str:
    """What the database says about this."""
    with pytest.raises(StorageError) as error:
        await work
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("address", "driver"),
    [
        ("sqlite:///data/x.sqlite3", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:///x", "sqlite+aiosqlite"),
        ("sqlite://", "sqlite+aiosqlite"),
        ("postgres://u@h/d", "postgresql+asyncpg"),
        ("postgresql://u@h/d", "postgresql+asyncpg"),
        ("postgresql+psycopg://u@h/d", "postgresql+asyncpg"),
    ],
)
def test_the_driver_is_ours_to_choose(address: str, driver: str) -> None:
    """An address may name a driver or none: what is used is the one that Bylaw was tested with."""
    assert database_url(address).drivername == driver


@pytest.mark.parametrize("address", ["", "bylaw.sqlite3", "mysql://u:geheim@h/d", "postgresql://u:geheim@h:port/d"])
def test_an_address_that_is_none_is_one_line(address: str) -> None:
    """The setting is named, its value is not repeated."""
    with pytest.raises(StorageError, match=r"^BYLAW_DATABASE_URL") as error:
        create_engine(address)
    assert "geheim" not in str(error.value)


def test_a_place_has_no_password() -> None:
    """What messages say about a database is safe to show."""
    assert place_of(database_url("postgresql://u:geheim@db.example/d")) == "The database server at db.example"
    assert place_of(database_url("postgresql:///d")) == "The database server at this machine"
    assert place_of(database_url("sqlite:///x.db")) == "The database file x.db"
    assert place_of(database_url("sqlite://")) == "The database in memory"
    assert database_file(database_url("sqlite:///:memory:")) is None


async def test_a_fresh_file_is_for_this_user_only(tmp_path: Path, open_engine: Open) -> None:
    """Missing folders are made; neither folder nor file can be read by others."""
    file = tmp_path / "new" / "data" / "bylaw.sqlite3"
    engine = open_engine(f"sqlite:///{file}")
    await run(engine, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()} == {0o600}


async def test_a_file_is_opened_for_many_readers(open_engine: Open) -> None:
    """Write-ahead log, foreign keys, a wait for other writers, and no needless flush."""
    engine = open_engine()
    pragmas = [
        await run(engine, f"PRAGMA {name}") for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
    ]
    assert pragmas == [["wal"], [1], [10_000], [1]]


async def test_a_database_in_memory_is_shared_by_all_tasks(open_engine: Open) -> None:
    """Tasks take turns on its one connection and see each other's rows."""
    engine = open_engine("sqlite://")
    await run(engine, "CREATE TABLE t (a)")
    await asyncio.gather(*(run(engine, f"INSERT INTO t VALUES ({n})") for n in range(10)))
    assert sorted(await run(engine, "SELECT a FROM t")) == list(range(10))


async def test_writers_take_turns(open_engine: Open) -> None:
    """Tasks that read and then write in one transaction never fail each other and lose nothing."""
    engine = open_engine()
    await run(engine, "CREATE TABLE t (a)", "INSERT INTO t VALUES (0)")

    async def add_one() -> None:
        async with writing(engine) as connection:
            value = await connection.scalar(text("SELECT a FROM t"))
            await connection.execute(text("UPDATE t SET a = :a"), {"a": value + 1})

    await asyncio.gather(*(add_one() for _ in range(20)))
    assert await run(engine, "SELECT a FROM t") == [20]


async def test_a_reader_waits_for_no_writer(open_engine: Open) -> None:
    """While a transaction writes, readers get the state before it."""
    engine = open_engine(None, "busy_timeout = 0")
    await run(engine, "CREATE TABLE t (a)")
    async with writing(engine) as connection:
        await connection.execute(text("INSERT INTO t VALUES (1)"))
        async with reading(engine) as reader:
            assert await reader.scalar(text("SELECT count(*) FROM t")) == 0
    async with reading(engine) as reader:
        assert await reader.scalar(text("SELECT count(*) FROM t")) == 1


async def test_a_full_disk_leaves_nothing_half_written(open_engine: Open) -> None:
    """The transaction that runs out of space is undone whole, and the next small one works."""
    engine = open_engine(None, "max_page_count = 12")
    await run(engine, "CREATE TABLE t (a)", "CREATE TABLE u (a)")
    said = await refusal(run(engine, "INSERT INTO u VALUES (1)", "INSERT INTO t VALUES (zeroblob(100000))"))
    assert "is full: free some space" in said
    assert await run(engine, "SELECT a FROM u") == []
    await run(engine, "INSERT INTO u VALUES (2)")
    assert await run(engine, "SELECT a FROM u") == [2]


async def test_a_file_that_another_process_holds(tmp_path: Path, open_engine: Open) -> None:
    """After the wait there is one line, and once the other is done it works."""
    engine = open_engine(None, "busy_timeout = 0")
    await run(engine, "CREATE TABLE t (a)")
    with closing(sqlite3.connect(tmp_path / "bylaw.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "in use by another process" in await refusal(run(engine, "INSERT INTO t VALUES (1)"))
        other.execute("ROLLBACK")
    await run(engine, "INSERT INTO t VALUES (1)")


async def test_a_file_that_cannot_be_written(open_engine: Open) -> None:
    """Rights that were taken away are named."""
    await run(open_engine(), "CREATE TABLE t (a)")
    engine = open_engine(None, "query_only = ON")
    assert "cannot be written" in await refusal(run(engine, "INSERT INTO t VALUES (1)"))


async def test_a_file_that_is_something_else(tmp_path: Path, open_engine: Open) -> None:
    """A file of another kind is left as it is."""
    file = tmp_path / "bylaw.sqlite3"
    file.write_bytes(b"GGUF, say" * 1000)
    assert "no SQLite database" in await refusal(run(open_engine(), "SELECT 1"))
    assert file.read_bytes() == b"GGUF, say" * 1000


async def test_a_damaged_file(tmp_path: Path, open_engine: Open) -> None:
    """A file with a hole in it is told apart from one that is full."""
    engine = open_engine()
    await run(engine, "CREATE TABLE t (a)", *["INSERT INTO t VALUES (zeroblob(2000))"] * 20)
    await engine.dispose()
    file = tmp_path / "bylaw.sqlite3"
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(content)
    assert "is damaged" in await refusal(run(open_engine(), "SELECT a FROM t"))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file stands in the way: one line names the file that was asked for."""
    (tmp_path / "data").write_text("")
    with pytest.raises(StorageError, match="cannot be opened"):
        create_engine(f"sqlite:///{tmp_path / 'data' / 'bylaw.sqlite3'}")


async def test_a_database_that_was_not_set_up(open_engine: Open) -> None:
    """A missing table says which command makes it."""
    assert "bylaw db upgrade" in await refusal(run(open_engine(), "SELECT * FROM cases"))


async def test_a_server_that_does_not_answer(open_engine: Open) -> None:
    """PostgreSQL that is not there is one line without the password."""
    pytest.importorskip("asyncpg", reason="needs the extra postgres: pip install 'bylaw[postgres]'")
    said = await refusal(run(open_engine("postgresql://bylaw:geheim@127.0.0.1:1/bylaw"), "SELECT 1"))
    assert said.startswith("The database server at 127.0.0.1 cannot be reached")
    assert "geheim" not in said


def test_a_missing_driver_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names PostgreSQL without the extra is told which command installs it."""
    monkeypatch.setitem(sys.modules, "asyncpg", None)  # as if it were not installed
    with pytest.raises(StorageError, match=r"pip install 'bylaw\[postgres\]'"):
        create_engine("postgresql://u@h/d")


async def test_what_no_store_expects_shows_no_values(open_engine: Open) -> None:
    """A constraint that was hurt is an error of ours; its text holds nothing that a member wrote."""
    engine = open_engine()
    await run(engine, "CREATE TABLE t (a UNIQUE)")
    with pytest.raises(StorageError) as error:
        async with writing(engine) as connection:
            await connection.execute(text("INSERT INTO t VALUES (:a), (:a)"), {"a": "what a member wrote"})
    assert "member" not in f"{error.value} {error.value.__cause__}"


async def test_who_uses_the_engine_directly_gets_its_own_errors(open_engine: Open) -> None:
    """The policies' store answers SQLAlchemy's errors itself, those of a missing server among them."""
    pytest.importorskip("asyncpg", reason="needs the extra postgres: pip install 'bylaw[postgres]'")
    for engine in (open_engine(), open_engine("postgresql://bylaw:geheim@127.0.0.1:1/bylaw")):
        with pytest.raises(SQLAlchemyError) as error:
            async with engine.begin() as connection:
                await connection.execute(text("SELECT * FROM nowhere"))
        assert "geheim" not in str(error.value)


async def test_a_cancelled_task_stays_cancelled(open_engine: Open) -> None:
    """Cancelling is not an error of the database, and the database works afterwards."""
    engine = open_engine()
    await run(engine, "CREATE TABLE t (a)")
    started = asyncio.Event()

    async def slow() -> None:
        async with writing(engine) as connection:
            await connection.execute(text("INSERT INTO t VALUES (1)"))
            started.set()
            count = (
                "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 300000) SELECT max(n) FROM r"
            )
            await connection.execute(text(count))

    task = asyncio.create_task(slow())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await run(engine, "SELECT a FROM t") == []
    await run(engine, "INSERT INTO t VALUES (2)")
