"""Copying PostgreSQL: by its own program, whole or not at all, and no password where others see it."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from bot.storage.database.backup import backup
from bot.storage.database.engine import create_engine, database_url
from bot.storage.database.errors import StorageError
from bot.storage.database.pg_dump import connection_settings
from tests.databases.postgres import Postgres

needs_pg_dump = pytest.mark.skipif(
    shutil.which("pg_dump") is None, reason="pg_dump is not installed: `apt-get install postgresql-client`"
)


@pytest.fixture
async def address(postgres: Postgres) -> AsyncIterator[str]:
    """A PostgreSQL database with all tables and a server in it."""
    async with postgres.migrated() as address:
        engine = create_engine(address)
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO report_turns (guild_id, member_id) VALUES (1, 7)"))
        await engine.dispose()
        yield address


def wait_for(file: Path) -> None:
    """Until somebody wrote into a file."""
    while not (file.exists() and file.read_text().strip()):
        time.sleep(0.01)


def program(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only pg_dump that is found."""
    folder.mkdir()
    (folder / "pg_dump").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/bin{os.pathsep}/usr/bin" if script else str(folder))


@needs_pg_dump
async def test_a_copy_can_be_put_back_with_pg_restore(address: str, tmp_path: Path) -> None:
    """Everything is in it, and only this user can read it."""
    target = await backup(address, tmp_path / "copies" / "copy.dump")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["copy.dump"]
    environment = {**os.environ, **connection_settings(database_url(address))}
    command = ["pg_restore", "--clean", "--if-exists", "--no-owner", "--dbname=postgres", str(target)]
    engine = create_engine(address)
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM report_turns"))
    await engine.dispose()
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    async with engine.begin() as connection:
        assert await connection.scalar(text("SELECT member_id FROM report_turns")) == 7
    await engine.dispose()


async def test_without_the_program_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StorageError, match="postgresql-client"):
        await backup("postgresql://u:secret@127.0.0.1:1/d", tmp_path / "copies" / "copy.dump")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "echo 'pg_dump: error: aborting because of server version mismatch' >&2; exit 1",
            "is newer than pg_dump: install",
        ),
        ("echo 'pg_dump: error: connection failed for secret' >&2; exit 1", "says: connection failed for *."),
        ("exit 3", "says: nothing"),
    ],
)
async def test_what_goes_wrong_is_one_line_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    """And no part of a copy stays; an older copy of the same name does."""
    program(tmp_path / "bin", script, monkeypatch)
    target = tmp_path / "copy.dump"
    target.write_bytes(b"PGDMP, the good one")
    with pytest.raises(StorageError) as caught:
        await backup("postgresql://u:secret@127.0.0.1:1/d", target)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert target.read_bytes() == b"PGDMP, the good one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "copy.dump"]


async def test_a_file_that_is_no_copy_stays(tmp_path: Path) -> None:
    """Whatever it is."""
    (tmp_path / "notes.txt").write_text("keep me")
    with pytest.raises(StorageError, match="name another file"):
        await backup("postgresql://u@127.0.0.1:1/d", tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "keep me"


async def test_pg_dump_ends_with_the_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that is stopped in the middle leaves no program and no part of a copy behind."""
    program(tmp_path / "bin", f"echo $$ > {tmp_path}/pid; exec sleep 60", monkeypatch)
    copying = asyncio.create_task(backup("postgresql://u@127.0.0.1:1/d", tmp_path / "copy.dump"))
    pid = tmp_path / "pid"
    await asyncio.to_thread(wait_for, pid)
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "pid"]


def test_what_an_address_says_is_handed_over() -> None:
    """By the names of PostgreSQL's own programs; a socket's folder is a host, too."""
    url = make_url("postgresql+asyncpg://ann:p%40ss@db:5433/bylaw?ssl=require")
    assert connection_settings(url) == {
        "PGHOST": "db",
        "PGPORT": "5433",
        "PGUSER": "ann",
        "PGPASSWORD": "p@ss",
        "PGDATABASE": "bylaw",
        "PGSSLMODE": "require",
    }
    assert connection_settings(make_url("postgresql:///bylaw?host=/run/postgresql")) == {
        "PGHOST": "/run/postgresql",
        "PGDATABASE": "bylaw",
    }
