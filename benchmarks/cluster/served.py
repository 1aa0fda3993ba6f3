"""Starts and asks the served judge: for the run with faults, and to measure what a second replica gains."""

from __future__ import annotations

import asyncio
import signal
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.cluster.postgres import free_port
from benchmarks.cluster.processes import Restarted
from benchmarks.cluster.run import Plan
from bot.judge import remote_judge
from bot.settings import Settings
from classifier import Content, Judge, JudgeRequest, Lane, Message, PolicyText, RuleText, Verdict
from classifier.remote.client.judge import RemoteJudge

KEY = "a-key-of-the-benchmark-alone"
POLICIES = 16  #: asked in turn; Ray sends a policy to the replica that had it last
WARM_UP = 2.0  #: seconds before what is counted
PATIENCE = 180.0  #: seconds until the service answers
DEADLINE = 120.0  #: seconds that a request may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """What is served."""

    count: int
    places: int  #: requests at once on each
    takes: float = 0.05  #: seconds that a scripted answer takes
    model: Path | None = None  #: judges instead of the script


class Served:
    """The service while it runs."""

    def __init__(self, process: Restarted, settings: Settings) -> None:
        self._process = process
        self.settings = settings  #: of a bot that asks it

    async def kill_one(self) -> None:
        """One replica dies."""
        self._process.send(signal.SIGUSR1)


@asynccontextmanager
async def served(replicas: Replicas, *, log: int | None) -> AsyncIterator[Served]:
    """The service until the end of the block.

    Raises:
        TimeoutError: it does not come up.
    """
    port = free_port()
    model = ("--model", str(replicas.model)) if replicas.model else ("--takes", str(replicas.takes))
    process = Restarted(
        [
            *("-m", "benchmarks.cluster.judges", "--port", str(port), "--key", KEY),
            *("--replicas", str(replicas.count), "--places", str(replicas.places), *model),
        ],
        log=log,
    )
    settings = _asking(port)
    await process.start()
    try:
        await _until_ready(settings)
        yield Served(process, settings)
    finally:
        await process.end(signal.SIGTERM)


def _asking(port: int) -> Settings:
    """The settings of a bot that asks the service at this port."""
    return Settings(judge="remote", remote_urls=f"http://127.0.0.1:{port}", remote_key=KEY, _env_file=None)  # type: ignore[call-arg, arg-type]


async def _until_ready(settings: Settings) -> None:
    async with asyncio.timeout(PATIENCE), asking(settings) as judge:
        while not judge.places:  # noqa: ASYNC110  # another process gets ready
            await asyncio.sleep(0.5)


@asynccontextmanager
async def asking(settings: Settings) -> AsyncIterator[RemoteJudge]:
    """A judge as a bot has it."""
    judge = remote_judge(settings, fence_key=b"a fence of the benchmark's own")
    try:
        await judge.start(patiently=True)
        yield judge
    finally:
        await judge.close()


def asked(plan: Plan, here: Served) -> Plan:
    """A run whose bots ask this service, and in which it is hurt as well."""
    return replace(plan, judge=("--judge-url", here.settings.remote_urls, "--judge-key", KEY), kill_judge=here.kill_one)


async def rate(settings: Settings, *, at_once: int, seconds: float) -> float:
    """Judgements a second, while this many are always asked for."""
    async with asking(settings) as judge:
        until, done = time.monotonic() + WARM_UP + seconds, 0

        async def ask(number: int) -> None:
            nonlocal done
            while (now := time.monotonic()) < until:
                answer = await judge.judge(question(number))
                if isinstance(answer, Verdict) and now >= until - seconds:
                    done += 1
                number += at_once

        await asyncio.gather(*map(ask, range(at_once)))
        return done / seconds


@asynccontextmanager
async def plainly_served(*, places: int, takes: float, log: int | None) -> AsyncIterator[Settings]:
    """The same judge behind one aiohttp server, without Ray, until the end of the block; the settings of who asks it.

    Raises:
        TimeoutError: it does not come up.
    """
    port = free_port()
    arguments = ("--port", str(port), "--key", KEY, "--places", str(places), "--takes", str(takes))
    process = Restarted(["-m", "benchmarks.cluster.plain", *arguments], log=log)
    await process.start()
    try:
        settings = _asking(port)
        await _until_ready(settings)
        yield settings
    finally:
        await process.end()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """What a question takes beyond the judge's own time, in the middle, while nothing else is asked; milliseconds."""

    served: float
    plain: float  #: behind one aiohttp server


async def overhead(served_at: Settings, plain_at: Settings, *, takes: float, times: int = 200) -> Overhead:
    """Ask both sides in turns, so that both meet the same load of the machine. Each policy's first question, at which
    Ray chooses its replica, does not count."""
    async with asking(served_at) as judge, asking(plain_at) as peer:
        pairs = [(await _seconds(judge, number), await _seconds(peer, number)) for number in range(times)][POLICIES:]
    served_s, plain_s = (statistics.median(side) - takes for side in zip(*pairs, strict=True))
    return Overhead(served=1000 * served_s, plain=1000 * plain_s)


async def _seconds(judge: Judge, number: int) -> float:
    began = time.monotonic()
    await judge.judge(question(number))
    return time.monotonic() - began


def question(number: int) -> JudgeRequest:
    """A question under one of the policies."""
    policy = PolicyText(
        title=f"Policy {number % POLICIES}",
        rules=(RuleText(id="R1", title="Nothing", breaks_it=f"saying the word number {number % POLICIES}."),),
    )
    content = Content(target=Message(text=f"hello {number}"))
    return JudgeRequest(policy=policy, content=content, lane=Lane.LIVE, server=1, deadline_s=DEADLINE)
