"""A heartbeat for Docker: a file that the running bot touches, and whose age `bylaw doctor --heartbeat` checks.

It runs in the bot's own event loop, so it stops when the loop hangs, not only when the process ends.
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
    """Touch the file regularly until cancelled. Ignores a full or read-only disk."""
    file = data_dir / HEARTBEAT_FILE
    try:
        while True:
            _touch(file)
            await asyncio.sleep(every)
    finally:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def seconds_since(data_dir: Path) -> float | None:
    """Seconds since the bot's last heartbeat; None if no bot is running."""
    try:
        return max(0.0, time.time() - (data_dir / HEARTBEAT_FILE).stat().st_mtime)
    except OSError:
        return None


def runs(data_dir: Path) -> bool:
    """Is a bot running with this data folder now?"""
    age = seconds_since(data_dir)
    return age is not None and age <= OLDEST_SECONDS


def _touch(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
