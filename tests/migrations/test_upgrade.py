"""Upgrading: rows stay, copies are made, and nobody is left half-way."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from bot.keys import Cipher, new_key
from bot.moderation.cases.case import CaseKind, CaseState, Decision, Evidence, Judged, NewCase, RuleBroken
from bot.moderation.servers.server import ServerSettings
from bot.storage.audit.log import SqlAuditLog, record_policy_change
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.database.engine import create_engine
from bot.storage.database.errors import NewerSchema, StorageError
from bot.storage.database.migrate import FOLDER, newest_revision, upgrade, upgrade_engine
from bot.storage.servers.servers import SqlServerStore
from guild_policies.scope import PolicySettings
from guild_policies.store.sql import SqlPolicyStore

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
NEWEST = newest_revision()
NEXT = f"{int(NEWEST or 0) + 1:04}"
KEY = new_key().encode()
ADD_COLUMN = "op.add_column('servers', sa.Column('language', sa.String, nullable=False, server_default='en'))"
SERVER = ServerSettings(guild_id=1, review_channel_id=50, reviewer_role_id=None)

Folders = Callable[..., Path]


async def fill(address: str) -> None:
    """Put one of everything into the database."""
    engine = create_engine(address)
    cases = SqlCaseStore(engine, now=lambda: NOON, cipher=Cipher((KEY,)))
    await SqlServerStore(engine, now=lambda: NOON).save(SERVER, actor_id=77)
    evidence = Evidence(
        channel_id=10, message_id=500, author_id=7, edit=0, text="you are a fool", forwarded=False, posted_at=NOON
    )
    judged = Judged(
        policy_id=3,
        policy_name="harassment",
        version_id=40,
        version_number=2,
        rules=(RuleBroken(id="R1", title="Insults", severity="high"),),
        score=0.97,
        rationale="An insult.",
        reasoning=None,
        method="reasoned",
        judge="gguf:abc",
        prompt_fingerprint=None,
    )
    await cases.open(NewCase(guild_id=1, kind=CaseKind.VIOLATION, evidence=evidence, judged=judged))
    await cases.decide(1, 1, Decision(state=CaseState.VIOLATION, moderator_id=77, at=NOON))
    await engine.dispose()


async def content(address: str) -> tuple[object, ...]:
    """What the stores read from the database."""
    engine = create_engine(address)
    cases = SqlCaseStore(engine, now=lambda: NOON, cipher=Cipher((KEY,)))
    found = (
        await cases.get(1, 1),
        await SqlAuditLog(engine).entries(1),
        await SqlServerStore(engine, now=lambda: NOON).get(1),
    )
    await engine.dispose()
    return found


def names_in(folder: Path) -> list[str]:
    """The files of a folder."""
    return [path.name for path in folder.iterdir()]


async def revision_in(address: str) -> str:
    """The revision that the database says it is at."""
    engine = create_engine(address)
    async with engine.begin() as connection:
        found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    await engine.dispose()
    return str(found)


async def test_an_empty_database_is_made(empty_database: str) -> None:
    """The first upgrade makes everything, and there is nothing to copy."""
    report = await upgrade(empty_database)
    assert (report.before, report.after, report.copy) == (None, NEWEST, None)
    await fill(empty_database)
    assert None not in await content(empty_database)


async def test_upgrading_twice_changes_nothing(empty_database: str, tmp_path: Path) -> None:
    """There is nothing to do the second time, and no copy is made."""
    await upgrade(empty_database)
    await fill(empty_database)
    before = await content(empty_database)
    report = await upgrade(empty_database)
    assert (report.before, report.after, report.copy) == (NEWEST, NEWEST, None)
    assert await content(empty_database) == before
    assert not [name for name in names_in(tmp_path) if "before" in name]


async def test_rows_survive_an_upgrade(empty_database: str, revision_folder_factory: Folders) -> None:
    """What was there is there afterwards, and the audit entries are still append-only."""
    await upgrade(empty_database)
    await fill(empty_database)
    before = await content(empty_database)
    folder = revision_folder_factory("op.create_index('ix_new', 'cases', ['author_id'])")
    report = await upgrade(empty_database, folder=folder)
    assert (report.before, report.after) == (NEWEST, NEXT)
    assert await content(empty_database) == before


async def test_the_file_is_copied_before_it_changes(tmp_path: Path, revision_folder_factory: Folders) -> None:
    """The copy is complete, at the old revision, and for this user only."""
    address = f"sqlite:///{tmp_path / 'bylaw.sqlite3'}"
    await upgrade(address)
    await fill(address)
    before = await content(address)
    report = await upgrade(address, folder=revision_folder_factory(ADD_COLUMN))
    copy = tmp_path / f"bylaw.sqlite3.before-{NEXT}"
    assert report.copy == copy
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert await revision_in(f"sqlite:///{copy}") == NEWEST
    assert await content(f"sqlite:///{copy}") == before
    assert not [name for name in names_in(tmp_path) if "unfinished" in name]


async def test_a_failing_step_leaves_the_database_as_it_was(
    empty_database: str, revision_folder_factory: Folders
) -> None:
    """All steps are one transaction: the first is undone when the second fails."""
    await upgrade(empty_database)
    folder = revision_folder_factory(ADD_COLUMN, "op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(StorageError):
        await upgrade(empty_database, folder=folder)
    assert await revision_in(empty_database) == NEWEST
    engine = create_engine(empty_database)
    async with engine.begin() as connection:
        columns = await connection.run_sync(lambda each: inspect(each).get_columns("servers"))
    await engine.dispose()
    assert "language" not in {column["name"] for column in columns}


async def test_a_newer_database_is_refused(empty_database: str, revision_folder_factory: Folders) -> None:
    """One line says that a newer version made it; nothing is changed."""
    await upgrade(empty_database, folder=revision_folder_factory(ADD_COLUMN))
    with pytest.raises(NewerSchema, match=rf"newer version of Bylaw \(revision {NEXT}\)"):
        await upgrade(empty_database)
    assert await revision_in(empty_database) == NEXT


async def test_a_database_of_something_else_is_left_alone(empty_database: str) -> None:
    """A table of our name that we did not make is not touched."""
    engine = create_engine(empty_database)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE cases (mine INTEGER)"))
    with pytest.raises(StorageError, match="has a table cases that Bylaw did not make"):
        await upgrade_engine(engine)
    async with engine.begin() as connection:
        assert (await connection.execute(text("SELECT mine FROM cases"))).all() == []
    await engine.dispose()


async def test_tasks_that_upgrade_at_once_do_it_once(empty_database: str) -> None:
    """One makes the tables, the others find them."""
    reports = await asyncio.gather(*(upgrade(empty_database) for _ in range(4)))
    assert sorted(str(report.before) for report in reports) == sorted(["None", *[str(NEWEST)] * 3])


async def test_processes_that_upgrade_at_once_do_it_once(empty_database: str) -> None:
    """Two bots started in the same moment: both come up."""
    program = (
        "import asyncio, sys; from bot.storage.database.migrate import upgrade; "
        "sys.stdin.readline(); print(asyncio.run(upgrade(sys.argv[1])).before)"
    )
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "error",
            "-c",
            program,
            empty_database,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [error for _, error in answers] == [b""] * 3
    assert sorted(out.strip() for out, _ in answers) == sorted([b"None", *[str(NEWEST).encode()] * 2])


async def test_a_database_in_memory_is_upgraded_where_it_is() -> None:
    """It is lost with its engine, so it is upgraded through it."""
    engine = create_engine("sqlite://")
    assert (await upgrade_engine(engine)).before is None
    assert (await upgrade_engine(engine)).before == NEWEST
    await SqlServerStore(engine, now=lambda: NOON).save(SERVER, actor_id=77)
    assert await SqlServerStore(engine, now=lambda: NOON).get(1) == SERVER
    await engine.dispose()


async def test_a_folder_without_revisions_is_one_line(tmp_path: Path) -> None:
    """A broken installation says so."""
    (tmp_path / "empty" / "versions").mkdir(parents=True)
    with pytest.raises(StorageError, match="reinstall Bylaw"):
        await upgrade("sqlite://", folder=tmp_path / "empty")


async def test_a_copy_that_cannot_be_made_stops_the_upgrade(tmp_path: Path, revision_folder_factory: Folders) -> None:
    """Without the copy nothing is changed."""
    address = f"sqlite:///{tmp_path / 'bylaw.sqlite3'}"
    await upgrade(address)
    (tmp_path / f"bylaw.sqlite3.before-{NEXT}").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        await upgrade(address, folder=revision_folder_factory(ADD_COLUMN))
    assert await revision_in(address) == NEWEST


async def test_an_old_copy_is_replaced(tmp_path: Path, revision_folder_factory: Folders) -> None:
    """What an earlier, failed attempt left does not stand in the way."""
    address = f"sqlite:///{tmp_path / 'bylaw.sqlite3'}"
    await upgrade(address)
    copy = tmp_path / f"bylaw.sqlite3.before-{NEXT}"
    copy.write_bytes(b"half a copy")
    await upgrade(address, folder=revision_folder_factory(ADD_COLUMN))
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (NEWEST,)


async def test_upgrading_leaves_logging_alone(tmp_path: Path) -> None:
    """Alembic sets up no logging of its own."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("bot").disabled)
    await upgrade(f"sqlite:///{tmp_path / 'bylaw.sqlite3'}")
    assert (root.level, list(root.handlers), logging.getLogger("bot").disabled) == before


