"""Several processes over one PostgreSQL: which shards are whose, who leads, and what each is told of the others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy import make_url

from bot.keys import keys_from, new_key
from bot.moderation.policies.publishing import Publishing
from bot.moderation.servers.options import AppealOptions
from bot.moderation.servers.server import ServerSettings
from bot.settings import Settings
from bot.shards import ShardRange
from bot.storage.database.errors import StorageError
from bot.storage.database.membership import APPLICATION, Change, Membership, ShardsTaken, Timing, Told
from bot.storage.tables.changes import CHANNEL
from bot.wiring.stores import Stores, open_stores
from tests.databases.postgres import Postgres

NOW = datetime(2026, 11, 30, tzinfo=UTC)
AT_ONCE = Timing(patience=0, retry=0.02, beat=0.05, silence=20)
WAITS = Timing(patience=60, retry=0.02, beat=0.05, silence=20)
GUILD = 77


@dataclass(slots=True)
class Process:
    """One of several, as far as its membership goes."""

    membership: Membership
    changes: list[Change] = field(default_factory=list)
    missed: int = 0
    replaced: list[StorageError] = field(default_factory=list)

    def miss(self) -> None:
        """It was told that it may have missed something."""
        self.missed += 1


Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def address(postgres: Postgres) -> AsyncIterator[str]:
    """A database with all tables."""
    async with postgres.migrated() as found:
        yield found


@pytest.fixture
async def start(address: str) -> AsyncIterator[Start]:
    """Starts processes; all end with the test."""
    started: list[Process] = []

    async def begin(*shards: int, count: int = 4, timing: Timing = AT_ONCE) -> Process:
        told = Told(
            changed=lambda change: process.changes.append(change),
            missed=lambda: process.miss(),
            replaced=lambda error: process.replaced.append(error),
        )
        wanted = ShardRange(shards, count) if shards else None
        process = Process(Membership(address, wanted, told, timing=timing))
        started.append(process)
        await process.membership.open()
        return process

    yield begin
    for each in started:
        await each.membership.close()


@pytest.fixture
async def other(address: str) -> AsyncIterator[Stores]:
    """What another program writes through, such as a ``bylaw`` command."""
    settings = Settings(judge="lite", database_url=address, _env_file=None)
    async with open_stores(settings, keys_from(new_key(), source="a test").cipher, now=lambda: NOW) as stores:
        yield stores


async def execute(address: str, statement: str) -> None:
    """Something that an administrator of the database does."""
    url = make_url(address).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def cut_off(address: str) -> None:
    """End every connection that holds shards."""
    held = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{APPLICATION}'"
    await execute(address, held)


async def until(holds: Callable[[], object], what: str) -> None:
    """Wait for something that a task brings about."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        await asyncio.sleep(0.005)


async def refusal(work: Awaitable[object]) -> str:
    """Why these shards cannot be had."""
    with pytest.raises(ShardsTaken) as error:
        await work
    assert "\n" not in str(error.value)
    return str(error.value)


