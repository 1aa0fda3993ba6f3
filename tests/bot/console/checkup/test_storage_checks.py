"""Where things are kept: what doctor says about servers, copies and disks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url, text

from bot.console.checkup.report import Line, Status, fail, ok
from bot.console.checkup.storage_checks import (
    check_backups,
    check_disks,
    check_postgres,
    disk_line,
    postgres_lines,
    words_for,
)
from bot.settings import Settings
from bot.storage.database.engine import create_engine
from bot.storage.database.server_check import ServerFacts, ask_server
from tests.bot.storage.rows import NOON
from tests.databases.postgres import Postgres

FACTS = ServerFacts(version="15.4", encoding="UTF8", user="bylaw", schema="public")


@pytest.fixture
def settings_with(tmp_path: Path) -> Callable[..., Settings]:
    """Makes settings with a data folder of their own."""
    return lambda **given: Settings(**{"data_dir": tmp_path, **given})


def test_a_line_is_what_is_the_matter_and_what_to_do() -> None:
    """Apart from each other for programs; a line that is well has nothing to do."""
    line = fail("server", "http://gpu1:8000 cannot be reached: check the address: it may be wrong.")
    assert (line.said, line.fix) == ("http://gpu1:8000 cannot be reached", "check the address: it may be wrong.")
    assert (ok("gpu", "a card: it is used").said, ok("gpu", "a card: it is used").fix) == ("a card: it is used", "")
    assert fail("x", "nobody knows").fix == ""


async def test_sqlite_has_no_server(settings_with: Callable[..., Settings]) -> None:
    """And a wrong address is told by the line about the database, and here."""
    assert await check_postgres(settings_with()) == []
    (line,) = await check_postgres(settings_with(database_url="nonsense://"))
    assert line.status is Status.FAIL


async def test_a_server_that_is_away_is_one_line(settings_with: Callable[..., Settings]) -> None:
    """With what to do, and without the password."""
    (line,) = await check_postgres(settings_with(database_url="postgresql://u:secret@127.0.0.1:1/d"))
    assert line.status is Status.FAIL
    assert "cannot be reached: check that it runs" in line.text
    assert "secret" not in line.text


async def test_a_server_with_all_rights_is_fine(postgres: Postgres, settings_with: Callable[..., Settings]) -> None:
    """The owner of the tables may do everything."""
    async with postgres.migrated() as address:
        (line,) = await check_postgres(settings_with(database_url=address))
    assert line.status is Status.OK
    assert "version 1" in line.text


async def test_missing_rights_are_told_with_the_statement_that_grants_them(postgres: Postgres) -> None:
    """To a user that may read and nothing else; what is granted then is no longer missing."""
    async with postgres.migrated() as address:
        await as_owner(
            address,
            "DROP ROLE IF EXISTS reader",
            "CREATE ROLE reader LOGIN",
            "GRANT USAGE ON SCHEMA public TO reader",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        )
        reader = make_url(address).set(username="reader").render_as_string(hide_password=False)
        facts = await ask_server(reader)
        assert facts.lacks[0] == "CREATE ON SCHEMA public"
        assert "INSERT ON cases" in facts.lacks
        assert not any(right.startswith("SELECT") for right in facts.lacks)
        failed, owned = postgres_lines(facts)
        assert "GRANT CREATE ON SCHEMA public TO reader" in failed.fix
        assert "REASSIGN OWNED BY postgres TO reader" in owned.fix
        await as_owner(address, *(f"GRANT {right} TO reader" for right in facts.lacks))
        assert (await ask_server(reader)).lacks == ()
        await as_owner(address, "DROP OWNED BY reader", "DROP ROLE reader")


async def as_owner(address: str, *statements: str) -> None:
    """Carry statements out as the database's owner."""
    connection = await asyncpg.connect(make_url(address).render_as_string(hide_password=False))
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (replace(FACTS, encoding="SQL_ASCII"), "encoding is SQL_ASCII"),
        (replace(FACTS, schema=""), "sees no schema"),
        (replace(FACTS, lacks=("A", "B", "C", "D", "E")), "and 2 more like it"),
    ],
)
def test_what_is_wrong_with_a_server_is_a_line(facts: ServerFacts, said: str) -> None:
    """And keeps the bot from working."""
    (line,) = postgres_lines(facts)
    assert line.status is Status.FAIL
    assert said in line.text


