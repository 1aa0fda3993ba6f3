"""What only the SQL store promises; the rest is in ``tests/contract/test_policy_store.py``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import event, insert, literal, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateTable

from guild_policies.store.port import PolicyChange, StoreUnavailable
from guild_policies.store.sql import SqlPolicyStore
from guild_policies.store.tables import (
    POSTGRESQL_TRIGGERS,
    UtcDateTime,
    metadata,
    policies,
    policy_drafts,
    policy_publications,
    policy_versions,
)
from tests.databases.postgres import Postgres

NOON = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
SERVER, ADMIN = 1, 2


@pytest.fixture
async def engine(sqlite_address: str) -> AsyncIterator[AsyncEngine]:
    """A database file with the tables."""
    engine = create_async_engine(make_url(sqlite_address).set(drivername="sqlite+aiosqlite"))
    yield engine
    await engine.dispose()


@pytest.fixture
async def postgres_engine(postgres: Postgres) -> AsyncIterator[AsyncEngine]:
    """A PostgreSQL database with the tables and nothing in them."""
    async with postgres.migrated() as address:
        engine = create_async_engine(make_url(address).set(drivername="postgresql+asyncpg"))
        yield engine
        await engine.dispose()


async def ignore(connection: AsyncConnection, change: PolicyChange) -> None:
    """A hook that writes nothing."""


def store_on(engine: AsyncEngine) -> SqlPolicyStore:
    """A store that nobody listens to."""
    return SqlPolicyStore(engine, now=lambda: NOON, record=ignore)


async def one_version(engine: AsyncEngine) -> None:
    """Publish a policy, so that there is a version to attack."""
    store = store_on(engine)
    policy = await store.create(guild_id=SERVER, name="P", text="one", actor_id=ADMIN)
    await store.publish(guild_id=SERVER, policy_id=policy.id, seen_revision=1, fingerprint="f", actor_id=ADMIN)


_OTHER_VERSION = "SELECT policy_id, number, 'other', fingerprint, author_id, created_at FROM policy_versions"
_OR_UPDATE = "ON CONFLICT (policy_id, number) DO UPDATE SET text = 'other'"
_COLUMNS = "(policy_id, number, text, fingerprint, author_id, created_at)"


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE policy_versions SET text = 'other'",
        "UPDATE policy_versions SET author_id = 7 WHERE id = 1",
        "DELETE FROM policy_versions",
        "DELETE FROM policy_versions WHERE id = 1",
        "REPLACE INTO policy_versions SELECT id, policy_id, number, 'x', 'x', 7, created_at FROM policy_versions",
        f"REPLACE INTO policy_versions {_COLUMNS} {_OTHER_VERSION}",
        f"INSERT INTO policy_versions {_COLUMNS} {_OTHER_VERSION} WHERE true ON CONFLICT DO UPDATE SET text = 'other'",
    ],
)
async def test_the_database_itself_keeps_versions(engine: AsyncEngine, attack: str) -> None:
    """No statement changes, deletes or replaces a published version."""
    await one_version(engine)
    with pytest.raises(IntegrityError, match="a policy version"):
        async with engine.begin() as connection:
            await connection.execute(text(attack))
    async with engine.connect() as connection:
        assert (await connection.execute(select(policy_versions.c.text, policy_versions.c.author_id))).all() == [
            ("one", ADMIN)
        ]


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE policy_versions SET text = 'other'",
        "DELETE FROM policy_versions WHERE id = 1",
        "TRUNCATE policy_versions CASCADE",
        f"INSERT INTO policy_versions {_COLUMNS} {_OTHER_VERSION} {_OR_UPDATE}",
    ],
)
async def test_postgresql_keeps_versions_too(postgres_engine: AsyncEngine, attack: str) -> None:
    """The same there, with its own statements."""
    await one_version(postgres_engine)
    with pytest.raises(IntegrityError, match="a policy version"):
        async with postgres_engine.begin() as connection:
            await connection.execute(text(attack))
    async with postgres_engine.connect() as connection:
        assert (await connection.execute(select(policy_versions.c.text))).all() == [("one",)]


async def test_the_hook_writes_into_the_same_transaction(engine: AsyncEngine) -> None:
    """What the hook writes is there with the change, and goes with it when the hook fails afterwards."""

    async def note(connection: AsyncConnection, change: PolicyChange) -> None:
        await connection.execute(
            insert(policy_publications).values(
                policy_id=change.policy_id, version_id=1, kind="noted", actor_id=change.actor_id, at=change.at
            )
        )
        if change.policy_name == "fails":
            raise RuntimeError(change.policy_name)

    store = SqlPolicyStore(engine, now=lambda: NOON, record=note)
    with pytest.raises(RuntimeError):
        await store.create(guild_id=SERVER, name="fails", text="x", actor_id=ADMIN)
    await store.create(guild_id=SERVER, name="works", text="x", actor_id=ADMIN)
    async with engine.connect() as connection:
        assert len((await connection.execute(select(policy_publications))).all()) == 1
        assert (await connection.execute(select(policies.c.name))).all() == [("works",)]
        assert len((await connection.execute(select(policy_drafts))).all()) == 1


async def test_a_broken_database_is_a_refusal(tmp_path: Path) -> None:
    """No error of the database library leaves the store, whatever is asked."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'without_tables.db'}")
    store = store_on(engine)
    for asked in (
        store.create(guild_id=SERVER, name="P", text="x", actor_id=ADMIN),
        store.find(SERVER, "P"),
        store.list(SERVER),
        store.save_draft(guild_id=SERVER, policy_id=1, text="x", actor_id=ADMIN, seen_revision=None),
        store.publish(guild_id=SERVER, policy_id=1, seen_revision=1, fingerprint="f", actor_id=ADMIN),
        store.roll_back(guild_id=SERVER, policy_id=1, to_number=1, seen_number=1, actor_id=ADMIN),
        store.version(SERVER, 1),
        store.history(SERVER, 1),
    ):
        with pytest.raises(StoreUnavailable, match="Try again"):
            await asked
    await engine.dispose()


