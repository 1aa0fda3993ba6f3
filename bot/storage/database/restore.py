"""Restores a copy in place of a SQLite database, and checks whether a database is intact.

Nothing is overwritten: the database that was there is moved aside, with the files that SQLite keeps beside it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, table, text

from bot.storage.database.backup import copy_database
from bot.storage.database.engine import create_engine, database_file, database_url, place_of, reading
from bot.storage.database.errors import NewerSchema, StorageError, explain
from bot.storage.database.migrate import newest_revision, require_database, require_whole, revision_of
from bot.storage.database.pg_dump import DUMP
from bot.storage.database.schema_check import lacking
from bot.storage.tables.cases import metadata

_BESIDE = ("", "-wal", "-shm")  #: a database file, and SQLite's files next to it
_ERASURES = """
SELECT DISTINCT guild_id, substr(subject, 8) FROM audit_entries
WHERE action = 'erasure_asked' AND subject LIKE 'member:%' AND id > ? ORDER BY id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The result of restoring."""

    aside: Path | None  #: where the previous database is now; None if there was none
    erased_since: tuple[
        tuple[int, int], ...
    ] = ()  #: (server, member): erased in the previous database after the copy was made


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The result of checking a whole database."""

    revision: str | None
    newest: str
    problems: tuple[str, ...]  #: problems, in the database's own words, without values
    rows: dict[str, int]  #: rows of each table that has any


async def restore(address: str, copy: Path, *, now: datetime) -> Restored:
    """Put a copy in the database's place. The bot must not be running.

    Args:
        now: names the database that is moved aside.

    Raises:
        StorageError: the copy is damaged, isn't a database of Bylaw's, is from a newer version, or can't be
            written; then the database is unchanged.
    """
    file = database_file(database_url(address))
    if file is None:
        raise StorageError("Only a SQLite file can be put back: use pg_restore for PostgreSQL.")
    _require_other_file(file, copy)
    await require_good_copy(copy)
    return await asyncio.to_thread(_restore, file, copy, f"{file.name}.before-restore-{now:%Y%m%dT%H%M%SZ}")


async def require_good_copy(copy: Path) -> None:
    """Refuse an unusable copy before anything is moved.

    Raises:
        NewerSchema: a newer version of Bylaw made it.
        StorageError: it is damaged, incomplete, or not a copy of a SQLite database of Bylaw's.
    """
    address = f"sqlite:///{copy}"
    if await asyncio.to_thread(_is_dump, copy):
        raise StorageError(f"{copy} was made by pg_dump: put it back with pg_restore, as docs/upkeep.md shows.")
    try:
        await require_database(address)
        if await revision_of(address) == newest_revision():  # an older one is upgraded by the next start
            await require_whole(address)
    except NewerSchema:
        raise
    except StorageError as error:
        why = str(error).partition(": ")[0]  # its advice is for a database in use, not for a copy
        raise StorageError(f"{copy} cannot be put back. {why}: use another copy. Nothing was changed.") from error


def _is_dump(copy: Path) -> bool:
    if not copy.is_file():
        return False
    with copy.open("rb") as opened:
        return opened.read(len(DUMP)) == DUMP


def _require_other_file(file: Path, copy: Path) -> None:
    if copy.resolve() in {Path(f"{file.resolve()}{end}") for end in _BESIDE}:
        raise StorageError(f"{copy} is the database itself: name a copy of it.")


def _restore(file: Path, copy: Path, name: str) -> Restored:
    try:
        draft = copy_database(copy, file.with_name(f"{file.name}.restored"))
    except StorageError as error:
        raise StorageError(f"{copy} cannot be put back, and nothing was changed. {error}") from error
    erased = _erased_since(file, draft)
    moved: list[tuple[Path, Path]] = []
    try:
        for end in _BESIDE:
            there = Path(f"{file}{end}")
            if there.exists():
                aside = file.with_name(f"{name}{end}")
                there.rename(aside)
                moved.append((aside, there))
                os.utime(aside)  # its age as a copy counts from now
        draft.rename(file)
    except OSError as error:
        for aside, there in reversed(moved):
            aside.rename(there)
        with suppress(OSError):
            draft.unlink()
        raise StorageError(
            f"The copy cannot be put at {file} ({error.strerror}): give this user the right to write there."
        ) from error
    return Restored(aside=moved[0][0] if moved else None, erased_since=erased)


def _erased_since(file: Path, copy: Path) -> tuple[tuple[int, int], ...]:
    """The erasures since the copy. Also empty if the previous database can't be read, which may be why it is
    replaced."""
    if not file.is_file():
        return ()
    try:
        with closing(sqlite3.connect(copy)) as older, closing(sqlite3.connect(file)) as newer:
            last = older.execute("SELECT coalesce(max(id), 0) FROM audit_entries").fetchone()[0]
            return tuple((guild_id, int(member)) for guild_id, member in newer.execute(_ERASURES, (last,)))
    except (sqlite3.Error, ValueError):
        return ()


async def look_over(address: str) -> Health:
    """Check a whole database: is it intact, and are its references valid? Changes nothing.

    Raises:
        StorageError: there is no database, it cannot be opened, or a newer version made it.
    """
    await require_database(address)
    engine = create_engine(address)
    try:
        async with reading(engine) as connection:
            problems = await connection.run_sync(_problems)
            rows = await connection.run_sync(_rows)
            lacks = await connection.run_sync(lacking)
    finally:
        await engine.dispose()
    revision, newest = await revision_of(address), newest_revision() or ""
    if revision == newest:
        problems = (*problems, *lacks)
    return Health(revision=revision, newest=newest, problems=problems, rows=rows)


def _problems(connection: Connection) -> tuple[str, ...]:
    if connection.dialect.name != "sqlite":
        return ()  # PostgreSQL checks its pages and keys itself
    try:
        damage = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
    except Exception as error:
        raise StorageError(explain(error, place_of(connection.engine.url))) from error
    lost = connection.execute(text("PRAGMA foreign_key_check")).all()
    return (*damage, *(f"a row of {row[0]} refers to a row of {row[2]} that is not there" for row in lost))


def _rows(connection: Connection) -> dict[str, int]:
    there = set(inspect(connection).get_table_names()) & set(metadata.tables)
    counts = {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in sorted(there)}
    return {name: count for name, count in counts.items() if count}
