"""Migrates a database to the schema of this code, at every start and by ``bylaw db upgrade``; and back to an older
version's schema, by ``bylaw db downgrade``.

All steps of a migration are one transaction that begins with a lock. If two processes start at once, the second waits
and finds nothing to do. A failed upgrade leaves the database unchanged.

``python -m bot.storage.database.migrate "what changes"`` writes a new revision from the difference between the
tables in the code and the revisions so far.
"""

from __future__ import annotations

import asyncio
import io
import sys
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

import migrations
from bot.storage.database.backup import copy_database
from bot.storage.database.engine import (
    create_engine,
    database_file,
    database_url,
    place_of,
    reading,
    writing,
)
from bot.storage.database.errors import NewerSchema, StorageError
from bot.storage.database.outage import Outage
from bot.storage.database.schema_check import lacking
from bot.storage.tables.cases import metadata

FOLDER = Path(migrations.__file__).parent
_COPY = ".before-"  #: infix between the file's name and the revision of the upgrade
_HALF = "{place} was left half-way by an upgrade or a restore ({what}): put a copy of it back. Nothing was changed."
_UPGRADE_LOCK = 0x62796C6177  # "bylaw" in ASCII: PostgreSQL's advisory locks are numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationReport:
    """What a migration did. `before` equals `after` where there was nothing to do."""

    before: str | None  #: the revision before; None for an empty database
    after: str
    copy: Path | None = None  #: a copy of the database before the migration


async def upgrade(address: str, *, folder: Path = FOLDER, outage: Outage | None = None) -> MigrationReport:
    """Upgrade the database to the newest revision; create it if there is none.

    A SQLite file with data is copied to ``<file>.before-<revision>`` before it is changed.

    Args:
        folder: where the revisions are; only tests use another one.
        outage: told when the database cannot be used; ends the upgrade where the server goes silent.

    Raises:
        NewerSchema: the database was made by a newer version of Bylaw.
        StorageError: the database cannot be opened or changed, or belongs to another program.
    """
    engine = create_engine(address, outage)
    try:
        return await upgrade_engine(engine, folder=folder)
    finally:
        await engine.dispose()


async def upgrade_engine(engine: AsyncEngine, *, folder: Path = FOLDER) -> MigrationReport:
    """The same for a database that is already open, as one in memory has to be."""
    script = ScriptDirectory.from_config(_config(folder))
    newest = script.get_current_head()
    if newest is None:
        raise StorageError("The migrations are missing: reinstall Bylaw.")
    async with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        before = await connection.run_sync(_revision, engine.url, script)
        if before == newest:
            await connection.run_sync(_require_whole, engine.url)
            return MigrationReport(before=before, after=newest)
        copy = await _set_aside(connection, engine.url, newest)
        await connection.run_sync(lambda each: command.upgrade(_config(folder, each), newest))
    return MigrationReport(before=before, after=newest, copy=copy)


async def downgrade(address: str, revision: str) -> MigrationReport:
    """Take the database back to an older revision, so that the version of Bylaw that made it can be installed again.

    Data that the older schema can't store is removed. A SQLite file is copied to ``<file>.before-<revision>`` first.

    Raises:
        NewerSchema: the database was made by a newer version of Bylaw.
        StorageError: there is no such revision before the database's own, or the database cannot be changed.
    """
    engine = create_engine(address)
    try:
        script = ScriptDirectory.from_config(_config(FOLDER))
        async with writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            before = await connection.run_sync(_revision, engine.url, script)
            older = [each.revision for each in script.iterate_revisions(before, "base")][1:] if before else []
            if revision not in older:
                known = f"one of {older[-1]} to {older[0]}" if older else "none: there is nothing before it"
                raise StorageError(
                    f"The database is at revision {before or 'none'} and cannot go back to {revision!r}: name {known}."
                )
            copy = await _set_aside(connection, engine.url, revision)
            await connection.run_sync(lambda each: command.downgrade(_config(FOLDER, each), revision))
        return MigrationReport(before=before, after=revision, copy=copy)
    finally:
        await engine.dispose()


