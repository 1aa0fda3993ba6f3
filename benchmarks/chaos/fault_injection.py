"""What happens to the bot in a chaos run: it is killed, its Discord fails, its database is locked, its disk is full."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from pathlib import Path

from benchmarks.loopback import faults
from benchmarks.loopback.server import LoopbackDiscord

#: Close codes after which a session can be resumed, and the one after which it cannot.
_CODES = (1000, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009)


class BotProcess:
    """The bot's process. It is started again whenever it ends."""

    def __init__(self, *, port: int, folder: Path, seed: int, takes: float = 0.0, log: int | None = DEVNULL) -> None:
        self._port = port
        self._folder = folder
        self._seed = seed
        self._takes = takes
        self._log = log
        self._process: Process | None = None
        self._starts = 0

    async def start(self) -> None:
        """Start it. Each start has its own luck."""
        self._starts += 1
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.chaos.bot",
            "--port",
            str(self._port),
            "--data",
            str(self._folder),
            "--seed",
            f"{self._seed}:{self._starts}",
            "--takes",
            str(self._takes),
            stdout=DEVNULL,
            stderr=self._log,
        )

    async def keep_alive(self) -> None:
        """Start it again when it ended by itself, as an operator's service manager would."""
        if self._process is not None and self._process.returncode is not None:
            await self.start()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        """End it and wait until it is gone; its exit code."""
        if self._process is None:
            return 0
        self.send(number)
        code = await self._process.wait()
        self._process = None
        return code


class FaultInjector:
    """Chooses by its seed what goes wrong next."""

    def __init__(self, discord: LoopbackDiscord, process: BotProcess, *, database: Path, luck: random.Random) -> None:
        self._discord = discord
        self._process = process
        self._database = database
        self._luck = luck
        self._under_way: set[asyncio.Task[None]] = set()
        self._locked = asyncio.Lock()
        self.kills = 0
        self.faults: Counter[str] = Counter()

    async def kill(self) -> None:
        """Kill -9; it is started again a moment later, and what is posted meanwhile is missed."""
        await self._process.end()
        self.kills += 1
        self._discord.gateway.forget()
        await asyncio.sleep(self._luck.uniform(0, 1))
        await self._process.start()

    def strike(self) -> None:
        """One fault of any kind."""
        kind = self._luck.choice((self._rest, self._rest, self._gateway, self._lock, self._disk))
        kind()

    async def calm(self) -> None:
        """Nothing goes wrong from now on."""
        self._discord.rest.faults.clear()
        self._discord.gateway.acknowledges = True
        if self._under_way:
            await asyncio.gather(*self._under_way)

    def _rest(self) -> None:
        afterwards = self._luck.random() < 0.5
        fault = self._luck.choice(
            (
                faults.rate_limited(self._luck.uniform(0, 0.3)),
                faults.rate_limited(self._luck.uniform(0, 0.3), everywhere=True),
                faults.banned(seconds=1),
                *(faults.trouble(status, afterwards=afterwards) for status in (500, 502, 503, 504)),
                faults.late(self._luck.uniform(0.1, 1)),
                faults.nonsense(afterwards=afterwards),
                faults.cut_off(afterwards=afterwards),
            )
        )
        self.faults[fault.name] += 1
        self._discord.rest.faults.next(".*/(messages|members)(/.*)?", *[fault] * self._luck.choice((1, 1, 3, 8)))

    def _gateway(self) -> None:
        gateway = self._discord.gateway
        what = self._luck.choice(("close", "close", "close for good", "op 7", "op 9 true", "op 9 false", "no ack"))
        self.faults[what] += 1
        if what == "close":
            gateway.break_off(self._luck.choice(_CODES))
        elif what == "close for good":
            gateway.forget()
            gateway.break_off(4006)
        elif what == "op 7":
            gateway.ask_to_reconnect()
        elif what == "no ack":
            self._later(self._no_answer())
        else:
            gateway.invalidate(resumable=what == "op 9 true")

    def _lock(self) -> None:
        self.faults["locked"] += 1
        self._later(self._hold_lock(self._luck.uniform(0.1, 2)))

    def _disk(self) -> None:
        self.faults["full disk"] += 1
        self._later(self._fill(self._luck.uniform(0.1, 2)))

    def _later(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _no_answer(self) -> None:
        self._discord.gateway.acknowledges = False
        await asyncio.sleep(4)
        self._discord.gateway.acknowledges = True

    async def _hold_lock(self, seconds: float) -> None:
        async with self._locked:
            connection = sqlite3.connect(self._database, timeout=0.5, isolation_level=None)
            try:
                connection.execute("BEGIN IMMEDIATE")
                await asyncio.sleep(seconds)
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError:
                pass  # the bot was faster
            finally:
                connection.close()

    async def _fill(self, seconds: float) -> None:
        self._process.send(signal.SIGUSR1)
        await asyncio.sleep(seconds)
        self._process.send(signal.SIGUSR2)
