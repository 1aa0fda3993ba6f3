"""Every revision goes back to the one before it, with rows present, and forward again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, insert, select, text
from sqlalchemy.exc import DBAPIError

from bot.storage.database.engine import create_engine
from bot.storage.database.errors import StorageError
from bot.storage.database.migrate import FOLDER, downgrade, newest_revision, revision_of, upgrade
from tests.migrations.schema import described

MOMENT = datetime(2026, 1, 31, 12, tzinfo=UTC)
SPECIAL = {
    ("policies", "place"): 1,
    ("policies", "deleted_at"): None,
    ("cases", "state"): "open",
    ("cases", "decided_by"): None,
    ("cases", "decided_at"): None,
    ("cases", "rules"): [{"id": "R1", "title": "Insults", "severity": "high"}],
    ("cases", "card_state"): "shown",
    ("appeals", "state"): "open",
    ("appeals", "reviewer_id"): None,
    ("appeals", "reviewed_at"): None,
    ("case_actions", "state"): "done",
    ("case_actions", "undoes"): None,
    ("case_actions", "changes"): None,
    ("erasures", "cards"): [1],
    ("audit_entries", "action"): "policy_paused",
    ("audit_entries", "subject"): "policy:1",
}  #: what the checks ask for, and what later revisions read
VALUES: dict[type, Any] = {
    int: 1,
    float: 0.5,
    bool: True,
    str: "1",
    bytes: b"1",
    datetime: MOMENT,
    date: date(2026, 1, 26),
}


def alembic(connection: Connection) -> Config:
    """Alembic's settings for the revisions of the code, on one connection."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def tables(connection: Connection) -> list[Table]:
    """All tables, those that others refer to first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def rows_of(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, with every column."""
    return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in tables(connection)}


def fill_empty(connection: Connection) -> None:
    """One row in each table that has none; all refer to each other by the id 1."""
    for table in tables(connection):
        if connection.execute(select(table)).first() is None:
            values = {
                column.name: SPECIAL.get((table.name, column.name), VALUES.get(column.type.python_type, {}))
                for column in table.columns
            }
            connection.execute(insert(table).values(values))


def go(connection: Connection) -> None:
    """All the way forward, remembering schema and rows before each step; all the way back, comparing; forward."""
    config = alembic(connection)
    revisions = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    left = []
    for revision in revisions:
        left.append((described(connection), rows_of(connection)))
        command.upgrade(config, revision)
        fill_empty(connection)
    at_the_end = described(connection), set(rows_of(connection))
    for revision, (schema, rows) in reversed(list(zip([None, *revisions[:-1]], left, strict=True))):
        command.downgrade(config, revision or "base")
        assert described(connection) == schema, f"the schema after going back to {revision}"
        assert rows_of(connection) == rows, f"the rows after going back to {revision}"
    command.upgrade(config, "head")
    assert (described(connection), set(rows_of(connection))) == at_the_end


async def test_every_revision_goes_back(empty_database: str) -> None:
    """Schema and rows of each revision are what they were before the next one came; then all come again."""
    engine = create_engine(empty_database)
    async with engine.begin() as connection:
        await connection.run_sync(go)
    await engine.dispose()


DELETED_POLICY = (
    "INSERT INTO policies (id, guild_id, name, draft_revision, created_at, paused, settings, deleted_at) VALUES"
    " (2, 1, 'Gone', 1, '2026-01-01 00:00:00', FALSE, '{}', '2026-01-02 00:00:00')"
)
ITS_VERSION = (
    "INSERT INTO policy_versions (id, policy_id, number, text, fingerprint, author_id, created_at) VALUES"
    " (2, 2, 1, 'gone', 'f', 1, '2026-01-01 00:00:00')"
)
TWO_DELETIONS_A_PLAN_AND_A_CHANGE = (
    "INSERT INTO case_actions"
    " (id, guild_id, case_number, kind, target_id, state, why, asked_at, message_id, changes) VALUES"
    " (2, 1, 1, 'delete', 1, 'done', '', '2026-01-01 00:00:00', 500, NULL),"
    " (3, 1, 1, 'delete', 1, 'done', '', '2026-01-01 00:00:00', 501, NULL),"
    " (4, 1, 1, 'ban', 1, 'planned', '', '2026-01-01 00:00:00', 0, NULL),"
    " (5, 1, 1, 'delete', 1, 'done', '', '2026-01-01 00:00:00', 500, 2)"
)


def with_awkward_rows(connection: Connection) -> tuple[list[Any], list[Any]]:
    """Rows that older schemas have no place for; what is left of two tables, at 0003 and in the end."""
    config = alembic(connection)
    command.upgrade(config, "head")
    for statement in (DELETED_POLICY, ITS_VERSION, TWO_DELETIONS_A_PLAN_AND_A_CHANGE):
        connection.execute(text(statement))
    command.downgrade(config, "0003")
    actions = connection.execute(text("SELECT id, kind, state FROM case_actions ORDER BY id")).all()
    command.downgrade(config, "0001")
    policies = connection.execute(text("SELECT id FROM policies UNION SELECT policy_id FROM policy_versions")).all()
    fill_empty(connection)
    return [tuple(row) for row in actions], [tuple(row) for row in policies]


async def test_what_an_older_schema_cannot_hold_goes(empty_database: str) -> None:
    """One deletion of a case stays, changes of actions and deleted policies go; versions are still never deleted."""
    engine = create_engine(empty_database)
    async with engine.begin() as connection:
        actions, policies = await connection.run_sync(with_awkward_rows)
    assert (actions, policies) == ([(2, "delete", "done")], [])
    with pytest.raises(DBAPIError, match="version"):
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM policy_versions"))
    await engine.dispose()
    assert (await upgrade(empty_database)).before == "0001"


async def test_going_back_is_one_step_of_the_operator(empty_database: str, tmp_path: Path) -> None:
    """The file is copied first; going back to what does not exist, or forward, is one line."""
    await upgrade(empty_database)
    report = await downgrade(empty_database, "0010")
    assert (report.before, report.after) == (newest_revision(), "0010")
    if empty_database.startswith("sqlite"):
        assert report.copy == tmp_path / "bylaw.sqlite3.before-0010"
        assert await revision_of(f"sqlite:///{report.copy}") == newest_revision()
    assert await revision_of(empty_database) == "0010"
    for wrong in ("0010", "0011", "9999", "head", "-1", ""):
        with pytest.raises(StorageError, match=r"cannot go back to .*name one of 0001 to 0009"):
            await downgrade(empty_database, wrong)
    assert await revision_of(empty_database) == "0010"


async def test_an_empty_database_has_nothing_to_go_back_to(empty_database: str) -> None:
    """It stays empty."""
    with pytest.raises(StorageError, match="nothing before it"):
        await downgrade(empty_database, "0001")
    assert await revision_of(empty_database) is None
