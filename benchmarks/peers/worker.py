"""A side that runs in a process of its own and takes jobs as lines: ids of tokens in, the job's number back.

The first line that a worker writes is its settings, for people. It ends when its input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, TextIO

import psutil

from benchmarks.peers.programs import Peer
from benchmarks.workload.jobs import Job

_LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Order:
    """A job as a worker reads it."""

    number: int
    ids: tuple[int, ...]
    prefix_length: int
    tokens: int


class WorkerDied(Exception):
    """A worker ended before it had answered. Its own words went to standard error."""


class Worker:
    """A worker, seen from outside."""

    def __init__(self, peer: Peer, settings: str) -> None:
        self._peer = peer
        self._process = peer.process
        self.settings = settings
        self._answers: dict[int, asyncio.Future[None]] = {}
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, module: str, *arguments: str) -> Worker:
        """Run `python -m module arguments` and wait for its first line.

        Raises:
            WorkerDied: there was none.
        """
        command = (sys.executable, "-m", module, *arguments)
        peer = await Peer.start(command, stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE)
        assert peer.process.stdout is not None
        settings = ""
        try:
            settings = (await peer.process.stdout.readline()).decode().strip()
        finally:
            if not settings:
                await peer.end()
        if not settings:
            raise WorkerDied(f"{module} did not start")
        return cls(peer, settings)

    async def answer(self, job: Job) -> None:
        """Do the job.

        Raises:
            WorkerDied: the worker ended.
        """
        assert self._process.stdin is not None
        number = len(self._answers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        order = {"number": number, "ids": job.ids, "prefix_length": job.prefix_length, "tokens": job.tokens}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._answers[number]

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self._answers[int(line)].set_result(None)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(WorkerDied("a worker ended in the middle of its work"))

    def memory(self) -> int:
        """Bytes in memory, weights included."""
        return int(psutil.Process(self._process.pid).memory_info().rss)

    async def close(self) -> None:
        """End it."""
        self._listening.cancel()
        await self._peer.end()


def read_order(line: bytes) -> Order:
    """The other end of `Worker.answer`."""
    data = json.loads(line)
    return Order(data["number"], tuple(data["ids"]), data["prefix_length"], data["tokens"])


def orders(source: BinaryIO) -> Iterator[Order]:
    """Jobs, until there are no more."""
    for line in source:
        yield read_order(line)


def open_reports() -> TextIO:
    """Standard output for this protocol alone: whatever native code prints goes to standard error."""
    reports = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return reports


def serve_in_turn(settings: str, write: Callable[[Sequence[int], int], None]) -> None:
    """Answer job after job; `write` writes this many tokens behind these ids."""
    reports = open_reports()
    print(settings, file=reports)
    for order in orders(sys.stdin.buffer):
        write(order.ids, order.tokens)
        print(order.number, file=reports)
