"""Backs up the database while it is in use: with SQLite's own backup, or with `pg_dump`."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from bot.storage.database.engine import database_file, database_url
from bot.storage.database.errors import StorageError, explain
from bot.storage.database.pg_dump import DUMP, dump

_PAGES = 2_000  # pages of SQLite between two checks whether to stop
_STEPS = 100_000  # instructions of SQLite's virtual machine, the same
_SQLITE = b"SQLite format 3\0"  #: magic bytes, https://sqlite.org/fileformat.html


async def backup(address: str, target: Path) -> Path:
    """Copy the whole database to `target`, as of one moment; an older copy there is replaced at the end.

    The copy does not hold the key of the texts: keep ``secret.key`` apart from it.

    Raises:
        StorageError: there is nothing to copy, the database cannot be read, the copy cannot be written, or `target`
            is the database itself or a file that isn't a copy.
    """
    url = database_url(address)
    file = database_file(url)
    if url.get_backend_name() == "postgresql":
        await asyncio.to_thread(_require_copy, target)
        return await dump(url, target)
    if file is None:
        raise StorageError("Only a SQLite file or a PostgreSQL database can be copied, not one in memory.")
    if not file.is_file():
        raise StorageError(
            f"There is no database in {file.absolute()}: run this in the bot's folder, or set BYLAW_DATA_DIR or "
            "BYLAW_DATABASE_URL as the bot has them. Nothing was copied."
        )
    stop = threading.Event()
    try:
        return await asyncio.to_thread(_backup, file, target, stop.is_set)
    except asyncio.CancelledError:
        stop.set()  # the thread itself cannot be cancelled
        raise


def _backup(file: Path, target: Path, stop: Callable[[], bool]) -> Path:
    if target.resolve() in {Path(f"{file.resolve()}{end}") for end in ("", "-wal", "-shm")}:
        raise StorageError(f"{target} is the database itself: name another file for the copy.")
    _require_copy(target)
    return copy_database(file, target, stop=stop)


def _require_copy(target: Path) -> None:
    """Make sure that only an older copy is replaced."""
    if target.is_dir():
        raise StorageError(f"{target.absolute()} is a folder: name another file, or a file in it.")
    if target.exists() and not _is_copy(target):
        raise StorageError(f"{target} exists and is no copy of a database: name another file.")


def _is_copy(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE)).startswith((_SQLITE, DUMP))


class Stopped(StorageError):
    """The copy was cancelled."""


def copy_database(file: Path, target: Path, *, stop: Callable[[], bool] = lambda: False) -> Path:
    """Copy a SQLite file through SQLite's own backup, readable by this user only. Blocks; run it in a thread.

    Args:
        stop: checked now and then whether to give up.

    Raises:
        StorageError: the file cannot be read, or the copy not be written or is not whole; no part of a copy stays.
    """

    def go_on(*_: int) -> None:
        if stop():
            raise Stopped(f"Copying {file} was stopped.")

    draft = target.with_name(f"{target.name}.unfinished")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(draft)) as copy:
            source.execute("BEGIN").execute(
                "SELECT 1 FROM sqlite_master"
            ).fetchall()  # one moment: nobody starts it over
            source.backup(copy, pages=_PAGES, progress=go_on)
            copy.set_progress_handler(stop, _STEPS)
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
    """Verify the copy now, rather than finding out when it is needed."""
    found = copy.execute("PRAGMA integrity_check").fetchone()
    if found != ("ok",):
        raise StorageError(f"The copy {file} is not whole: the database is damaged. Keep your older copies.")
