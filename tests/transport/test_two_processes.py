"""Two bots over one PostgreSQL, with a shard each: every server has one that looks after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from benchmarks.loopback.bot_setup import hurry, set_up
from benchmarks.loopback.payloads import guild_of
from benchmarks.loopback.server import TOKEN, LoopbackDiscord, discord_at, loopback_discord
from bot.app import BylawBot, create_bot
from bot.keys import keys_from
from bot.settings import Settings
from bot.storage.database.errors import StorageError
from bot.wiring.stores import open_stores
from classifier.scripted import ScriptedJudge
from tests.databases.postgres import Postgres
from tests.transport.conftest import KEY, _ready, flags_the_butler, until

LONG_AGO = datetime.now(UTC) - timedelta(days=60)


@dataclass(slots=True)
class Pair:
    """A Discord with two servers, and the bots that a test starts for them."""

    discord: LoopbackDiscord
    folder: Path
    address: str
    judges: list[ScriptedJudge] = field(default_factory=list)
    bots: list[BylawBot] = field(default_factory=list)
    running: list[asyncio.Task[None]] = field(default_factory=list)

    def settings(self, shard: int | None) -> Settings:
        """Of the process with this shard; None for one that only prepares the database."""
        return Settings(
            data_dir=self.folder,
            secret_key=KEY,
            judge="lite",
            database_url=self.address,
            shard_count=2,
            shard_ids=None if shard is None else (shard,),
            _env_file=None,
        )

    async def start(self, shard: int) -> BylawBot:
        """A process, connected."""
        self.judges.append(ScriptedJudge(flags_the_butler))
        bot = create_bot(self.settings(shard), judge=self.judges[-1])
        self.bots.append(bot)
        hurry(bot)
        self.running.append(asyncio.create_task(bot.start(TOKEN)))
        async with asyncio.timeout(30):
            await _ready(bot)
        return bot

    def texts(self, number: int) -> list[str]:
        """What the judge of a bot was asked about."""
        return [request.content.target.words for request in self.judges[number].requests]


@pytest_asyncio.fixture
async def pair(postgres: Postgres, quick: None, tmp_path: Path) -> AsyncIterator[Pair]:
    """Both servers are set up; no bot runs."""
    async with postgres.migrated() as address, loopback_discord(servers=2) as discord:
        with discord_at(discord.port):
            here = Pair(discord=discord, folder=tmp_path, address=address)
            for number in (0, 1):
                await set_up(here.settings(None), guild_id=guild_of(number))
            yield here
            for bot in here.bots:
                await bot.close()
            await asyncio.gather(*here.running, return_exceptions=True)


async def test_each_server_is_looked_after_by_one_process(pair: Pair) -> None:
    """Its messages are judged there, once, and its cases have one card each, in its own channel."""
    await pair.start(0)
    await pair.start(1)
    for number, world in enumerate(pair.discord.worlds):
        world.post(world.mods + 1, f"the butler of {number}")
        world.post(world.mods + 1, f"hello from {number}")
    for world in pair.discord.worlds:
        await until(lambda world=world: world.cards().total(), what="a card")  # type: ignore[misc]
    for number, world in enumerate(pair.discord.worlds):
        await until(lambda number=number: len(pair.texts(number)) == 2, what="two questions")  # type: ignore[misc]
        assert sorted(pair.texts(number)) == [f"hello from {number}", f"the butler of {number}"]
        assert world.cards() == {1: 1}


async def test_what_was_missed_is_read_by_the_process_that_has_the_server(pair: Pair) -> None:
    """The other one has no part in it."""
    await pair.start(0)
    world = pair.discord.worlds[1]
    world.post(world.mods + 1, "the butler, while nobody was there")
    second = await pair.start(1)
    await second.schedule.run_now("catch-up")
    await until(lambda: world.cards().total(), what="a card")
    assert pair.texts(0) == []


async def test_what_belongs_to_no_server_is_done_by_one(pair: Pair) -> None:
    """The data of a server that the bot left long ago: the second process leaves it to the first."""
    first, second = await pair.start(0), await pair.start(1)
    gone = guild_of(5)
    await set_up(pair.settings(None), guild_id=gone)
    cipher = keys_from(KEY, source="a test").cipher
    async with open_stores(pair.settings(None), cipher, now=lambda: LONG_AGO) as stores:
        await stores.departures.left(gone)
        assert await first.schedule.run_now("retention")  # so it leads
        assert await second.schedule.run_now("departures")
        assert await stores.servers.get(gone) is not None
        assert await first.schedule.run_now("departures")
        assert await stores.servers.get(gone) is None


async def test_a_process_whose_shards_were_taken_ends_with_the_reason(pair: Pair) -> None:
    """As a line for the operator, not as a bot that looks alive and is not."""
    bot = await pair.start(0)
    bot._end_with(StorageError("shard 0 already has a process."))
    with pytest.raises(StorageError, match="shard 0 already has a process"):
        await pair.running[0]