async def test_a_database_that_is_away_is_a_refusal(engine: AsyncEngine) -> None:
    """A refused connection is no error of the library; it does not leave the store either."""

    def refuse(*arguments: object) -> None:
        raise ConnectionRefusedError

    await engine.dispose()
    event.listen(engine.sync_engine, "do_connect", refuse)
    with pytest.raises(StoreUnavailable):
        await store_on(engine).list(SERVER)


async def test_an_error_of_the_hook_in_the_database_is_a_refusal(engine: AsyncEngine) -> None:
    """The transaction failed as a whole."""

    async def fail(connection: AsyncConnection, change: PolicyChange) -> None:
        await connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    store = SqlPolicyStore(engine, now=lambda: NOON, record=fail)
    with pytest.raises(StoreUnavailable):
        await store.create(guild_id=SERVER, name="P", text="x", actor_id=ADMIN)
    assert await store.list(SERVER) == ()


@pytest.mark.parametrize(("races", "made"), [(1, True), (10, True), (11, False)])
async def test_a_race_for_a_place_is_run_again(engine: AsyncEngine, races: int, made: bool) -> None:
    """On PostgreSQL two new policies may want one place; the loser tries again, but not forever."""
    lost = 0

    def lose(*arguments: object) -> None:
        nonlocal lost
        if str(arguments[2]).startswith("INSERT INTO policies") and lost < races:
            lost += 1
            raise IntegrityError("insert", None, Exception("the place is taken"))

    event.listen(engine.sync_engine, "before_cursor_execute", lose)
    store = store_on(engine)
    if made:
        await store.create(guild_id=SERVER, name="P", text="x", actor_id=ADMIN)
    else:
        with pytest.raises(StoreUnavailable):
            await store.create(guild_id=SERVER, name="P", text="x", actor_id=ADMIN)
    assert (len(await store.list(SERVER)), lost) == (int(made), races)


async def test_moments_come_back_in_utc(engine: AsyncEngine) -> None:
    """A moment of another time zone is the same moment afterwards, to the microsecond."""
    elsewhere = NOON.astimezone(timezone(timedelta(hours=-5)))
    store = SqlPolicyStore(engine, now=lambda: elsewhere, record=ignore)
    await store.create(guild_id=SERVER, name="P", text="x", actor_id=ADMIN)
    (policy,) = await store.list(SERVER)
    assert policy.created_at == NOON
    assert policy.created_at.tzinfo is UTC


async def test_a_moment_without_a_time_zone_is_a_mistake(engine: AsyncEngine) -> None:
    """It is found when it is stored, not years later."""
    async with engine.connect() as connection:
        with pytest.raises(StatementError, match="time zone"):
            await connection.execute(select(literal(datetime(2026, 1, 1), UtcDateTime)))  # noqa: DTZ001 - the mistake


def test_moments_on_postgresql_keep_their_time_zone() -> None:
    """There the column has a time zone; None stays None on both."""
    kept, dialect = UtcDateTime(), postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects have no annotations
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5)))
    assert kept.process_bind_param(elsewhere, dialect) == NOON
    assert kept.process_result_value(elsewhere, dialect) == NOON
    for each in (dialect, sqlite.dialect()):
        assert kept.process_bind_param(None, each) is kept.process_result_value(None, each) is None


def test_the_tables_can_be_made_on_postgresql() -> None:
    """Ids are 64 bits wide, moments have a time zone, and the triggers need no percent sign escaped."""
    made = "".join(
        str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # the same
        for table in metadata.sorted_tables
    )
    assert "guild_id BIGINT NOT NULL" in made
    assert "TIMESTAMP WITH TIME ZONE" in made
    assert not any("%" in trigger for trigger in POSTGRESQL_TRIGGERS)


async def test_nothing_is_lost_with_the_process(engine: AsyncEngine) -> None:
    """A store over the same file reads what the first one wrote."""
    await one_version(engine)
    again = create_async_engine(engine.url)
    (policy,) = await store_on(again).published(SERVER)
    await again.dispose()
    assert policy.published is not None
    assert (policy.published.text, policy.published.created_at) == ("one", NOON)
