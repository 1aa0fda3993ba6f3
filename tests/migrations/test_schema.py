"""The revisions, one after the other, make the schema that the code's tables describe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.database.engine import create_engine
from bot.storage.database.migrate import FOLDER, newest_revision, upgrade, write_revision
from bot.storage.tables.cases import metadata
from tests.migrations.schema import described


async def description_of(engine: AsyncEngine) -> dict[str, Any]:
    """The schema of a database; the engine is closed."""
    async with engine.begin() as connection:
        found = await connection.run_sync(described)
    await engine.dispose()
    return found


async def step_by_step(address: str) -> None:
    """Apply the revisions one at a time, each in a transaction of its own."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    revisions = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    engine = create_engine(address)
    for revision in revisions:
        async with engine.begin() as connection:
            config.attributes["connection"] = await connection.run_sync(lambda each: each)
            await connection.run_sync(lambda _, to=revision: command.upgrade(config, to))
    await engine.dispose()


async def from_code(address: str) -> None:
    """Make all tables as the code describes them."""
    engine = create_engine(address)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await engine.dispose()


async def emptied(address: str) -> None:
    """Take everything out of the database again."""
    engine = create_engine(address)
    async with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text("DROP SCHEMA public CASCADE"))
            await connection.execute(text("CREATE SCHEMA public"))
        else:
            await connection.run_sync(metadata.drop_all)
    await engine.dispose()


async def test_step_by_step_equals_fresh(empty_database: str) -> None:
    """Columns, keys, uniques, checks, indexes and triggers are the same both ways."""
    await from_code(empty_database)
    fresh = await description_of(create_engine(empty_database))
    await emptied(empty_database)
    await step_by_step(empty_database)
    assert await description_of(create_engine(empty_database)) == fresh
    assert {"cases", "servers", "audit_entries", "policies"} <= set(fresh)
    assert len(fresh["triggers"]) >= 2


async def test_alembic_sees_no_difference(empty_database: str) -> None:
    """Autogenerate would write an empty revision."""
    await upgrade(empty_database)
    engine = create_engine(empty_database)
    async with engine.begin() as connection:
        difference = await connection.run_sync(
            lambda each: compare_metadata(MigrationContext.configure(each, opts={"compare_type": True}), metadata)
        )
    await engine.dispose()
    assert difference == []


def test_revisions_are_one_line() -> None:
    """Numbered without a gap, with one end, and named after what they do."""
    files = sorted(path.stem for path in (FOLDER / "versions").glob("[0-9]*.py"))
    assert [name[:4] for name in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    assert newest_revision() == files[-1][:4]


async def test_a_new_revision_can_be_written(revision_folder_factory: Callable[..., Path]) -> None:
    """The command of the README writes the next file; where nothing changed its upgrade is empty."""
    folder = revision_folder_factory()
    await write_revision("Add a thing", folder=folder)
    number = int(newest_revision() or 0) + 1
    written = (folder / "versions" / f"{number:04}_add_a_thing.py").read_text()
    assert f"revision = '{number:04}'" in written
    assert "op." not in written


async def test_a_difference_is_written_into_a_new_revision(revision_folder_factory: Callable[..., Path]) -> None:
    """A column that the tables have and the revisions have not is found."""
    folder = revision_folder_factory(
        "op.drop_column('servers', 'retention_days'); op.drop_column('clear_verdicts', 'judged_at')"
    )
    await write_revision("Put it back", folder=folder)
    written = next((folder / "versions").glob("*put_it_back.py")).read_text()
    assert "sa.Column('retention_days', sa.Integer()" in written
    assert "guild_policies" not in written


@pytest.mark.parametrize("name", ["env.py", "script.py.mako", "versions"])
def test_alembic_finds_its_files(name: str) -> None:
    """They are beside the package, wherever it is installed."""
    assert (FOLDER / name).exists()
