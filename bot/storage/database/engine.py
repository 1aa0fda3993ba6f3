"""Opens the database: SQLite in a file by default, PostgreSQL by its address.

A transaction on SQLite takes the write lock when it begins (``BEGIN IMMEDIATE``), so that none fails midway because
another wrote first. `writing` and `reading` are the transactions of this package: they turn SQLAlchemy's errors into
`StorageError`. A transaction begun directly on the engine raises SQLAlchemy's own errors, and `DatabaseAway` if the
engine detects outages.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Dialect, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.storage.database.errors import DatabaseAway, StorageError, away, explain
from bot.storage.database.outage import Outage

BUSY_TIMEOUT_MS = 10_000  #: how long a transaction waits for another process to finish writing
_CONNECTIONS = 4  #: each is a thread with aiosqlite; one bot rarely needs two at a time
_TO_SERVER = 8  #: connections of a process to PostgreSQL; `membership` holds one more
CONNECT_SECONDS = 10  #: seconds that connecting to PostgreSQL may take
_OUTAGE = "bylaw_outage"  #: the option of an engine that holds its `Outage`
OLDEST_POSTGRESQL = 14  #: the oldest version that is still maintained
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


def database_url(address: str) -> URL:
    """The address with the driver that Bylaw uses.

    Raises:
        StorageError: it isn't an address, or the database isn't supported.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise StorageError(
            "BYLAW_DATABASE_URL is no database address: write it like sqlite:///data/bylaw.sqlite3 or "
            "postgresql://user:password@host/name."
        ) from None
    backend = url.get_backend_name()
    if backend not in _DRIVERS:
        raise StorageError("BYLAW_DATABASE_URL names a database that Bylaw does not know: use sqlite or postgresql.")
    return url.set(drivername=_DRIVERS[backend])


def database_file(url: URL) -> Path | None:
    """The file of a SQLite database; None for a database in memory or on a server."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def place_of(url: URL) -> str:
    """A description of the database for messages, without user and password."""
    if url.get_backend_name() == "sqlite":
        file = database_file(url)
        return f"The database file {file}" if file else "The database in memory"
    return f"The database server at {url.host or 'this machine'}"


def create_engine(address: str, outage: Outage | None = None) -> AsyncEngine:
    """Create the engine of a database. Creates a SQLite file and its folder, for this user only; opens nothing else
    before the first statement.

    ``sqlite://`` is a database in memory, for tests: it exists in the engine's only connection, and is lost when a task
    is cancelled during a statement.

    Args:
        outage: told when the database cannot be used, and when it can again.

    Raises:
        StorageError: the address cannot be used, the folder cannot be made, or a driver is missing.
    """
    url = database_url(address)
    file = database_file(url)
    if file is not None:
        _make_file(file)
    try:
        engine = create_async_engine(url, hide_parameters=True, execution_options={_OUTAGE: outage}, **_pool(url))
    except (ImportError, NoSuchModuleError):
        raise StorageError("PostgreSQL needs a driver: run `pip install 'bylaw[postgres]'`.") from None
    if url.get_backend_name() == "sqlite":
        _prepare_sqlite(engine, in_memory=file is None)
    else:
        _wrap_connection_errors(engine, outage)
    if outage is not None:
        _notice_outages(engine, outage)
    return engine


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction: all of it is committed, or nothing after any exception. On SQLite, writers take turns.

    Raises:
        StorageError: the database could not do what was asked.
    """
    with _in_our_words(engine):
        async with engine.begin() as connection:
            yield connection
    _worked(engine, writing=True)


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A read-only transaction: on SQLite it waits for no writer, and sees one state of the database.

    Raises:
        StorageError: the database could not do what was asked.
    """
    with _in_our_words(engine):
        async with engine.connect() as connection:
            await connection.execution_options(bylaw_reads_only=True)
            async with connection.begin():
                yield connection
    _worked(engine, writing=False)


@asynccontextmanager
async def snapshot(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Like `reading`, but all statements see the same state on PostgreSQL, too.

    Raises:
        StorageError: the database could not do what was asked.
    """
    with _in_our_words(engine):
        async with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execution_options(isolation_level="REPEATABLE READ")
            await connection.execution_options(bylaw_reads_only=True)
            async with connection.begin():
                yield connection


