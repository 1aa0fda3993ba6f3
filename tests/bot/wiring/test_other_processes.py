"""What other processes change counts here at once, however long this one would remember it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import asyncpg
import pytest
from sqlalchemy import make_url

from bot.keys import keys_from, new_key
from bot.moderation.policies.in_force import PoliciesInForce
from bot.moderation.policies.publishing import Publishing
from bot.moderation.servers.cache import CachedOptions, CachedServers
from bot.moderation.servers.options import ReadingOptions
from bot.moderation.servers.server import ServerSettings
from bot.settings import Settings
from bot.storage.database.errors import StorageError
from bot.storage.database.membership import APPLICATION
from bot.storage.database.outage import Outage
from bot.wiring.other_processes import Affected, Caches, OtherProcesses
from bot.wiring.stores import Stores, open_stores
from tests.databases.postgres import Postgres

GUILD, ELSEWHERE = 77, 77 + (1 << 22)
POLICY = "# Rules\n\n## Rules\n### R1 Shouting\nBreaks it: shouting.\n"


class Appeals:
    """Notes whose new appeals are to be shown."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    async def take_over(self, guild_id: int) -> int:
        """They are shown."""
        self.shown.append(guild_id)
        return 1


@pytest.fixture
async def settings(postgres: Postgres) -> AsyncIterator[Settings]:
    """Of a process with shard 0 of two."""
    async with postgres.migrated() as address:
        yield Settings(judge="lite", database_url=address, shard_count=2, shard_ids=(0,), _env_file=None)


@pytest.fixture
async def stores(settings: Settings) -> AsyncIterator[Stores]:
    """What everybody writes through."""
    async with open_stores(settings, keys_from(new_key(), source="a test").cipher) as found:
        yield found


@pytest.fixture
def caches(stores: Stores) -> Caches:
    """For which no time passes: what is remembered stays remembered until it is forgotten."""
    options = CachedOptions(stores.options, lambda: 0.0)
    in_force = PoliciesInForce(stores.policies, options=options, clock=lambda: 0.0)
    options.subscribe(in_force.changed)
    return Caches(servers=CachedServers(stores.servers, lambda: 0.0), options=options, in_force=in_force)


@pytest.fixture
async def appeals(settings: Settings, caches: Caches) -> AsyncIterator[Appeals]:
    """This process has joined, and serves `GUILD`; what it shows of appeals."""
    ended: list[StorageError] = []
    found = Appeals()
    async with AsyncExitStack() as stack:
        here = OtherProcesses(settings, replaced=ended.append, outage=Outage())
        stack.push_async_callback(here.close)
        await here.open()
        here.pass_on(
            Affected(caches=caches, appeals=found, serves=lambda guild_id: guild_id == GUILD)  # type: ignore[arg-type]
        )
        yield found
    assert ended == []


async def until(holds: Callable[[], Awaitable[object]], what: str) -> None:
    """Wait for something that another task brings about."""
    end = time.monotonic() + 20
    while not await holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        await asyncio.sleep(0.005)


async def execute(settings: Settings, statement: str) -> None:
    """Something that an administrator of the database does."""
    url = make_url(settings.database).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.usefixtures("appeals")
async def test_settings_and_options_of_another_process_count(stores: Stores, caches: Caches) -> None:
    """Also those that were remembered as not being there."""
    assert await caches.servers.get(GUILD) is None
    assert not (await caches.options.get(GUILD, ReadingOptions)).language
    await stores.servers.save(ServerSettings(guild_id=GUILD, review_channel_id=5, reviewer_role_id=None), actor_id=1)
    await stores.options.save(GUILD, ReadingOptions(language="de"), actor_id=1)

    async def known() -> bool:
        return await caches.servers.get(GUILD) is not None

    async def german() -> bool:
        return (await caches.options.get(GUILD, ReadingOptions)).language == "de"

    await until(known, "the settings")
    await until(german, "the option")


@pytest.mark.usefixtures("appeals")
async def test_a_policy_that_another_process_published_is_in_force(stores: Stores, caches: Caches) -> None:
    """Although this one remembered that none is."""
    publishing = Publishing(stores.policies)
    await publishing.create(GUILD, "Rules", POLICY, actor_id=1)
    assert await caches.in_force.of(GUILD) == ()
    await publishing.publish(GUILD, "Rules", actor_id=1)

    async def in_force() -> bool:
        return bool(await caches.in_force.of(GUILD))

    await until(in_force, "the policy")


@pytest.mark.usefixtures("appeals")
async def test_after_a_lost_connection_nothing_is_remembered(settings: Settings, caches: Caches) -> None:
    """What changed meanwhile was told to nobody."""
    assert await caches.servers.get(GUILD) is None
    cut_off = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{APPLICATION}'"
    untold = "SET session_replication_role = replica"  # no trigger says anything
    row = "INSERT INTO servers (guild_id, review_channel_id, retention_days, card_trouble_told)"
    await execute(settings, f"{untold}; {row} VALUES ({GUILD}, 5, 30, false)")
    assert await caches.servers.get(GUILD) is None
    await execute(settings, cut_off)

    async def known() -> bool:
        return await caches.servers.get(GUILD) is not None

    await until(known, "the settings")


async def test_a_new_appeal_is_shown_by_the_process_that_has_the_server(settings: Settings, appeals: Appeals) -> None:
    """Whichever took it in: direct messages all come in at shard 0."""
    columns = (
        "INSERT INTO appeals (guild_id, case_number, attempt, member_id, state, opened_at, waiting_since,"
        " answers_encrypted, asked_encrypted) VALUES"
    )
    row = "({guild}, 1, 1, 9, 'open', now(), now(), '', '')"
    await execute(settings, f"{columns} {row.format(guild=ELSEWHERE)}, {row.format(guild=GUILD)}")

    async def shown() -> bool:
        return appeals.shown == [GUILD]

    await until(shown, "the appeal")


async def test_with_sqlite_there_is_nobody_else() -> None:
    """A process with all servers does everything, and nothing is opened."""
    alone = OtherProcesses(Settings(judge="lite", _env_file=None), replaced=lambda _: None, outage=Outage())
    await alone.open()
    assert await alone.leads()
    assert alone.owns(GUILD)
    await alone.close()


@pytest.mark.usefixtures("appeals")
async def test_a_process_owns_the_servers_of_its_shards(settings: Settings) -> None:
    """Whether it is connected to them or not."""
    here = OtherProcesses(settings, replaced=lambda _: None, outage=Outage())
    assert here.owns(GUILD)
    assert not here.owns(ELSEWHERE)
