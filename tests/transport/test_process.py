"""The real process, told to stop in the middle of its work."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from benchmarks.chaos.bot import settings_in
from benchmarks.chaos.fault_injection import BotProcess
from benchmarks.loopback.bot_setup import set_up
from benchmarks.loopback.server import loopback_discord
from benchmarks.loopback.world import MODS

GENERAL = MODS + 1
PATIENCE = 90.0  #: seconds; a process takes its time to start on a busy machine


def verdicts(folder: Path) -> int:
    """How many messages have a verdict."""
    with closing(sqlite3.connect(folder / "bylaw.sqlite3")) as connection:
        return int(connection.execute("SELECT count(*) FROM clear_verdicts").fetchone()[0])


async def test_told_to_stop_it_ends_in_time_and_leaves_the_rest_to_the_next(tmp_path: Path) -> None:
    """SIGTERM while fifty messages wait for a judge that takes minutes: gone within ten seconds, nothing lost."""
    await set_up(settings_in(tmp_path))
    async with loopback_discord() as discord, asyncio.timeout(PATIENCE):
        slow = BotProcess(port=discord.port, folder=tmp_path, seed=1, takes=300)
        await slow.start()
        await discord.gateway.until("identify")
        posted = [discord.world.post(GENERAL, f"hello {number}") for number in range(50)]
        await discord.gateway.until("heartbeat")
        began = time.monotonic()
        assert await slow.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 10
        assert verdicts(tmp_path) == 0
        quick = BotProcess(port=discord.port, folder=tmp_path, seed=1)
        await quick.start()
        try:
            while verdicts(tmp_path) < len(posted):  # noqa: ASYNC110  # another process writes them
                await asyncio.sleep(0.05)
        finally:
            await quick.end()
