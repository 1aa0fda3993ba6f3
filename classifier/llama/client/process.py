"""The engine's process as the bot sees it: a pipe with lines in it, which always ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from classifier.llama.errors import EngineStartError
from classifier.llama.wire import LONGEST_LINE

_LEAVE_S = 10.0  # seconds that the engine has to leave by itself once its input ends
_TERMINATE_S = 3.0
_LAST_WORDS = 4096  # bytes of stderr that are kept

_SECRET = re.compile(r"\ABYLAW_|TOKEN|SECRET|PASSWORD|CREDENTIAL|_KEY\Z", re.IGNORECASE)


def engine_command() -> tuple[str, ...]:
    """How to start the engine. `-P` keeps files in the current folder from being imported."""
    return (sys.executable, "-P", "-m", "classifier.llama.engine")


def engine_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment that the engine gets: no secrets, and the path to this package."""
    kept = {name: value for name, value in environment.items() if not _SECRET.search(name)}
    root = str(Path(__file__).resolve().parents[3])
    paths = [root, *filter(None, [environment.get("PYTHONPATH")])]
    # ggml would start a debugger to print a backtrace when it aborts; the supervisor wants a quick end.
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "GGML_NO_BACKTRACE": "1"}


class EngineProcess:
    """A running child process that reads and writes lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("the process has no pipes")
        self._process = process
        self._stdin, self._stdout, self._stderr = process.stdin, process.stdout, process.stderr
        self._last_words = b""
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def spawn(cls, command: Sequence[str]) -> EngineProcess:
        """Start `command`.

        Raises:
            EngineStartError: the program cannot be run.
        """
        pipe = asyncio.subprocess.PIPE
        spawning = asyncio.create_task(
            asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=pipe, limit=LONGEST_LINE, env=engine_environment(os.environ)
            )
        )
        try:
            return cls(await asyncio.shield(spawning))
        except OSError as error:
            raise EngineStartError(f"cannot start {command[0]}: {error.strerror}") from error
        except asyncio.CancelledError:
            # asyncio never comes back from a spawn that is cancelled half-way, so it is let through and undone.
            process = cls(await spawning)
            process.kill()
            await process.end()
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def send(self, line: bytes) -> None:
        """Write a line. If the process is gone, the line is lost and `receive` returns None."""
        if not self._stdin.is_closing():
            self._stdin.write(line)

    async def receive(self) -> bytes | None:
        """The next line; None when there are no more, or when one is longer than allowed."""
        try:
            line = await self._stdout.readline()
        except ValueError:  # longer than LONGEST_LINE
            return None
        return line if line.endswith(b"\n") else None

    def kill(self) -> None:
        """Kill it. Safe when it has already ended."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self, *, leave_s: float = _LEAVE_S, terminate_s: float = _TERMINATE_S) -> None:
        """Let it exit, else kill it, and wait until it and its pipes are gone. Safe to call twice."""
        self._stdin.close()
        for seconds, insist in ((leave_s, self._process.terminate), (terminate_s, self._process.kill)):
            try:
                await asyncio.wait_for(self._gone(), seconds)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    insist()
        await self._gone()

    async def _gone(self) -> None:
        while await self._stdout.read(1 << 16):
            pass
        await asyncio.shield(self._listening)
        await self._process.wait()

    async def _listen(self) -> None:
        while data := await self._stderr.read(1 << 12):
            self._last_words = (self._last_words + data)[-_LAST_WORDS:]

    def how_it_ended(self) -> str:
        """For people: the signal or exit code, and the last line it wrote to stderr."""
        code = self._process.returncode
        if code is not None and code < 0:
            how = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        else:
            how = f"exit code {code}"
        lines = self._last_words.decode("utf-8", "replace").split("\n")
        words = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"{how}: {words[:200]}" if words else how
