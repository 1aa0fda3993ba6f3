"""`bylaw db` and `bylaw settings`."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from bot.storage.database.engine import create_engine, writing
from bot.storage.database.migrate import FOLDER, newest_revision

Bylaw = Callable[..., Any]


def test_upgrade_makes_a_database_and_then_has_nothing_to_do(bylaw: Bylaw) -> None:
    """The second time says that all is well."""
    newest = newest_revision()
    assert bylaw("db", "upgrade").out == (f"The database file data/bylaw.sqlite3 was created at revision {newest}.\n")
    assert bylaw("db", "upgrade").out == (
        f"The database file data/bylaw.sqlite3 is up to date, at revision {newest}. Nothing was changed.\n"
    )
    assert Path("data/bylaw.sqlite3").is_file()


def test_upgrade_says_from_where_to_where_and_names_the_copy(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both revisions, the file that is the way back, and for how long it is kept."""
    Path("data").mkdir(mode=0o700)
    asyncio.run(make_at("0013"))
    monkeypatch.setenv("BYLAW_RETENTION_DAYS", "7")
    newest = newest_revision()
    copy = f"data/bylaw.sqlite3.before-{newest}"
    assert bylaw("db", "upgrade").out == (
        f"The database file data/bylaw.sqlite3 was upgraded from revision 0013 to {newest}.\n"
        f"A copy from before the upgrade is in {copy}. The bot deletes it after 7 days.\n"
    )
    assert Path(copy).is_file()


async def make_at(revision: str) -> None:
    """A database as an older version of Bylaw made it."""
    engine = create_engine("sqlite:///data/bylaw.sqlite3")
    async with writing(engine) as connection:
        await connection.run_sync(lambda each: command.upgrade(config_for(each), revision))
    await engine.dispose()


def config_for(connection: Connection) -> Config:
    """Alembic's configuration, for revisions other than the newest."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


@pytest.mark.parametrize("command", [("privacy", "export", "--user", "7"), ("keys", "discard-texts", "--yes")])
def test_a_command_that_upgrades_first_says_so(bylaw: Bylaw, command: tuple[str, ...]) -> None:
    """Nobody finds a changed database and a copy beside it without having been told."""
    Path("data").mkdir(mode=0o700)
    asyncio.run(make_at("0013"))
    outcome = bylaw(*command)
    assert outcome.code == 0
    upgraded = f"The database was upgraded from revision 0013 to {newest_revision()} first. A copy from before is in"
    assert (upgraded in outcome.err) == Path(f"data/bylaw.sqlite3.before-{newest_revision()}").exists()
    assert (upgraded in outcome.err) == (command[0] == "privacy")  # where nothing is encrypted, keys change nothing


def test_upgrade_says_what_is_wrong_with_a_database(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is no database, and an address that is none, are one line each."""
    Path("no.sqlite3").write_text("not a database, but long enough to be looked at " * 30)
    monkeypatch.setenv("BYLAW_DATABASE_URL", "sqlite:///no.sqlite3")
    outcome = bylaw("db", "upgrade")
    assert outcome.code == 1
    assert "no SQLite database" in outcome.complaint
    monkeypatch.setenv("BYLAW_DATABASE_URL", "nonsense")
    assert bylaw("db", "upgrade").code == 1


