"""A copy of the database: whole, private, and never half there."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.keys import Cipher, new_key
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.database.backup import backup
from bot.storage.database.engine import create_engine
from bot.storage.database.errors import StorageError
from bot.storage.database.migrate import upgrade
from tests.bot.storage.rows import NOON, opened_case


def files_below(folder: Path) -> list[Path]:
    """All files of a folder and of the folders in it."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_a_database_in_use_is_copied_whole(tmp_path: Path) -> None:
    """What was committed is in the copy, what is being written is not."""
    address, target = f"sqlite:///{tmp_path / 'bylaw.sqlite3'}", tmp_path / "copies" / "copy.sqlite3"
    engine = create_engine(address)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (a)"))
        await connection.execute(text("INSERT INTO t VALUES (1)"))
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO t VALUES (2)"))
        assert await backup(address, target) == target
    await engine.dispose()
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT a FROM t").fetchall() == [(1,)]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["copy.sqlite3"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sqlite:///{folder}/nothing.sqlite3", "There is no database in"),
        ("sqlite://", "Only a SQLite file"),
        ("postgresql://u@127.0.0.1:1/d", "pg_dump"),
        ("sqlite:///{folder}/broken.sqlite3", "no SQLite database"),
    ],
)
async def test_what_cannot_be_copied_is_one_line(tmp_path: Path, address: str, said: str) -> None:
    """No copy is left behind, and no file is made where the database should be."""
    (tmp_path / "broken.sqlite3").write_bytes(b"something else " * 500)
    with pytest.raises(StorageError, match=said):
        await backup(address.format(folder=tmp_path), tmp_path / "copies" / "copy.sqlite3")
    assert [path.name for path in files_below(tmp_path)] == ["broken.sqlite3"]


async def test_a_copy_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """The folder is named; the database stays as it is."""
    with closing(sqlite3.connect(tmp_path / "bylaw.sqlite3")) as database:
        database.execute("CREATE TABLE t (a)")
    (tmp_path / "copies").write_text("a file, no folder")
    with pytest.raises(StorageError, match="cannot be written"):
        await backup(f"sqlite:///{tmp_path / 'bylaw.sqlite3'}", tmp_path / "copies" / "copy.sqlite3")


async def test_a_copy_can_be_put_back_and_read(tmp_path: Path) -> None:
    """With the key the text of a case is there again; without it, the copy holds no text of anybody."""
    cipher, address = Cipher((new_key().encode(),)), f"sqlite:///{tmp_path / 'bylaw.sqlite3'}"
    await upgrade(address)
    engine = create_engine(address)
    await opened_case(engine, cipher, text="zebra crossing")
    target = await backup(address, tmp_path / "copies" / "copy.sqlite3")  # while the engine is open
    await opened_case(engine, cipher, text="giraffe house", message_id=501)
    await engine.dispose()
    assert b"zebra" not in target.read_bytes()
    for left in files_below(tmp_path):
        if left.parent == tmp_path:
            left.unlink()
    shutil.copy(target, tmp_path / "bylaw.sqlite3")
    await upgrade(address)
    engine = create_engine(address)
    store = SqlCaseStore(engine, now=lambda: NOON, cipher=cipher)
    case = await store.get(1, 1)
    assert case is not None
    assert case.evidence.text == "zebra crossing"
    assert await store.get(1, 2) is None
    await engine.dispose()


async def test_a_damaged_database_is_found_out(tmp_path: Path) -> None:
    """Its copy would be as damaged: it is not put in the place of a good one."""
    file, target = tmp_path / "bylaw.sqlite3", tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE t (a)")
        database.executemany("INSERT INTO t VALUES (?)", [("x" * 500,) for _ in range(100)])
        database.commit()
    whole = file.read_bytes()
    file.write_bytes(whole[: 4 * 4096] + b"\xff" * 4096 + whole[5 * 4096 :])
    target.write_bytes(b"SQLite format 3\0, the good one")
    with pytest.raises(StorageError, match=r"not whole|damaged|malformed"):
        await backup(f"sqlite:///{file}", target)
    assert target.read_bytes() == b"SQLite format 3\0, the good one"
    assert [path.name for path in files_below(tmp_path)] == ["bylaw.sqlite3", "copy.sqlite3"]


@pytest.mark.parametrize("name", ["bylaw.sqlite3", "bylaw.sqlite3-wal", "secret.key", "notes.txt", "a folder"])
async def test_a_copy_replaces_nothing_but_an_older_copy(tmp_path: Path, name: str) -> None:
    """Not the database, not the key, and no file or folder that is no database."""
    address = f"sqlite:///{tmp_path / 'bylaw.sqlite3'}"
    await upgrade(address)
    before = (tmp_path / "bylaw.sqlite3").read_bytes()
    for file in ("secret.key", "notes.txt"):
        (tmp_path / file).write_text("keep me")
    (tmp_path / "a folder").mkdir()
    with pytest.raises(StorageError, match="name another file"):
        await backup(address, tmp_path / name)
    assert (tmp_path / "bylaw.sqlite3").read_bytes() == before
    assert (tmp_path / "secret.key").read_text() == (tmp_path / "notes.txt").read_text() == "keep me"