async def require_database(address: str) -> None:
    """Make sure that there is a database of Bylaw's, without creating one.

    Raises:
        StorageError: there is none, or it cannot be opened.
    """
    url = database_url(address)
    file = database_file(url)
    if file is not None and not (file.is_file() and file.stat().st_size):
        raise StorageError(
            f"There is no database in {file.absolute()}: run this in the bot's folder, or set BYLAW_DATA_DIR or "
            "BYLAW_DATABASE_URL as the bot has them. Nothing was made."
        )
    if file is None and not await tables_in(address):
        raise StorageError(f"{place_of(url)} holds no tables of Bylaw: check BYLAW_DATABASE_URL. Nothing was made.")


async def tables_in(address: str) -> frozenset[str]:
    """The tables of Bylaw's in a database, at any revision. Creates no file.

    Raises:
        StorageError: it cannot be opened.
    """
    file = database_file(database_url(address))
    if file is not None and not file.is_file():
        return frozenset()
    engine = create_engine(address)
    try:
        async with reading(engine) as connection:
            return frozenset(metadata.tables) & set(await connection.run_sync(lambda c: inspect(c).get_table_names()))
    finally:
        await engine.dispose()


async def revision_of(address: str) -> str | None:
    """The revision of a database; None if it is empty.

    Raises:
        NewerSchema: the database was made by a newer version of Bylaw.
        StorageError: it cannot be opened, or belongs to another program.
    """
    engine = create_engine(address)
    try:
        async with reading(engine) as connection:
            return await connection.run_sync(_revision, engine.url, ScriptDirectory.from_config(_config(FOLDER)))
    finally:
        await engine.dispose()


async def require_whole(address: str) -> None:
    """Make sure that a database at the newest revision has all its tables and columns.

    Raises:
        StorageError: it lacks something, or cannot be opened.
    """
    engine = create_engine(address)
    try:
        async with reading(engine) as connection:
            await connection.run_sync(_require_whole, engine.url)
    finally:
        await engine.dispose()


def copies_of(file: Path) -> tuple[Path, ...]:
    """The copies of a SQLite file that upgrades made, including unfinished ones."""
    return tuple(sorted(file.parent.glob(f"{escape(file.name)}{_COPY}*")))


def newest_revision() -> str | None:
    """The revision that this code works with."""
    return ScriptDirectory.from_config(_config(FOLDER)).get_current_head()


async def write_revision(message: str, *, folder: Path = FOLDER) -> None:
    """Write a new revision file, from the difference between the tables in the code and the newest revision."""
    engine = create_engine("sqlite://")
    number = len(list(ScriptDirectory.from_config(_config(folder)).walk_revisions())) + 1
    try:
        await upgrade_engine(engine, folder=folder)
        async with writing(engine) as connection:
            await connection.run_sync(
                lambda each: command.revision(_config(folder, each), message, autogenerate=True, rev_id=f"{number:04}")
            )
    finally:
        await engine.dispose()


def _config(folder: Path, connection: Connection | None = None) -> Config:
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _require_whole(connection: Connection, url: URL) -> None:
    lacks = lacking(connection)
    if lacks:
        raise StorageError(_HALF.format(place=place_of(url), what=lacks[0]))


def _revision(connection: Connection, url: URL, script: ScriptDirectory) -> str | None:
    try:
        found = MigrationContext.configure(connection).get_current_revision()
    except CommandError:
        raise StorageError(_HALF.format(place=place_of(url), what="it names several revisions")) from None
    if found is None:
        tables = set(inspect(connection).get_table_names())
        ours = set(metadata.tables) & tables
        if ours and "alembic_version" in tables:
            raise StorageError(_HALF.format(place=place_of(url), what="it names no revision"))
        if ours:
            raise StorageError(
                f"{place_of(url)} has a table {min(ours)} that Bylaw did not make: name an empty database."
            )
        return None
    try:
        script.get_revision(found)
    except CommandError:
        raise NewerSchema(
            f"{place_of(url)} was made by a newer version of Bylaw (revision {found}): install that version, or put "
            "an older copy of the database back."
        ) from None
    return found


async def _set_aside(connection: AsyncConnection, url: URL, newest: str) -> Path | None:
    file = database_file(url)
    if file is None or not await connection.run_sync(lambda each: inspect(each).get_table_names()):
        return None
    return await asyncio.to_thread(copy_database, file, file.with_name(f"{file.name}{_COPY}{newest}"))


if __name__ == "__main__":
    asyncio.run(write_revision(" ".join(sys.argv[1:]) or "Say what changes"))
