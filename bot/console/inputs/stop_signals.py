"""Turns Ctrl-C and SIGTERM into an event, so that a command can finish cleanly."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


def told_to_stop() -> asyncio.Event:
    """An event that is set when this program is told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows; there Ctrl-C cancels the program's main task
            break
    return stop


async def run_until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Run the work until it is done, or cancel it when `stop` is set. Returns True if cancelled. Raises what the work
    raises."""
    working = asyncio.create_task(work)
    told = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, told), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
            return False
        return True
    finally:
        working.cancel()
        told.cancel()
        await asyncio.gather(working, told, return_exceptions=True)
