"""Detects this machine's graphics hardware by asking the system, whether or not llama.cpp can use it."""

from __future__ import annotations

import platform
import shutil
import subprocess
from dataclasses import dataclass

_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """The hardware that llama.cpp could be built for."""

    nvidia: tuple[str, ...] = ()  #: the NVIDIA cards that the driver lists
    apple_chip: str = ""  #: ``Apple M4 Max``; empty on any other machine
    python_is_arm: bool = True  #: False for an Intel Python running on an Apple chip


def look_at_hardware() -> Hardware:
    """Ask the system. What can't be detected counts as missing."""
    cards = tuple(_output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").splitlines())
    if platform.system() != "Darwin":
        return Hardware(nvidia=cards)
    chip = _output("sysctl", "-n", "machdep.cpu.brand_string")
    return Hardware(
        nvidia=cards,
        apple_chip=chip if chip.startswith("Apple") else "",
        python_is_arm=platform.machine() == "arm64",
    )


def _output(program: str, *arguments: str) -> str:
    """A program's output; empty if it is missing or fails."""
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603  # a fixed program with fixed arguments
            [path, *arguments], capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
