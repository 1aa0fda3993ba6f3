"""Where the peers' programs lie, and starting and ending one.

A peer never outlives the run. It leads a process group of its own, and a watcher beside it holds the other end of a
pipe: when the benchmark is gone, however it went, the pipe breaks and the watcher ends the group.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / ".peers"
#: Leaves weights as they are in the file, instead of rearranging them for this CPU.
AS_IN_FILE = "--no-repack"
_PROGRAMS = ("llama-server", "llama-batched-bench")


class MissingPeers(Exception):
    """The peers were not built. The message is one line that says how."""


def check_programs(folder: Path) -> None:
    """See that the peers are there.

    Raises:
        MissingPeers: they are not.
    """
    missing = [name for name in _PROGRAMS if not (folder / "bin" / name).exists()]
    if missing:
        raise MissingPeers(
            f"{folder} has no {' and no '.join(missing)}: build them once with benchmarks/peers/build.sh {folder}"
        )


class PeerFailed(Exception):
    """A peer refused work, did other work than it was asked for, or ended. The message has its reason."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that was started, and the watcher that ends it when the benchmark is gone."""

    process: Process
    watcher: Process

    @classmethod
    async def start(cls, command: Sequence[str], **streams: Any) -> Peer:
        """Start a program; `streams` are those of `asyncio.create_subprocess_exec`."""
        process = await asyncio.create_subprocess_exec(*command, start_new_session=True, **streams)
        try:
            watcher = await asyncio.create_subprocess_exec(
                sys.executable, __file__, str(process.pid), stdin=PIPE, stdout=DEVNULL, start_new_session=True
            )
        except BaseException:
            process.kill()
            raise
        return cls(process, watcher)

    async def end(self) -> None:
        """End it with everything that it started, and wait until it has; it may have ended already."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        if self.watcher.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.watcher.kill()
        await asyncio.gather(self.process.wait(), self.watcher.wait())


def watch(group: int) -> None:
    """The watcher's own program: end a process group once nobody holds the other end of standard input."""
    while sys.stdin.buffer.read(1):
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    watch(int(sys.argv[1]))