def test_upgrade_says_what_is_wrong_with_the_settings(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every bad setting by its name, on one line."""
    monkeypatch.setenv("BYLAW_RETENTION_DAYS", "-7777")
    monkeypatch.setenv("BYLAW_JUDGE", "oracle")
    outcome = bylaw("db", "upgrade")
    assert outcome.code == 2
    assert "BYLAW_RETENTION_DAYS" in outcome.complaint
    assert "BYLAW_JUDGE" in outcome.complaint
    assert "7777" in outcome.complaint


def test_a_backup_can_be_opened(bylaw: Bylaw) -> None:
    """The copy is a database with the same tables."""
    bylaw("db", "upgrade")
    outcome = bylaw("db", "backup", "copy.sqlite3")
    assert outcome.code == 0
    assert "secret.key" in outcome.out
    with closing(sqlite3.connect("copy.sqlite3")) as copy:
        assert copy.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_a_backup_of_nothing_is_told(bylaw: Bylaw) -> None:
    """There is no database yet."""
    outcome = bylaw("db", "backup", "copy.sqlite3")
    assert outcome.code == 1
    assert outcome.complaint


def test_settings_are_listed(bylaw: Bylaw) -> None:
    """As a Markdown table."""
    outcome = bylaw("settings")
    assert outcome.code == 0
    assert "| `BYLAW_TOKEN` |" in outcome.out


def test_programs_read_what_was_done(bylaw: Bylaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """Revisions and files, of every command that changes the database."""
    newest = newest_revision()
    new = {"before": None, "after": newest, "copy": None, "copy_kept_days": None}
    assert bylaw("db", "upgrade", "--json").rows == [new]
    assert bylaw("db", "backup", "copy.sqlite3", "--json").rows == [{"copy": "copy.sqlite3"}]
    (back,) = bylaw("db", "downgrade", "0012", "--json").rows
    assert (back["before"], back["after"]) == (newest, "0012")
    assert Path(back["copy"]).is_file()
    monkeypatch.setenv("BYLAW_RETENTION_DAYS", "7")
    (forward,) = bylaw("db", "upgrade", "--json").rows
    assert (forward["before"], forward["after"], forward["copy_kept_days"]) == ("0012", newest, 7)
    (restored,) = bylaw("db", "restore", "copy.sqlite3", "--json").rows
    assert (restored["restored"], restored["erased_since"]) == ("copy.sqlite3", [])
    assert Path(restored["aside"]).is_file()


def test_programs_read_the_settings(bylaw: Bylaw) -> None:
    """Every one of the table, with defaults as JSON knows them; no value that is set is shown."""
    (document,) = bylaw("settings", "--json").rows
    table = bylaw("settings").out
    every = {each["name"]: each for each in document["settings"]}
    assert len(every) == table.count("\n") - 2
    assert all(f"| `{name}` |" in table and each["meaning"] in table for name, each in every.items())
    assert (every["BYLAW_TOKEN"]["default"], every["BYLAW_TOKEN"]["secret"]) == (None, True)
    assert (every["BYLAW_RETENTION_DAYS"]["default"], every["BYLAW_LOG_JSON"]["default"]) == (30, False)


def test_going_back_and_forward(bylaw: Bylaw) -> None:
    """An older version can be installed again, and this one later."""
    bylaw("db", "upgrade")
    back = bylaw("db", "downgrade", "0012")
    assert back.code == 0
    assert "back to 0012" in back.out
    assert "before-0012" in back.out
    assert "from revision 0012 to" in bylaw("db", "upgrade").out
    outcome = bylaw("db", "downgrade", "twelve")
    assert outcome.code == 1
    assert "name one of 0001 to" in outcome.complaint


def test_a_copy_is_put_back(bylaw: Bylaw) -> None:
    """The former database is named, and so is what to do next."""
    bylaw("db", "upgrade")
    bylaw("db", "backup", "copy.sqlite3")
    outcome = bylaw("db", "restore", "copy.sqlite3")
    assert outcome.code == 0
    assert "bylaw.sqlite3.before-restore-" in outcome.out
    assert bylaw("db", "check").code == 0
    assert bylaw("db", "restore", "none.sqlite3").code == 2


@pytest.mark.parametrize("command", [("restore", "copy.sqlite3"), ("downgrade", "0012")])
def test_a_running_bot_is_not_robbed_of_its_database(bylaw: Bylaw, command: tuple[str, str]) -> None:
    """One line says to stop it first."""
    bylaw("db", "upgrade")
    bylaw("db", "backup", "copy.sqlite3")
    Path("data/heartbeat").touch()
    outcome = bylaw("db", *command)
    assert outcome.code == 1
    assert "stop it first" in outcome.complaint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"hello " * 500,
            "cannot be put back. The database file copy.sqlite3 is no SQLite database: use another copy.",
        ),
        (b"PGDMP" * 500, "was made by pg_dump: put it back with pg_restore"),
    ],
)
def test_what_is_no_whole_copy_is_told_as_such(bylaw: Bylaw, content: bytes, said: str) -> None:
    """By its name, with what to do, and nothing is changed."""
    bylaw("db", "upgrade")
    Path("copy.sqlite3").write_bytes(content)
    outcome = bylaw("db", "restore", "copy.sqlite3")
    assert outcome.code == 1
    assert outcome.complaint.startswith(f"bylaw: copy.sqlite3 {said}")
    assert not list(Path("data").glob("*before-restore*"))


def test_half_a_copy_is_told_with_what_it_lacks(bylaw: Bylaw) -> None:
    """Somebody's restore into it was cut off."""
    bylaw("db", "upgrade")
    bylaw("db", "backup", "copy.sqlite3")
    with closing(sqlite3.connect("copy.sqlite3")) as copy:
        copy.execute("DROP TABLE report_mutes")
        copy.commit()
    assert "the table report_mutes is missing" in bylaw("db", "restore", "copy.sqlite3").complaint
    assert bylaw("db", "check").code == 0


def test_a_copy_without_its_key_is_not_put_back(bylaw: Bylaw) -> None:
    """Its texts could not be read; the key that is needed is asked for, and the database stays."""
    bylaw("db", "upgrade")
    bylaw("db", "backup", "copy.sqlite3")
    with closing(sqlite3.connect("copy.sqlite3")) as copy:
        copy.execute(
            "INSERT INTO pins (guild_id, policy_id, text_encrypted, author_id, created_at)"
            " VALUES (1, 1, x'1234', 1, '2026-01-31 12:00:00')"
        )
        copy.commit()
    outcome = bylaw("db", "restore", "copy.sqlite3")
    assert outcome.code == 1
    assert "key" in outcome.complaint
    assert not list(Path("data").glob("*before-restore*"))


def test_a_database_is_looked_over(bylaw: Bylaw) -> None:
    """In words and as JSON; a problem is an exit code of 1, and no database is one line."""
    assert bylaw("db", "check").code == 1
    bylaw("db", "upgrade")
    assert "The database is intact" in bylaw("db", "check").out
    (row,) = bylaw("db", "check", "--json").rows
    assert (row["problems"], row["rows"], row["revision"]) == ([], {}, row["newest"])
    with closing(sqlite3.connect("data/bylaw.sqlite3")) as database:
        database.execute("INSERT INTO policy_pauses (policy_id, paused_at) VALUES (99, '2026-01-31 12:00:00')")
        database.commit()
    outcome = bylaw("db", "check", "--json")
    assert outcome.code == 1
    assert outcome.rows[0]["problems"] == ["a row of policy_pauses refers to a row of policies that is not there"]
    assert "1 problem:" in outcome.complaint


def test_advice_is_about_what_is_wrong(bylaw: Bylaw) -> None:
    """A wrong key is no reason to put a copy back, and a damaged database none to look for a key."""
    bylaw("db", "upgrade")
    with closing(sqlite3.connect("data/bylaw.sqlite3")) as database:
        database.execute(
            "INSERT INTO pins (guild_id, policy_id, text_encrypted, author_id, created_at)"
            " VALUES (1, 1, x'1234', 1, '2026-01-31 12:00:00')"
        )
        database.commit()
    outcome = bylaw("db", "check", "--json")
    assert outcome.code == 1
    assert "1 problem: put back the key that belongs to the database." in outcome.complaint
    assert "restore" not in outcome.complaint
    with closing(sqlite3.connect("data/bylaw.sqlite3")) as database:
        database.execute("INSERT INTO policy_pauses (policy_id, paused_at) VALUES (99, '2026-01-31 12:00:00')")
        database.commit()
    both = bylaw("db", "check", "--json").complaint
    assert "2 problems: put back the key that belongs to the database, then put back a copy with `bylaw db" in both


@pytest.mark.parametrize("target", ["", ".", "data"])
def test_a_copy_needs_a_file(bylaw: Bylaw, target: str) -> None:
    """A folder, which an empty name is, too, is no place for it."""
    bylaw("db", "upgrade")
    outcome = bylaw("db", "backup", target)
    assert outcome.code == 1
    assert "is a folder: name another file, or a file in it." in outcome.complaint
