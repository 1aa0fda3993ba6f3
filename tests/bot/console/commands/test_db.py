"""`bylaw db` and `bylaw settings`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Bylaw = Callable[..., Any]


def test_upgrade_makes_a_database_and_then_has_nothing_to_do(bylaw: Bylaw) -> None:
    """The second time says that all is well."""
    made = bylaw("db", "upgrade").out
    assert "from empty to revision" in made
    assert "It is new" in made
    assert "up to date" in bylaw("db", "upgrade").out
    assert Path("data/bylaw.sqlite3").is_file()


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
    """Every bad setting by its name, on one line, without its value."""
    monkeypatch.setenv("BYLAW_RETENTION_DAYS", "-7777")
    monkeypatch.setenv("BYLAW_JUDGE", "oracle")
    outcome = bylaw("db", "upgrade")
    assert outcome.code == 2
    assert "BYLAW_RETENTION_DAYS" in outcome.complaint
    assert "BYLAW_JUDGE" in outcome.complaint
    assert "7777" not in outcome.complaint


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
