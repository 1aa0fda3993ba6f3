"""A copy of a SQLite database, made while it is in use."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from bot.storage.database.engine import database_file, database_url
from bot.storage.database.errors import StorageError, explain

_SQLITE = b"SQLite format 3\0"  #: how such files begin, https://sqlite.org/fileformat.html


async def backup(address: str, target: Path) -> Path:
    """Copy the database to `target`, whole and as it is at one moment; an older copy there is replaced at the end.

    The copy does not hold the key of the texts: keep ``secret.key`` apart from it.

    Raises:
        StorageError: there is nothing to copy, it is no SQLite file, the copy cannot be written, or `target` is the
            database itself or a file that is no database.
    """
    file = database_file(database_url(address))
    if file is None:
        raise StorageError("Only a SQLite file can be copied: use pg_dump for PostgreSQL.")
    if not file.is_file():
        raise StorageError(
            f"There is no database in {file.absolute()}: run this in the bot's folder, or set BYLAW_DATA_DIR or "
            "BYLAW_DATABASE_URL as the bot has them. Nothing was copied."
        )
    return await asyncio.to_thread(_backup, file, target)


def _backup(file: Path, target: Path) -> Path:
    if target.resolve() in {Path(f"{file.resolve()}{end}") for end in ("", "-wal", "-shm")}:
        raise StorageError(f"{target} is the database itself: name another file for the copy.")
    if target.is_dir():
        raise StorageError(f"{target.absolute()} is a folder: name another file, or a file in it.")
    if target.exists() and not _is_copy(target):
        raise StorageError(f"{target} exists and is no copy of a database: name another file.")
    return copy_database(file, target)


def _is_copy(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE)) == _SQLITE


def copy_database(file: Path, target: Path) -> Path:
    """Copy a SQLite file through SQLite's own backup, readable by this user only. Blocks; run it in a thread.

    Raises:
        StorageError: the file cannot be read, or the copy not be written or is not whole; no part of a copy stays.
    """
    draft = target.with_name(f"{target.name}.unfinished")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)
            _verify(copy, draft)
        draft.replace(target)
    except (OSError, sqlite3.Error, StorageError) as error:
        with suppress(OSError):
            draft.unlink()
        if isinstance(error, StorageError):
            raise
        if isinstance(error, OSError):
            raise StorageError(
                f"The copy {target} cannot be written ({error.strerror}): make room there, or name another folder."
            ) from error
        raise StorageError(explain(error, f"The database file {file} or its copy {target}")) from error
    return target


def _verify(copy: sqlite3.Connection, file: Path) -> None:
    """A copy that is not whole is found now, and not on the day when it is needed."""
    found = copy.execute("PRAGMA integrity_check").fetchone()
    if found != ("ok",):
        raise StorageError(f"The copy {file} is not whole: the database is damaged. Keep your older copies.")