class TestShards:
    """Each shard has one process."""

    async def test_processes_share_the_shards(self, start: Start) -> None:
        """Each takes its own."""
        await start(0, 1)
        await start(2)
        await start(3)

    async def test_a_shard_that_is_taken_is_refused(self, start: Start) -> None:
        """The line names those shards, and the ones that were free stay free."""
        await start(0, 1)
        line = await refusal(start(1, 2))
        assert "shard 1 already has a process. Give each process its own BYLAW_SHARD_IDS." in line
        await start(2)

    async def test_all_must_divide_alike(self, start: Start) -> None:
        """Shard 0 of 2 and shard 1 of 4 have servers in common."""
        await start(0, count=2)
        line = await refusal(start(3, count=4))
        assert "it sets BYLAW_SHARD_COUNT to 2, this one to 4. Set the same everywhere." in line

    async def test_one_that_has_all_shards_is_alone(self, start: Start) -> None:
        """Whether it came first or comes second."""
        whole = await start()
        assert "it has all shards" in await refusal(start(0))
        assert "give each process its own BYLAW_SHARD_IDS" in await refusal(start())
        await whole.membership.close()
        await start(0)
        assert "give each process its own BYLAW_SHARD_IDS" in await refusal(start())

    async def test_a_process_waits_for_one_that_is_ending(self, start: Start) -> None:
        """So an upgrade may start the new one before the old one is gone."""
        old = await start(0)
        new = asyncio.ensure_future(start(0, timing=WAITS))
        await asyncio.sleep(0.1)
        assert not new.done()
        await old.membership.close()
        await new

    async def test_one_whose_connection_breaks_takes_its_shards_again(self, start: Start, address: str) -> None:
        """It may have missed changes, and hears of later ones."""
        process = await start(0)
        await cut_off(address)
        await until(lambda: process.missed, "the connection")
        assert not process.replaced
        assert "shard 0 already has a process" in await refusal(start(0))
        await execute(address, f"NOTIFY {CHANNEL}, 'servers 5'")
        await until(lambda: process.changes, "a change")

    async def test_a_process_that_lost_its_shards_is_told(self, start: Start, address: str) -> None:
        """While it had no connection another one took them: it has to stop."""
        slow = await start(0, timing=Timing(patience=0, retry=1.0, beat=0.05, silence=20))
        spare = asyncio.ensure_future(start(0, timing=WAITS))
        await asyncio.sleep(0.1)
        await cut_off(address)
        await spare
        await until(lambda: slow.replaced, "the news")
        assert "shard 0 already has a process" in str(slow.replaced[0])

    async def test_a_database_that_is_away_is_one_line(self) -> None:
        """With what to check."""
        told = Told(changed=lambda _: None, missed=lambda: None, replaced=lambda _: None)
        away = Membership("postgresql://u:geheim@127.0.0.1:9/x", ShardRange((0,), 2), told)
        with pytest.raises(StorageError, match="cannot be reached: check that it runs") as error:
            await away.open()
        assert "geheim" not in str(error.value)


class TestLeading:
    """What belongs to no shard is done by one."""

    async def test_the_first_that_asks_leads_until_it_ends(self, start: Start) -> None:
        """Then another does."""
        first, second = await start(0), await start(1)
        assert await first.membership.leads()
        assert await first.membership.leads()
        assert not await second.membership.leads()
        await first.membership.close()
        assert not await first.membership.leads()
        assert await second.membership.leads()

    async def test_whoever_loses_the_connection_leads_no_longer(self, start: Start, address: str) -> None:
        """Until it has one again and asks first."""
        first, second = await start(0), await start(1)
        assert await first.membership.leads()
        await cut_off(address)
        await until(lambda: first.missed and second.missed, "both connections")
        assert await second.membership.leads()
        assert not await first.membership.leads()


class TestChanges:
    """What one process changes the others hear."""

    async def test_settings_options_and_policies_are_told(self, start: Start, other: Stores) -> None:
        """With the server that they belong to, once they are kept."""
        process = await start(0)
        await other.servers.save(ServerSettings(guild_id=GUILD, review_channel_id=1, reviewer_role_id=None), actor_id=1)
        await until(lambda: Change("servers", GUILD) in process.changes, "settings")
        await other.options.save(GUILD, AppealOptions(), actor_id=1)
        await until(lambda: Change("server_options", GUILD) in process.changes, "options")
        publishing = Publishing(other.policies)
        await publishing.create(GUILD, "Rules", "# Rules\n\n## Rules\n### R1 A\nBreaks it: b.\n", actor_id=1)
        await until(lambda: Change("policies", GUILD) in process.changes, "a policy")
        process.changes.clear()
        await publishing.publish(GUILD, "Rules", actor_id=1)
        await until(lambda: Change("policies", GUILD) in process.changes, "a publication")

    @pytest.mark.parametrize("payload", ["", "servers", "servers x", "x; DROP 5", "servers 5 6", "Servers 5"])
    async def test_anything_else_on_the_channel_is_left_alone(self, payload: str, start: Start, address: str) -> None:
        """A newer version may tell other things, and anybody who can connect may write there."""
        process = await start(0)
        await execute(address, f"NOTIFY {CHANNEL}, '{payload}'; NOTIFY {CHANNEL}, 'servers 6'")
        await until(lambda: process.changes, "the other one")
        assert process.changes == [Change("servers", 6)]
