"""Counts SQLite's own work, which is the same on a quiet machine and on a busy one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

_EVERY = 100  #: instructions of SQLite's virtual machine


@dataclass(slots=True)
class Work:
    """How much was done so far."""

    steps: int = 0  #: hundreds of instructions
    transactions: int = 0


@contextmanager
def counting_work(engine: AsyncEngine) -> Iterator[Work]:
    """Count inside this block."""
    work = Work()

    def step() -> None:
        work.steps += 1

    def begin(_connection: Any) -> None:
        work.transactions += 1

    def checkout(connection: Any, *_: Any) -> None:
        connection.run_async(lambda driver: driver.set_progress_handler(step, _EVERY))

    event.listen(engine.sync_engine, "checkout", checkout)
    event.listen(engine.sync_engine, "begin", begin)
    try:
        yield work
    finally:
        event.remove(engine.sync_engine, "checkout", checkout)
        event.remove(engine.sync_engine, "begin", begin)
