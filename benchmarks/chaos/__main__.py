"""Is a message ever lost? `python -m benchmarks.chaos [--messages N] [--seed S] [--json]`.

Members write, edit and delete on a Discord on this machine, in channels and threads. The real bot, in a process of its
own with a scripted judge, judges them, deletes, times out and posts cards. All the while it is killed (SIGKILL) at
random moments and started again, requests are refused or answered with nonsense, before or after they were carried
out, sessions break in every way there is, the database is locked and the disk is full. At the end everything that goes
wrong stops, and once nothing moves the results are counted from the database and from that Discord:

* lost: messages that are there without a verdict about their present text
* judged twice: two verdicts recorded for one message, edit and version
* actions twice: one action carried out more than once
* cards twice: cases that more than one card shows

All four must be 0; then the exit code is 0. The peer is the promise itself. A seed repeats the choices, not the timing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.chaos.bot import settings_in
from benchmarks.chaos.count import RunCounts, count
from benchmarks.chaos.fault_injection import BotProcess, FaultInjector
from benchmarks.loopback.bot_setup import set_up
from benchmarks.loopback.members import Members
from benchmarks.loopback.server import LoopbackDiscord, loopback_discord

CHANNELS = 4
PER_SECOND = 60.0  #: messages posted
KILL, FAULT = 1 / 200, 1 / 30  #: chances a message
PATIENCE = 45.0  #: seconds without any progress after which what is missing counts as lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of it."""

    posted: int
    judged: int
    lost: int
    judged_twice: int
    actions_twice: int
    cards_twice: int
    kills: int
    faults: int
    seed: int

    @property
    def good(self) -> bool:
        """Nothing was lost, and nothing happened twice."""
        return not (self.lost or self.judged_twice or self.actions_twice or self.cards_twice)


async def run(messages: int, seed: int, *, log: int | None = DEVNULL) -> Result:
    """One run, in a folder and at a port of its own."""
    luck = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder = Path(name)
        version_id = await set_up(settings_in(folder), acts=True)
        database = folder / "bylaw.sqlite3"
        async with loopback_discord(channels=CHANNELS) as discord:
            discord.gateway.heartbeat_ms = 1_000
            process = BotProcess(port=discord.port, folder=folder, seed=seed, log=log)
            injector = FaultInjector(discord, process, database=database, luck=random.Random(f"{seed} storm"))
            members = Members(discord.world, luck)
            await process.start()
            try:
                async with asyncio.timeout(PATIENCE):
                    await discord.gateway.until("identify")
                await _under_faults(messages, members, injector, process, random.Random(f"{seed} when"))
                await injector.calm()
                counted = await _when_quiet(database, discord, process, version_id)
            finally:
                await process.end()
            return Result(
                posted=members.posted,
                judged=counted.judged,
                lost=counted.lost,
                judged_twice=counted.judged_twice,
                actions_twice=counted.actions_twice,
                cards_twice=counted.cards_twice,
                kills=injector.kills,
                faults=injector.faults.total(),
                seed=seed,
            )


async def _under_faults(
    messages: int, members: Members, injector: FaultInjector, process: BotProcess, luck: random.Random
) -> None:
    killing: asyncio.Task[None] | None = None
    began = time.monotonic()
    for number in range(messages):
        members.turn()
        if luck.random() < FAULT:
            injector.strike()
        if luck.random() < KILL and (killing is None or killing.done()):
            killing = asyncio.create_task(injector.kill())
        if killing is None or killing.done():
            await process.keep_alive()
        await asyncio.sleep(max(0.0, began + (number + 1) / PER_SECOND - time.monotonic()))
    if killing is not None:
        await killing


async def _when_quiet(database: Path, discord: LoopbackDiscord, process: BotProcess, version_id: int) -> RunCounts:
    """Wait until there is nothing left to do, or until nothing has moved for long."""
    moved = time.monotonic()
    last: RunCounts | None = None
    while True:
        await process.keep_alive()
        await asyncio.sleep(1)
        try:
            counted = count(database, discord.world, version_id=version_id)
        except sqlite3.OperationalError:
            continue
        settled = counted == last and not counted.lost and not counted.cards_to_come
        if settled or time.monotonic() - moved > PATIENCE:
            return counted
        if counted != last:
            moved = time.monotonic()
            print(f"still to do: {counted}", file=sys.stderr)
        last = counted


def main() -> None:
    """Print the result; the exit code says whether it is as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--log", action="store_true", help="show the bot's own log as well")
    given = parser.parse_args()
    result = asyncio.run(run(given.messages, given.seed, log=None if given.log else DEVNULL))
    if given.json:
        print(json.dumps(asdict(result)))
    else:
        for name, value in asdict(result).items():
            print(f"{name.replace('_', ' '):14}{value:>9,}")
    sys.exit(0 if result.good else 1)


if __name__ == "__main__":
    main()
