"""Putting a copy back: all of it or nothing of it, and nothing that was there is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.storage.database.backup import backup
from bot.storage.database.engine import create_engine
from bot.storage.database.errors import StorageError
from bot.storage.database.migrate import copies_of, newest_revision, upgrade
from bot.storage.database.restore import look_over, restore
from tests.bot.storage.rows import NOON

ENTRY = (
    "INSERT INTO audit_entries (guild_id, actor_id, action, subject, detail, at)"
    " VALUES (1, 77, '{action}', '{subject}', '', '2026-01-31 12:00:00')"
)


async def write(address: str, *statements: str) -> None:
    """Carry statements out, each in a transaction of its own."""
    engine = create_engine(address)
    for statement in statements:
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    await engine.dispose()


def subjects(file: Path) -> list[str]:
    """What the audit entries of a database are about."""
    with closing(sqlite3.connect(file)) as database:
        return [row[0] for row in database.execute("SELECT subject FROM audit_entries ORDER BY id")]


def damage(file: Path) -> Path:
    """Cut a file in half."""
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    return file


def names_in(folder: Path) -> list[str]:
    """The files of a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A database with one entry, a copy of it, and two more entries."""
    file = tmp_path / "bylaw.sqlite3"
    await upgrade(f"sqlite:///{file}")
    await write(f"sqlite:///{file}", ENTRY.format(action="policy_published", subject="policy:1"))
    await backup(f"sqlite:///{file}", tmp_path / "copy.sqlite3")
    erased = ENTRY.format(action="erasure_asked", subject="member:7")
    await write(f"sqlite:///{file}", ENTRY.format(action="policy_published", subject="policy:2"), erased, erased)
    return file


async def test_the_copy_is_in_its_place_and_the_former_one_beside_it(file: Path, tmp_path: Path) -> None:
    """The former one is whole, found by the rule that deletes old copies, and its erasures are named."""
    os.utime(file, (0, 0))
    done = await restore(f"sqlite:///{file}", tmp_path / "copy.sqlite3", now=NOON)
    assert subjects(file) == ["policy:1"]
    assert done.aside is not None
    assert done.aside.stat().st_mtime > 0
    assert subjects(done.aside) == ["policy:1", "policy:2", "member:7", "member:7"]
    assert done.aside in copies_of(file)
    assert done.erased_since == ((1, 7),)
    assert subjects(tmp_path / "copy.sqlite3") == ["policy:1"]
    assert (await upgrade(f"sqlite:///{file}")).before == newest_revision()


async def test_what_was_not_yet_in_the_file_moves_with_it(file: Path, tmp_path: Path) -> None:
    """A bot that was killed left its last entries in the write-ahead log."""
    writer = sqlite3.connect(file)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute(ENTRY.format(action="policy_published", subject="policy:3"))
    writer.commit()
    killed = shutil.copytree(tmp_path, tmp_path / "killed")
    writer.close()
    assert (killed / "bylaw.sqlite3-wal").stat().st_size > 0
    done = await restore(f"sqlite:///{killed / 'bylaw.sqlite3'}", tmp_path / "copy.sqlite3", now=NOON)
    assert done.aside is not None
    assert subjects(killed / "bylaw.sqlite3") == ["policy:1"]
    assert subjects(done.aside)[-1] == "policy:3"


async def test_a_damaged_database_can_be_replaced(file: Path, tmp_path: Path) -> None:
    """It is moved aside as it is."""
    size = damage(file).stat().st_size
    done = await restore(f"sqlite:///{file}", tmp_path / "copy.sqlite3", now=NOON)
    assert subjects(file) == ["policy:1"]
    assert done.aside is not None
    assert done.aside.stat().st_size == size
    assert done.erased_since == ()


async def test_a_copy_is_put_where_nothing_was(file: Path, tmp_path: Path) -> None:
    """On a new machine there is nothing to move aside."""
    new = tmp_path / "new" / "bylaw.sqlite3"
    done = await restore(f"sqlite:///{new}", tmp_path / "copy.sqlite3", now=NOON)
    assert (done.aside, subjects(new)) == (None, ["policy:1"])


@pytest.mark.parametrize(
    ("copy", "said"),
    [
        ("nothing.sqlite3", "There is no database"),
        ("bylaw.sqlite3", "the database itself"),
        ("text.sqlite3", "no SQLite database"),
        ("other.sqlite3", "did not make"),
        ("empty.sqlite3", "There is no database"),
        ("cut.sqlite3", "damaged|not whole"),
    ],
)
async def test_what_is_no_copy_is_refused(file: Path, tmp_path: Path, copy: str, said: str) -> None:
    """The database stays as it is, and nothing is left beside it."""
    (tmp_path / "text.sqlite3").write_bytes(b"something else " * 500)
    (tmp_path / "empty.sqlite3").touch()
    with closing(sqlite3.connect(tmp_path / "other.sqlite3")) as other:
        other.execute("CREATE TABLE cases (mine)")
    damage(shutil.copy(tmp_path / "copy.sqlite3", tmp_path / "cut.sqlite3"))
    before = names_in(tmp_path)
    with pytest.raises(StorageError, match=said):
        await restore(f"sqlite:///{file}", tmp_path / copy, now=NOON)
    assert subjects(file)[:2] == ["policy:1", "policy:2"]
    assert set(names_in(tmp_path)) <= set(before)


async def test_a_whole_database_has_no_problem(empty_database: str) -> None:
    """Its revision and its rows are counted."""
    await upgrade(empty_database)
    await write(empty_database, ENTRY.format(action="policy_published", subject="policy:1"))
    health = await look_over(empty_database)
    assert (health.revision, health.newest, health.problems) == (newest_revision(), newest_revision(), ())
    assert health.rows == {"audit_entries": 1}


async def test_rows_that_refer_to_nothing_are_told(file: Path) -> None:
    """Somebody edited the file by hand."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("INSERT INTO policy_pauses (policy_id, paused_at) VALUES (99, '2026-01-31 12:00:00')")
        database.commit()
    assert (await look_over(f"sqlite:///{file}")).problems == (
        "a row of policy_pauses refers to a row of policies that is not there",
    )


async def test_damage_is_told(file: Path) -> None:
    """Half a file is damaged, in one line or in the database's own words."""
    damage(file)
    try:
        problems = (await look_over(f"sqlite:///{file}")).problems
    except StorageError as error:
        problems = (str(error),)
    assert problems
    assert any("damaged" in each or "page" in each.lower() for each in problems)