def test_copies_that_nobody_makes_are_told(settings_with: Callable[..., Settings]) -> None:
    """With the setting."""
    line = check_backups(settings_with())
    assert line.status is Status.WARN
    assert "BYLAW_BACKUP_EVERY_HOURS=24" in line.fix


def test_the_age_of_the_newest_copy_is_told(settings_with: Callable[..., Settings], tmp_path: Path) -> None:
    """None yet, fresh, old, and a folder that cannot be read."""
    settings = settings_with(backup_every_hours=24)
    assert "makes the first" in check_backups(settings).text
    (tmp_path / "bylaw.sqlite3").touch()
    assert check_backups(settings).status is Status.WARN
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "bylaw-20260131T120000Z.sqlite3").touch()
    fresh = check_backups(settings, now=NOON + timedelta(hours=3, minutes=5))
    assert (fresh.status, "the newest 3 h 5 min old" in fresh.text) == (Status.OK, True)
    old = check_backups(settings, now=NOON + timedelta(days=3))
    assert (old.status, "is 3 days old, and one is due every 24 h" in old.text) == (Status.WARN, True)


def test_copies_without_pg_dump_are_told(
    settings_with: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would all fail."""
    monkeypatch.setenv("PATH", str(tmp_path))
    line = check_backups(settings_with(backup_every_hours=24, database_url="postgresql://u@h/d"))
    assert line.status is Status.WARN
    assert "postgresql-client" in line.fix


@pytest.mark.parametrize(
    ("free", "size", "status"),
    [(50e6, 0, Status.FAIL), (500e6, 0, Status.WARN), (3e9, 2e9, Status.WARN), (5e9, 2e9, Status.OK)],
)
def test_room_is_measured_by_what_is_needed(free: float, size: float, status: Status) -> None:
    """An upgrade copies the database."""
    line = disk_line(Path("/srv"), int(free), database_size=int(size))
    assert line.status is status
    assert "/srv" in line.text


def test_a_folder_that_is_not_there_yet_is_measured_above_it(settings_with: Callable[..., Settings]) -> None:
    """Doctor makes none."""
    settings = settings_with(data_dir=Path("not/yet/there"))
    lines: list[Line] = check_disks(settings)
    assert [line.name for line in lines] == ["disk"]
    assert not Path("not").exists()


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ({"minutes": 5}, "5 min"),
        ({"hours": 3}, "3 h"),
        ({"hours": 3, "minutes": 2}, "3 h 2 min"),
        ({"days": 5}, "5 days"),
    ],
)
def test_times_are_said_as_people_say_them(span: dict[str, int], words: str) -> None:
    """Rounded to minutes, hours and days."""
    assert words_for(timedelta(**span)) == words


def test_half_an_upgrade_is_told(bylaw: Callable[..., Any]) -> None:
    """A database that lacks a table or names no revision: by doctor, by check, and before anything is written."""
    bylaw("db", "upgrade")
    asyncio.run(change("DROP TABLE report_mutes"))
    lines = {line["name"]: line for line in bylaw("doctor", "--json").rows[0]["checks"]}
    assert lines["database"]["state"] == "fail"
    assert "the table report_mutes is missing" in lines["database"]["said"]
    assert "put a copy of it back" in lines["database"]["fix"]
    assert "report_mutes is missing" in bylaw("db", "check").out
    assert "half-way" in bylaw("db", "upgrade").complaint
    asyncio.run(change("DELETE FROM alembic_version"))
    assert "names no revision" in bylaw("db", "upgrade").complaint
    asyncio.run(change("INSERT INTO alembic_version VALUES ('0001'), ('0002')"))
    assert "names several revisions" in bylaw("db", "upgrade").complaint


async def change(statement: str) -> None:
    """What a cut-off upgrade leaves."""
    engine = create_engine("sqlite:///data/bylaw.sqlite3")
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def test_an_older_database_is_no_fault(bylaw: Callable[..., Any]) -> None:
    """The next start brings it up to date, and doctor says so instead of failing at a missing column."""
    bylaw("db", "upgrade")
    bylaw("db", "downgrade", "0013")
    lines = {line["name"]: line for line in bylaw("doctor", "--json").rows[0]["checks"]}
    assert lines["database"]["state"] == "ok"
    assert "is at revision 0013" in lines["database"]["said"]
