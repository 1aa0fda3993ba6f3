"""Processes that are started again whenever they end, as an operator's service manager would."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Sequence


class Restarted:
    """One process."""

    def __init__(self, arguments: Sequence[str], *, log: int | None = DEVNULL) -> None:
        """Nothing runs yet.

        Args:
            arguments: of Python, such as ``-m`` and a module.
            log: where its standard error goes.
        """
        self._arguments = tuple(arguments)
        self._log = log
        self._process: Process | None = None
        self._wanted = False
        self.starts = 0

    async def start(self) -> None:
        """Start it."""
        self._wanted = True
        self.starts += 1
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *self._arguments, stdout=DEVNULL, stderr=self._log
        )

    async def keep_alive(self) -> None:
        """Start it again where it ended by itself."""
        if self._wanted and self._process is not None and self._process.returncode is not None:
            await self.start()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it, and leave it at that until somebody starts it."""
        self._wanted = False
        self.send(number)
        if self._process is not None:
            await self._process.wait()