ROWS_OF_0001 = (
    (
        "INSERT INTO policies (id, guild_id, name, name_key, place, draft_revision, published_number, created_at)"
        " VALUES (3, 1, 'Spoilers', 'spoilers', 1, 5, 2, '2026-01-01 00:00:00'),"
        " (7, 1, 'Spam', 'spam', 2, 1, NULL, '2026-01-01 00:00:00')"
    ),
    (
        "INSERT INTO policy_versions (id, policy_id, number, text, fingerprint, author_id, created_at)"
        " VALUES (11, 3, 1, 'one', 'f1', 77, '2026-01-01 00:00:00'), (12, 3, 2, 'two', 'f2', 78, '2026-01-02 00:00:00')"
    ),
    (
        "INSERT INTO policy_drafts (policy_id, text, revision, author_id, updated_at)"
        " VALUES (7, 'draft', 1, 77, '2026-01-03 00:00:00')"
    ),
    (
        "INSERT INTO policy_publications (id, policy_id, version_id, kind, actor_id, at)"
        " VALUES (1, 3, 11, 'published', 77, '2026-01-01 00:00:00'), (2, 3, 12, 'published', 77, '2026-01-02 00:00:00')"
    ),
    (
        "INSERT INTO servers (guild_id, review_channel_id, reviewer_role_id, retention_days, card_trouble_told)"
        " VALUES (1, 50, 9, 14, FALSE)"
    ),
)


