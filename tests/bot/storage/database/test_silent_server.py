"""A database server whose machine vanishes: nothing is closed, nothing answers, and it is an outage like any other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.shards import ShardRange
from bot.storage.database.engine import create_engine, reading, writing
from bot.storage.database.errors import DatabaseAway
from bot.storage.database.membership import Membership, Timing, Told
from bot.storage.database.migrate import _UPGRADE_LOCK, upgrade
from bot.storage.database.outage import Outage
from tests.databases.postgres import Postgres
from tests.databases.relay import Relay, relayed

QUICK = Timing(patience=0, retry=0.05, beat=0.05, silence=0.5)
_ONE_WAITS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
GIVEN_UP = 20.0  #: seconds; TCP itself waits for many minutes


@dataclass(frozen=True, slots=True)
class Process:
    """A bot's process, as far as the database knows it."""

    relay: Relay
    direct: str  #: the address of the database
    way: str  #: the same over the relay
    engine: AsyncEngine
    outage: Outage
    missed: asyncio.Event  #: the connection that holds the shards was lost and is there again


@pytest.fixture
async def process(postgres: Postgres) -> AsyncIterator[Process]:
    """It reaches the server over a relay, holds a shard there and has two pooled connections."""
    outage, missed = Outage(clock=iter(range(0, 1_000_000, 10)).__next__), asyncio.Event()
    async with postgres.migrated() as address, relayed(address) as (relay, way):
        told = Told(changed=lambda _: None, missed=missed.set, replaced=lambda _: None, outage=outage)
        membership = Membership(way, ShardRange((0,), 1), told, timing=QUICK)
        engine = create_engine(way, outage)
        await membership.open()
        try:
            await asyncio.gather(ask(engine), ask(engine))
            yield Process(relay, address, way, engine, outage, missed)
        finally:
            relay.come_back()
            await membership.close()
            await engine.dispose()


async def ask(engine: AsyncEngine) -> None:
    """Read something."""
    async with reading(engine) as connection:
        await connection.execute(text("SELECT pg_sleep(0.05)"))


async def wait_for_the_server(engine: AsyncEngine, waits: asyncio.Event) -> None:
    """Change something that takes a second, so that the server goes silent meanwhile."""
    async with writing(engine) as connection:
        waits.set()
        await connection.execute(text("SELECT pg_sleep(1)"))


async def test_whoever_waits_for_it_is_told_within_seconds(process: Process) -> None:
    """In the middle of a transaction, and with a pooled connection from before; then there is an outage."""
    waits = asyncio.Event()
    waiting = asyncio.create_task(wait_for_the_server(process.engine, waits))
    await waits.wait()
    process.relay.go_silent()
    async with asyncio.timeout(GIVEN_UP):
        answers = await asyncio.gather(waiting, ask(process.engine), return_exceptions=True)
    assert [type(each) for each in answers] == [DatabaseAway, DatabaseAway]
    assert process.outage.lasts


async def test_a_start_that_brings_the_tables_up_to_date_does_not_hang(process: Process) -> None:
    """It waits here for another process that does the same, and the server goes silent meanwhile."""
    direct = create_engine(process.direct)
    try:
        async with writing(direct) as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            upgrading = asyncio.create_task(upgrade(process.way, outage=process.outage))
            while not await connection.scalar(_ONE_WAITS):  # noqa: ASYNC110  # another connection of the server's waits
                await asyncio.sleep(0.05)
            process.relay.go_silent()
            async with asyncio.timeout(GIVEN_UP):
                with pytest.raises(DatabaseAway):
                    await upgrading
    finally:
        await direct.dispose()


async def test_it_is_over_when_the_server_answers_again(process: Process) -> None:
    """The shards are held again, and work goes on over new connections."""
    process.relay.go_silent()
    async with asyncio.timeout(GIVEN_UP):
        with pytest.raises(DatabaseAway):
            await ask(process.engine)
        process.relay.come_back()
        await process.missed.wait()
        await ask(process.engine)
    assert not process.outage.lasts


async def test_a_slow_answer_is_no_silence(process: Process) -> None:
    """A statement may take longer than the server may be silent, while it answers others."""
    async with writing(process.engine) as connection:
        await connection.execute(text("SELECT pg_sleep(1.5)"))
    assert not process.outage.lasts
