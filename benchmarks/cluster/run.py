"""The run with faults: members write in two servers while bots, judges and PostgreSQL are killed."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks.cluster.bot import settings_for
from benchmarks.cluster.count import Counts, count
from benchmarks.cluster.postgres import Postgres
from benchmarks.cluster.processes import Restarted
from benchmarks.loopback.bot_setup import set_up
from benchmarks.loopback.members import Members
from benchmarks.loopback.server import LoopbackDiscord, loopback_discord
from bot.keys import new_key

SHARDS = 2
#: The scripted judge of `bylaw serve-judge` goes by the word "violates", and that of the bots by who did it.
TEXTS = (
    *("hello {0}", "who was it, {0}?", "no spoilers {0}", "maybe {0}"),
    *("the butler {0}, it violates", "the gardener {0}, it violates"),
)
PER_SECOND = 30.0  #: messages posted, in both servers together
AWAY = 1.0  #: seconds that a killed process is away
PATIENCE = 60.0  #: seconds without any progress after which what is missing counts as lost

Judges = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done."""

    messages: int
    seed: int
    outage: float  #: seconds that PostgreSQL is away
    judge: tuple[str, ...] = ()  #: arguments of the bots that say who judges
    kill_judge: Judges | None = None
    log: int | None = DEVNULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    posted: int
    counts: Counts
    kills: int


class Cluster:
    """The processes of one run, and what happens to them."""

    def __init__(self, postgres: Postgres, discord: LoopbackDiscord, bots: list[Restarted], plan: Plan) -> None:
        self._postgres = postgres
        self._discord = discord
        self._bots = bots
        self._plan = plan
        self.kills = 0

    async def keep_alive(self) -> None:
        """Start again what ended by itself."""
        for each in self._bots:
            await each.keep_alive()

    async def end(self) -> None:
        """End everything."""
        for each in self._bots:
            await each.end()
        await self._postgres.kill()

    async def faults(self, seconds: float) -> None:
        """Kill each once, spread over the time that the members write."""
        steps: list[Callable[[], Awaitable[None]]] = [
            lambda: self._kill_bot(0),
            self._outage,
            lambda: self._kill_bot(1),
        ]
        if self._plan.kill_judge is not None:
            steps.append(self._kill_judge)
        for step in steps:
            await asyncio.sleep(seconds / (len(steps) + 1))
            await step()

    async def _kill_bot(self, shard: int) -> None:
        await self._bots[shard].end()
        self.kills += 1
        self._discord.gateway.forget(shard)
        await asyncio.sleep(AWAY)
        await self._bots[shard].start()

    async def _outage(self) -> None:
        await self._postgres.kill()
        self.kills += 1
        await asyncio.sleep(self._plan.outage)
        await self._postgres.start()

    async def _kill_judge(self) -> None:
        if self._plan.kill_judge is not None:
            await self._plan.kill_judge()
            self.kills += 1


async def run(plan: Plan) -> Outcome:
    """One run, in a folder and at ports of its own."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as name:
        folder, key = Path(name), new_key()
        postgres = Postgres(folder)
        await postgres.start()
        try:
            async with loopback_discord(servers=SHARDS) as discord:
                settings = settings_for(folder, postgres.address, key, shard=None, shards=SHARDS)
                versions = {each.guild_id: await set_up(settings, guild_id=each.guild_id) for each in discord.worlds}
                discord.gateway.heartbeat_ms = 1_000
                bots = [Restarted(_bot(plan, discord, folder, postgres, key, shard), log=plan.log) for shard in (0, 1)]
                cluster = Cluster(postgres, discord, bots, plan)
                try:
                    return await _run(plan, cluster, discord, postgres, versions, bots)
                finally:
                    await cluster.end()
        finally:
            await postgres.kill()


def _bot(plan: Plan, discord: LoopbackDiscord, folder: Path, postgres: Postgres, key: str, shard: int) -> list[str]:
    return [
        *("-m", "benchmarks.cluster.bot", "--port", str(discord.port), "--data", str(folder), "--key", key),
        *("--database", postgres.address, "--shard", str(shard), "--shards", str(SHARDS), *plan.judge),
    ]


async def _run(
    plan: Plan,
    cluster: Cluster,
    discord: LoopbackDiscord,
    postgres: Postgres,
    versions: dict[int, int],
    bots: list[Restarted],
) -> Outcome:
    for each in bots:
        await each.start()
    async with asyncio.timeout(PATIENCE):
        await discord.gateway.until("identify", SHARDS)
    members = [Members(world, random.Random(f"{plan.seed} {world.guild_id}"), texts=TEXTS) for world in discord.worlds]
    faults = asyncio.create_task(cluster.faults(plan.messages / PER_SECOND))
    began, turns = time.monotonic(), 0
    while turns < plan.messages or not faults.done():
        members[turns % SHARDS].turn()
        turns += 1
        await cluster.keep_alive()
        await asyncio.sleep(max(0.0, began + turns / PER_SECOND - time.monotonic()))
    await faults
    counts = await _when_quiet(cluster, discord, postgres, versions)
    return Outcome(posted=sum(each.posted for each in members), counts=counts, kills=cluster.kills)


async def _when_quiet(
    cluster: Cluster, discord: LoopbackDiscord, postgres: Postgres, versions: dict[int, int]
) -> Counts:
    """Wait until there is nothing left to do, or until nothing has moved for long."""
    moved, last = time.monotonic(), None
    while True:
        await cluster.keep_alive()
        await asyncio.sleep(1)
        try:
            counts = await count(postgres.address, discord.worlds, versions)
        except (OSError, asyncpg.PostgresError):
            continue
        settled = counts == last and not counts.lost and not counts.cards_to_come
        if settled or time.monotonic() - moved > PATIENCE:
            return counts
        if counts != last:
            moved = time.monotonic()
            print(f"still to do: {counts}", file=sys.stderr)
        last = counts