async def at_0001(address: str) -> None:
    """A database as the first release made it, with policies in it."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    engine = create_engine(address)
    async with engine.begin() as connection:
        config.attributes["connection"] = await connection.run_sync(lambda each: each)
        await connection.run_sync(lambda _: command.upgrade(config, "0001"))
        for statement in ROWS_OF_0001:
            await connection.execute(text(statement))
        if connection.dialect.name == "postgresql":  # rows with ids of their own leave its counters behind
            for table in ("policies", "policy_versions", "policy_publications"):
                counter = f"pg_get_serial_sequence('{table}', 'id')"
                await connection.execute(text(f"SELECT setval({counter}, (SELECT max(id) FROM {table}))"))
    await engine.dispose()


async def test_policies_of_the_first_release_live_on(empty_database: str) -> None:
    """With versions, drafts and history, in force as before; then everything new can be done to them."""
    await at_0001(empty_database)
    assert (await upgrade(empty_database)).before == "0001"
    engine = create_engine(empty_database)
    store = SqlPolicyStore(engine, now=lambda: NOON, record=record_policy_change)
    spoilers, spam = await store.list(1)
    assert (spoilers.id, spoilers.name, spoilers.paused, spoilers.settings) == (3, "Spoilers", False, PolicySettings())
    assert spoilers.published is not None
    assert (spoilers.published.id, spoilers.published.number, spoilers.published.text) == (12, 2, "two")
    assert await store.published(1) == (spoilers,)
    assert spam.draft is not None
    assert await store.draft_at(1, 7, 1) == spam.draft
    assert [(line.version.number, line.overruled) for line in await store.history(1, 3)] == [(2, ""), (1, "")]
    which = {"guild_id": 1, "actor_id": 77}
    await store.roll_back(**which, policy_id=3, to_number=1, seen_number=2)
    await store.delete(**which, policy_id=3)
    assert (await store.create(**which, name="Spoilers", text="new")).id > 7
    assert await store.version(1, 12) == spoilers.published
    settings = await SqlServerStore(engine, now=lambda: NOON).get(1)
    assert settings == ServerSettings(guild_id=1, review_channel_id=50, reviewer_role_id=9, retention_days=14)
    await engine.dispose()


async def test_the_remade_table_keeps_its_promises(empty_database: str) -> None:
    """Versions still refer to policies that exist, and still cannot be changed."""
    await at_0001(empty_database)
    await upgrade(empty_database)
    engine = create_engine(empty_database)
    for statement in (
        (
            "INSERT INTO policy_versions (policy_id, number, text, fingerprint, author_id, created_at)"
            " VALUES (99, 1, 'x', 'f', 1, '2026-01-01 00:00:00')"
        ),
        "UPDATE policy_versions SET text = 'other' WHERE id = 11",
        "DELETE FROM policies WHERE id = 3",
        "UPDATE policies SET place = 2 WHERE id = 3",
        "UPDATE policies SET place = NULL WHERE id = 3",
    ):
        with pytest.raises(IntegrityError):
            async with engine.begin() as connection:
                await connection.execute(text(statement))
    await engine.dispose()
