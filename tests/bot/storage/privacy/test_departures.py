"""The bot leaves a server: nothing goes for 30 days, then everything goes that can, and only that server's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.cases.audit import AuditAction
from bot.moderation.servers.departures import KEPT_FOR, Departures
from bot.moderation.servers.server import ServerSettings
from bot.storage.audit.log import SqlAuditLog
from bot.storage.database.engine import create_engine
from bot.storage.privacy.departures import KEPT, SqlDepartureStore, deleted_tables, of_server
from bot.storage.servers.servers import SqlServerStore
from bot.storage.tables.cases import metadata
from bot.storage.tables.privacy import departures
from guild_policies.store.tables import policies
from tests.bot.storage.rows import filled
from tests.databases.sqlite import copy_into

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HERE, ELSEWHERE = 1, 2


class Clock:
    """A clock that a test moves by hand."""

    time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
async def engine(migrated_sqlite: Path) -> AsyncIterator[AsyncEngine]:
    """A database in memory, with all tables."""
    engine = create_engine("sqlite://")
    await copy_into(engine, migrated_sqlite)
    yield engine
    await engine.dispose()


@pytest.fixture
def clock() -> Clock:
    """Noon."""
    return Clock()


@pytest.fixture
def departed(engine: AsyncEngine, clock: Clock) -> Departures:
    """The service over the database."""
    store = SqlDepartureStore(engine, now=clock)
    return Departures(store=store, servers=SqlServerStore(engine, now=clock), now=clock)


async def fill(engine: AsyncEngine) -> None:
    """Rows in every table of two servers, except the departures themselves."""
    async with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table is departures:
                continue
            for guild_id in (HERE, ELSEWHERE):
                row = filled(table, guild_id, guild_id=guild_id)
                row |= {name: b"x" for name in table.columns.keys() if name.endswith("_encrypted")}  # noqa: SIM118
                await connection.execute(insert(table).values(row))


async def rows_of(engine: AsyncEngine, guild_id: int) -> dict[str, int]:
    """How many rows each table holds of a server."""
    found: dict[str, int] = {}
    async with engine.connect() as connection:
        for table in metadata.sorted_tables:
            if table is not departures:
                query = select(func.count()).select_from(table).where(of_server(table, guild_id))
                found[table.name] = (await connection.execute(query)).scalar_one()
    return found


def names(tables: tuple[Table, ...]) -> set[str]:
    """Their names."""
    return {table.name for table in tables}


def test_every_table_is_deleted_or_kept_on_purpose() -> None:
    """A new table belongs to a server in a way that its deletion finds, or is named among those that stay."""
    for table in deleted_tables():
        of_server(table, HERE)
    assert names(KEPT) == {"audit_entries", "policies", "policy_versions", "policy_publications"}
    with pytest.raises(LookupError, match="nowhere"):
        of_server(Table("nowhere", type(metadata)()), HERE)


async def test_nothing_goes_for_thirty_days(engine: AsyncEngine, clock: Clock, departed: Departures) -> None:
    """A day before the end everything is there; leaving twice does not put it off."""
    await fill(engine)
    before = await rows_of(engine, HERE)
    await departed.left(HERE)
    clock.time += KEPT_FOR - timedelta(days=1)
    await departed.left(HERE)
    assert await departed.delete_due() == 0
    rest = await rows_of(engine, HERE)
    assert rest == {**before, "audit_entries": before["audit_entries"] + 1}


async def test_everything_of_the_server_goes_and_nothing_else(
    engine: AsyncEngine, clock: Clock, departed: Departures
) -> None:
    """Rows that only refer to rows of the server go with them; what stays is what the pages name."""
    await fill(engine)
    other = await rows_of(engine, ELSEWHERE)
    await departed.left(HERE)
    clock.time += KEPT_FOR + timedelta(seconds=1)
    assert await departed.delete_due() == len(deleted_tables())
    rest = await rows_of(engine, HERE)
    assert {name for name, count in rest.items() if count} == names(KEPT)
    assert await rows_of(engine, ELSEWHERE) == other
    assert await departed.delete_due() == 0
    entries = await SqlAuditLog(engine).entries(HERE)
    assert [entry.action for entry in entries[:2]] == [AuditAction.SERVER_DELETED, AuditAction.SERVER_LEFT]
    async with engine.connect() as connection:
        policy = (await connection.execute(select(policies).where(policies.c.guild_id == HERE))).one()
    assert (policy.name_key, policy.place, policy.deleted_at) == (None, None, clock.time)


async def test_it_goes_in_small_batches(engine: AsyncEngine, clock: Clock) -> None:
    """No transaction deletes more rows than it was told to, and a cut in between loses nothing of the work."""
    await fill(engine)
    store = SqlDepartureStore(engine, now=clock)
    async with engine.begin() as connection:
        clear = metadata.tables["clear_verdicts"]
        for number in range(10, 17):
            await connection.execute(insert(clear).values(filled(clear, number)))
    await store.left(HERE)
    deleted: list[int] = []
    while rows := await store.delete_some(HERE, limit=3):
        deleted.append(rows)
    assert max(deleted) == 3
    assert sum(deleted) == len(deleted_tables()) + 7


async def test_coming_back_stops_it(engine: AsyncEngine, clock: Clock, departed: Departures) -> None:
    """Within the 30 days nothing is lost; in the middle of the deletion nothing more is."""
    await fill(engine)
    await departed.left(HERE)
    clock.time += KEPT_FOR + timedelta(days=1)
    await departed.back(HERE)
    before = await rows_of(engine, HERE)
    assert await departed.delete_due() == 0
    assert await SqlDepartureStore(engine, now=clock).delete_some(HERE, limit=10) == 0
    assert await rows_of(engine, HERE) == before
    await departed.back(HERE)
    entries = await SqlAuditLog(engine).entries(HERE)
    assert [entry.action for entry in entries[:2]] == [AuditAction.SERVER_BACK, AuditAction.SERVER_LEFT]


async def test_what_happened_while_the_bot_was_away_is_noticed(
    engine: AsyncEngine, clock: Clock, departed: Departures
) -> None:
    """Servers that Discord no longer names were left, those of other processes were not, and some are back."""
    servers: Any = SqlServerStore(engine, now=clock)
    for guild_id in (HERE, ELSEWHERE, 3):
        settings = ServerSettings(guild_id=guild_id, review_channel_id=50, reviewer_role_id=None)
        await servers.save(settings, actor_id=7)
    store = SqlDepartureStore(engine, now=clock)
    await departed.left(ELSEWHERE)
    await departed.compare(frozenset({ELSEWHERE}), is_ours=lambda guild_id: guild_id != 3)
    assert await store.gone() == {HERE}