@contextmanager
def _in_our_words(engine: AsyncEngine) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StorageError(explain(error, place_of(engine.url))) from error


def _worked(engine: AsyncEngine, *, writing: bool) -> None:
    outage: Outage | None = engine.get_execution_options()[_OUTAGE]
    if outage is not None:
        outage.worked(writing=writing)


def _notice_outages(engine: AsyncEngine, outage: Outage) -> None:
    """Make the engine raise `DatabaseAway` in place of SQLAlchemy's own errors during an outage."""

    @event.listens_for(engine.sync_engine, "handle_error")
    def in_our_words(context: ExceptionContext) -> DatabaseAway | None:
        if context.is_pre_ping or not isinstance(context.original_exception, Exception):
            return None  # a connection from before the outage, or cancelled work: the pool opens another one
        found = away(context.original_exception, place_of(engine.url), disconnected=context.is_disconnect)
        if found is not None:
            options = context.connection.get_execution_options() if context.connection else {"bylaw_reads_only": True}
            writing = not context.is_disconnect and not options.get("bylaw_reads_only", False)
            outage.failed(str(found), writing=writing)
        return found


def _pool(url: URL) -> dict[str, Any]:
    # No timeout on waiting for a connection: every transaction here is short, and a timer would only add a way to fail.
    # In memory, one connection is the database; tasks take turns using it.
    pool = {"poolclass": AsyncAdaptedQueuePool, "max_overflow": 0, "pool_timeout": None}
    if url.get_backend_name() != "sqlite":
        connect = {"timeout": CONNECT_SECONDS}
        return {**pool, "pool_size": _TO_SERVER, "pool_pre_ping": True, "connect_args": connect}
    return {**pool, "pool_size": _CONNECTIONS if database_file(url) else 1}


def _make_file(file: Path) -> None:
    if file.is_dir():
        raise StorageError(f"{file} is a folder: name a database file in BYLAW_DATABASE_URL.")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StorageError(
            f"The database file {file} cannot be opened ({error.strerror}): give this user the right to write to it "
            "and to its folder, or set BYLAW_DATABASE_URL."
        ) from None


def _wrap_connection_errors(engine: AsyncEngine, outage: Outage | None) -> None:
    """Wrap the errors of asyncpg and the system when connecting fails as SQLAlchemy's."""

    @event.listens_for(engine.sync_engine, "do_connect")
    def connect(dialect: Dialect, _record: object, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        try:
            connection = dialect.connect(*arguments, **options)
        except dialect.loaded_dbapi.Error:
            raise  # SQLAlchemy wraps these itself
        except Exception as error:
            found = None if outage is None else away(error, place_of(engine.url))
            if outage is not None and found is not None:
                outage.failed(str(found))
                raise found from error
            raise OperationalError("connect", None, error, hide_parameters=True) from error
        version: int = connection.driver_connection.get_server_version().major
        if version < OLDEST_POSTGRESQL:
            dialect.do_terminate(connection)
            place = place_of(engine.url)
            raise StorageError(f"{place} runs PostgreSQL {version}: it must be {OLDEST_POSTGRESQL} or newer.")
        if outage is not None:
            outage.connections.add(connection.driver_connection)
        return connection


def _prepare_sqlite(engine: AsyncEngine, *, in_memory: bool) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins no transaction automatically
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA secure_delete = ON")  # deleted data is overwritten, not just unlinked
        if not in_memory:
            _switch_to_wal(cursor)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get("bylaw_reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _switch_to_wal(cursor: Any) -> None:
    """Switch the file to WAL mode, which persists. SQLite doesn't wait for a lock here: if another connection is
    switching a new file now, that is enough."""
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY, sqlite3.SQLITE_LOCKED):
            raise


async def empty_log(engine: AsyncEngine) -> bool:
    """Move the contents of SQLite's write-ahead log into the file and empty the log, which keeps old pages until then.

    False if there was always a reader: try again later. Does nothing for other databases.

    Raises:
        StorageError: the database could not do what was asked.
    """
    if database_file(engine.url) is None:
        return True
    with _in_our_words(engine):
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                async with driver.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
                    busy, *_ = await cursor.fetchone()
            except sqlite3.Error as error:
                raise StorageError(explain(error, place_of(engine.url))) from error
    return not busy


def insert_if_absent(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that does nothing if a row with the same key exists. Waits for a row that is just being written."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()
