"""llama-batched-bench, which measures what the ceiling is computed from (`benchmarks.workload.ceiling`)."""

from __future__ import annotations

import json
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.programs import Peer, PeerFailed
from benchmarks.workload.ceiling import Speed

PROMPT, DECODED = 600, 32  #: tokens: as long as a policy's part, and enough steps to time


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchedBench:
    """The program, and what it measures with."""

    folder: Path
    model: Path
    threads: int
    gpu_layers: int

    async def measure(self, settings: Sequence[str], sequences: Sequence[int]) -> list[Speed]:
        """Speeds with these settings: a shared prompt, and behind it as many texts at once as `sequences` says.

        Raises:
            PeerFailed: the program printed no figures; the message has its last words.
        """
        cells = max(sequences) * (PROMPT + DECODED) + 256
        command = (
            str(self.folder / "bin" / "llama-batched-bench"),
            *("-m", str(self.model), "-t", str(self.threads), "-ngl", str(self.gpu_layers), "-c", str(cells)),
            *("-b", "2048", "-ub", "512", "-pps", "-npp", str(PROMPT), "-ntg", str(DECODED)),
            *("-npl", ",".join(map(str, sequences)), "--output-format", "jsonl", *settings),
        )
        peer = await Peer.start(command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
        try:
            output, complaint = await peer.process.communicate()
        finally:
            await peer.end()
        speeds = read_speeds(output.decode(), settings=" ".join(settings))
        if not speeds:
            last = complaint.decode(errors="replace").strip().splitlines()[-3:]
            raise PeerFailed(f"llama-batched-bench measured nothing: {' / '.join(last)}")
        return speeds


def read_speeds(output: str, *, settings: str) -> list[Speed]:
    """The figures among the program's output."""
    lines = (json.loads(line) for line in output.splitlines() if line.startswith("{"))
    return [
        Speed(settings=settings, sequences=line["pl"], prompt=line["speed_pp"], decode=line["speed_tg"])
        for line in lines
    ]
