"""Where the peers' programs lie, and ending one that was started."""

from __future__ import annotations

import contextlib
from asyncio.subprocess import Process
from pathlib import Path

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


async def end(process: Process) -> None:
    """End a program that may have ended already, and wait until it has."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.wait()
