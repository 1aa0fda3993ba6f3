"""Copies that the bot makes by itself: when they are due, how many stay, and what is said when they fail."""

from __future__ import annotations

import logging
import sqlite3
import stat
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.storage.database.scheduled_backups import (
    BackupPlan,
    ScheduledBackups,
    copies_in,
    is_late,
    newest,
)
from tests.bot.storage.rows import NOON

HOUR = timedelta(hours=1)


class Clock:
    """A clock that a test moves by hand."""

    time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    """Noon."""
    return Clock()


@pytest.fixture
def plan(tmp_path: Path) -> BackupPlan:
    """Every six hours, three copies."""
    return BackupPlan(folder=tmp_path / "backups", every=6 * HOUR, keep=3)


@pytest.fixture
def backups(sqlite_address: str, plan: BackupPlan, clock: Clock) -> ScheduledBackups:
    """Of a database in a file."""
    return ScheduledBackups(sqlite_address, plan, now=clock)


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


async def test_the_first_copy_is_made_at_once_and_is_private(backups: ScheduledBackups, plan: BackupPlan) -> None:
    """A whole database that only this user can read, and nothing beside it."""
    assert await backups.make_if_due()
    (copy,) = plan.folder.iterdir()
    assert copy.name == "bylaw-20260131T120000Z.sqlite3"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(plan.folder.stat().st_mode) == 0o700
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    assert (backups.last, backups.failing) == (NOON, False)


async def test_the_next_one_waits_for_its_time_also_after_a_restart(
    backups: ScheduledBackups, sqlite_address: str, plan: BackupPlan, clock: Clock
) -> None:
    """What is due is read off the folder."""
    await backups.make_if_due()
    clock.time += 5 * HOUR
    assert not await backups.make_if_due()
    restarted = ScheduledBackups(sqlite_address, plan, now=clock)
    assert not await restarted.make_if_due()
    assert restarted.last == NOON
    clock.time += HOUR
    assert await restarted.make_if_due()
    assert len(names(plan.folder)) == 2


async def test_old_ones_go_and_other_files_stay(backups: ScheduledBackups, plan: BackupPlan, clock: Clock) -> None:
    """Only files with the name of a scheduled copy are ever deleted."""
    plan.folder.mkdir()
    for name in ("mine.sqlite3", "bylaw-before-the-party.sqlite3", "bylaw-20250101T000000Z.sqlite3.gz"):
        (plan.folder / name).touch()
    for _ in range(5):
        await backups.make_if_due()
        clock.time += 6 * HOUR
    assert [copy.at for copy in copies_in(plan.folder, now=clock.time)] == [
        NOON + hours * HOUR for hours in (12, 18, 24)
    ]
    assert len(names(plan.folder)) == 6


async def test_a_clock_that_was_ahead_does_not_stop_copies(
    backups: ScheduledBackups, plan: BackupPlan, clock: Clock
) -> None:
    """What it dated into the future counts as the oldest, goes first, and holds up nothing."""
    await backups.make_if_due()
    clock.time += timedelta(days=400)
    await backups.make_if_due()
    clock.time = NOON + 6 * HOUR
    assert await backups.make_if_due()
    assert not await backups.make_if_due()
    clock.time += 6 * HOUR
    await backups.make_if_due()
    assert [copy.at for copy in copies_in(plan.folder, now=clock.time)] == [NOON + hours * HOUR for hours in (0, 6, 12)]


async def test_a_failure_is_told_once_and_keeps_older_copies(
    backups: ScheduledBackups, plan: BackupPlan, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again after a while and not every minute; when it works again, the next failure is told again."""
    await backups.make_if_due()
    database, away = tmp_path / "bylaw.sqlite3", tmp_path / "away"
    database.rename(away)
    with caplog.at_level(logging.INFO):
        for _ in range(60):
            clock.time += timedelta(minutes=30)
            assert not await backups.make_if_due()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "backup failed" in caplog.text
    assert "There is no database in" in caplog.text
    assert (backups.failing, backups.last) == (True, NOON)
    assert len(names(plan.folder)) == 1
    away.rename(database)
    assert not await backups.make_if_due()  # the last try was a moment ago
    clock.time += timedelta(minutes=15)
    assert await backups.make_if_due()
    assert not backups.failing
    database.rename(away)
    clock.time += 6 * HOUR
    caplog.clear()
    await backups.make_if_due()
    assert "backup failed" in caplog.text


async def test_a_folder_that_cannot_be_used_is_told(
    backups: ScheduledBackups, plan: BackupPlan, caplog: pytest.LogCaptureFixture
) -> None:
    """One line, with what to do."""
    plan.folder.write_text("a file, no folder")
    assert not await backups.make_if_due()
    assert "cannot be written" in caplog.text
    assert "Traceback" not in caplog.text


def test_late_is_later_than_planned(plan: BackupPlan) -> None:
    """None at all is late, and so is one that is much older than it should be."""
    assert is_late(None, plan, now=NOON)
    assert is_late(NOON - 8 * HOUR, plan, now=NOON)
    assert not is_late(NOON - 6 * HOUR, plan, now=NOON)
    assert newest((), now=NOON) is None
