"""Iterates over long lists of rows without blocking the event loop: reading one row can mean decrypting ten texts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 8  #: items between two turns of the event loop; this many cases take a few milliseconds


async def yielding(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items in order, giving other tasks a turn after every few of them."""
    for number, item in enumerate(items, start=1):
        yield item
        if not number % AT_ONCE:
            await asyncio.sleep(0)
