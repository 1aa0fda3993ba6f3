"""Starts the engine's process, listens to it, watches it, and restarts it however it ends.

This module does not know what the process is for: its reports go to an `EngineListener`, which also says whether there
is work to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Protocol

from classifier.llama.client.clock import Clock
from classifier.llama.client.launch import launch
from classifier.llama.client.load import PromptTokens
from classifier.llama.client.process import EngineProcess
from classifier.llama.errors import EngineStartError, ModelFileError
from classifier.llama.options import EngineOptions
from classifier.llama.wire import Answer, Note, Prepared, Progress, Ready, WireError, read_report

_log = logging.getLogger(__name__)

SILENCE_S = 60.0  #: how long an engine with work may be silent before it counts as hung, by default
_FIRST_SILENCE = 5  # times as long until its first word: devices compile their programs at the first step
_SECOND_LOOK_S = 1.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 60.0


class EngineListener(Protocol):
    """Hears about the engine. Its methods are called on the event loop and must return at once."""

    @property
    def has_work(self) -> bool:
        """Whether the engine was sent something that it has not answered."""

    def engine_up(self, ready: Ready) -> None:
        """An engine is running and accepts requests."""

    def engine_said(self, report: Answer | Prepared) -> None:
        """The engine is done with something."""

    def engine_down(self) -> None:
        """The engine is gone, with everything it had not answered. Another one is being started."""

    def engine_missing(self) -> None:
        """No engine can be started at the moment."""


class Supervisor:
    """Keeps one engine running, from `start` until `stop`."""

    def __init__(
        self,
        options: EngineOptions,
        *,
        command: Sequence[str],
        clock: Clock,
        listener: EngineListener,
        silence_s: float = SILENCE_S,
    ) -> None:
        """Nothing is started yet."""
        self._options = options
        self._command = tuple(command)
        self._clock = clock
        self._listener = listener
        self._silence_s = silence_s
        self.prompt_tokens = PromptTokens()
        self._process: EngineProcess | None = None
        self._failures = 0  # starts and crashes since the last answer
        self._patience_s = silence_s
        self._heard = 0.0  # when the engine said something, or got work after it had none
        self._looking_after: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The engine's process id; None while there is none."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the engine and load the model.

        Raises:
            ModelFileError: the file cannot be used; the message is one line that says what to do.
            EngineStartError: the engine's process did not come up.
        """
        process = await self._launch()
        self._looking_after = asyncio.create_task(self._look_after(process))

    async def stop(self) -> None:
        """End the engine, without a report to the listener."""
        process, self._process = self._process, None
        if self._looking_after is not None:
            self._looking_after.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking_after
        if process is not None:
            await process.end()

    def send(self, line: bytes) -> None:
        """Write a line to the engine. If it is gone, `EngineListener.engine_down` is called."""
        if not self._listener.has_work:
            self._heard = self._clock.now()
        if self._process is not None:
            self._process.send(line)

    async def _launch(self) -> EngineProcess:
        process, ready = await launch(self._options, command=self._command, clock=self._clock)
        self._process = process
        self.prompt_tokens.began_again()
        self._patience_s = self._silence_s * _FIRST_SILENCE
        _log.info("the engine is running: %s", ready.description)
        self._listener.engine_up(ready)
        return process

    async def _look_after(self, process: EngineProcess) -> None:
        """Keep an engine running until cancelled, and end it then."""
        try:
            while True:
                await self._listen_and_watch(process)
                self._process = None
                process.kill()
                await process.end()
                _log.warning("the engine stopped (%s) and is being restarted", process.how_it_ended())
                self._listener.engine_down()
                process = await self._bring_back()
        except Exception:  # noqa: BLE001  # our own bug: no caller may wait for an engine that is gone
            _log.exception("the engine is no longer watched")
            self._process = None
            self._listener.engine_missing()
        finally:
            await process.end()

    async def _listen_and_watch(self, process: EngineProcess) -> None:
        watching = asyncio.create_task(self._watch(process))
        try:
            await self._listen(process)
        finally:
            watching.cancel()

    async def _listen(self, process: EngineProcess) -> None:
        """Pass on what the engine says until its output ends or cannot be read."""
        while (line := await process.receive()) is not None:
            try:
                report = read_report(line)
            except WireError:
                return
            self._heard = self._clock.now()
            self._patience_s = self._silence_s
            if isinstance(report, Answer | Prepared):
                self._failures = 0
                self._listener.engine_said(report)
            elif isinstance(report, Progress):
                self.prompt_tokens.heard(report)
            elif isinstance(report, Note):
                _log.warning("the engine says: %s", report.message)

    async def _watch(self, process: EngineProcess) -> None:
        """End an engine that has work and says nothing. It looks twice, because the bot itself may have been held up:
        it then first reads what has arrived."""
        looked_twice = False
        while True:
            left = self._heard + self._patience_s - self._clock.now() if self._listener.has_work else self._silence_s
            if left <= 0 and looked_twice:
                break
            looked_twice = left <= 0
            await self._clock.sleep(min(left, self._silence_s) if left > 0 else _SECOND_LOOK_S)
        _log.error("the engine has work but has been silent for %.0f seconds: it is stopped", self._patience_s)
        process.kill()

    async def _bring_back(self) -> EngineProcess:
        """Restart the engine, as often as it takes, with growing pauses."""
        while True:
            pause = min(_FIRST_PAUSE_S * 2**self._failures, _LONGEST_PAUSE_S)
            self._failures = min(self._failures + 1, 20)
            await self._clock.sleep(pause)
            try:
                return await self._launch()
            except (ModelFileError, EngineStartError) as error:
                _log.warning("the engine cannot be started, next try in at most %.0f s: %s", _LONGEST_PAUSE_S, error)
                self._listener.engine_missing()
