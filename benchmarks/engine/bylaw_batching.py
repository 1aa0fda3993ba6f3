"""Bylaw's batching core, as the engine's process runs it, with jobs that write a fixed number of tokens.

Everything is the engine's own: its sizes, the cache, the kept policies, how jobs join and leave, who is computed when.
Only what is written is not a verdict: a fixed number of likeliest tokens, as on the other sides.
"""

from __future__ import annotations

import math
import queue
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from benchmarks.engine.plan import Machine
from benchmarks.peers.worker import Order, Worker, open_reports, orders
from benchmarks.workload.jobs import FENCE_KEY
from classifier.llama.engine.__main__ import load
from classifier.llama.engine.batching import Batching, Ending, Job
from classifier.llama.engine.decoding import Feed, Writing
from classifier.llama.engine.model import Snapshot
from classifier.llama.engine.prefix_cache import PrefixCache, room_for_prefixes
from classifier.llama.engine.reply_form import Reply, Thinking
from classifier.llama.options import EngineOptions

_OWN_CHOICE = "-"


async def start_core(machine: Machine) -> Worker:
    """The core in a process of its own.

    Raises:
        WorkerDied: it did not start.
    """
    return await Worker.start(
        "benchmarks.engine.bylaw_batching",
        str(machine.model),
        str(machine.threads),
        str(machine.gpu_layers),
        _OWN_CHOICE if machine.sequences is None else str(machine.sequences),
    )


def write_exactly(tokens: int) -> Writing:
    """Write the likeliest token, `tokens` times."""
    ids: list[int] = []
    for _ in range(tokens):
        row = yield Feed(tuple(ids[-1:]))
        ids.append(int(row.argmax()))
    return Reply(tuple(ids), 0.0, 1.0, Thinking.NONE)


def job_of(order: Order) -> Job:
    """The order as the core takes it."""
    return Job(
        prefix=order.ids[: order.prefix_length],
        prompt=order.ids[order.prefix_length :],
        writing=write_exactly(order.tokens),
        deadline=math.inf,
    )


def serve(batching: Batching[Snapshot], inbox: queue.SimpleQueue[Order | None], reports: TextIO) -> None:
    """Work until the input ends.

    Raises:
        RuntimeError: a job came to another end than its own.
    """
    numbers: dict[Job, int] = {}
    while True:
        while not batching.busy or not inbox.empty():
            order = inbox.get()
            if order is None:
                return
            job = job_of(order)
            numbers[job] = order.number
            batching.add(job)
        batching.step()
        for done in batching.take_done():
            if done.ending is not Ending.FINISHED:
                raise RuntimeError(f"a job ended as {done.ending.value}: {done.error}")
            print(numbers.pop(done.job), file=reports)


def main(arguments: Sequence[str]) -> int:
    """The worker's own program."""
    model, threads, gpu_layers, sequences = arguments
    reports = open_reports()
    runtime, _, ready = load(
        EngineOptions(
            model=Path(model),
            fence_key=FENCE_KEY,
            threads=int(threads),
            gpu_layers=int(gpu_layers),
            sequences=None if sequences == _OWN_CHOICE else int(sequences),
        )
    )
    prefixes: PrefixCache[Snapshot] = PrefixCache(
        most_bytes=room_for_prefixes(), size_of=lambda snapshot: snapshot.size
    )
    batching = Batching(runtime.decoder, prefixes, clock=time.monotonic, join_together=runtime.join_together)
    inbox: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(inbox,), daemon=True).start()
    print(ready.description, file=reports)
    serve(batching, inbox, reports)
    runtime.close()
    return 0


def _read(inbox: queue.SimpleQueue[Order | None]) -> None:
    for order in orders(sys.stdin.buffer):
        inbox.put(order)
    inbox.put(None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
