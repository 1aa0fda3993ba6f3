"""Group commit: writes rows of many tasks in few transactions.

A transaction costs about the same for one row as for a hundred. While one is being written, further rows are collected
for the next one. A caller only returns once its row is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Batch(Generic[T]):
    rows: list[T] = field(default_factory=list)
    written: asyncio.Task[None] | None = None


class GroupCommit(Generic[T]):
    """Collects rows and writes them together."""

    def __init__(self, write: Callable[[list[T]], Awaitable[None]]) -> None:
        self._write = write
        self._gathering: _Batch[T] | None = None
        self._under_way: asyncio.Task[None] | None = None

    async def add(self, row: T) -> None:
        """Write a row; returns when it is committed. An error of the transaction is raised to every caller whose row
        was in it.

        If the caller is cancelled meanwhile, the row is written all the same.
        """
        batch = self._gathering
        if batch is None:
            batch = self._gathering = _Batch()
            batch.written = self._under_way = asyncio.create_task(self._write_next(batch, self._under_way))
        batch.rows.append(row)
        if batch.written is not None:
            await asyncio.shield(batch.written)

    async def _write_next(self, batch: _Batch[T], before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        self._gathering = None
        await self._write(batch.rows)
