"""A sign of life for Docker: a file that the running bot touches, and whose age `bylaw doctor --heartbeat` looks at.

It beats in the bot's own event loop, so it stops when the loop hangs and not only when the process is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

HEARTBEAT_FILE = "heartbeat"
EVERY_SECONDS = 30.0
OLDEST_SECONDS = 3 * EVERY_SECONDS  #: two beats may be missed


async def beat(data_dir: Path, *, every: float = EVERY_SECONDS) -> None:
    """Touch the file again and again until cancelled. A full or read-only disk is no reason to stop."""
    file = data_dir / HEARTBEAT_FILE
    try:
        while True:
            _touch(file)
            await asyncio.sleep(every)
    finally:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def seconds_since(data_dir: Path) -> float | None:
    """How long ago the bot last gave a sign of life; None if none is running."""
    try:
        return max(0.0, time.time() - (data_dir / HEARTBEAT_FILE).stat().st_mtime)
    except OSError:
        return None


def runs(data_dir: Path) -> bool:
    """Does a bot run on this data folder right now?"""
    age = seconds_since(data_dir)
    return age is not None and age <= OLDEST_SECONDS


def _touch(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
