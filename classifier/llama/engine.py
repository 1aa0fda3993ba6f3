"""The judge that runs a model: a queue, and a child process that is looked after.

llama.cpp can abort, and it computes for seconds on end; neither may touch the bot. So the model lives in a process of
its own and this module, on the bot's event loop, only passes lines on. When the process ends, however that happens, it
is started again and what it had not answered is sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from classifier.judge import JudgeRequest
from classifier.llama import wire
from classifier.llama.clock import Clock, SystemClock
from classifier.llama.errors import EngineStartError, ModelFileError
from classifier.llama.launch import launch
from classifier.llama.options import EngineOptions, ReasoningTokens
from classifier.llama.process import EngineProcess, engine_command
from classifier.llama.scheduler import LaneQueue
from classifier.verdict import Judgement, Undecided, UndecidedReason

_log = logging.getLogger(__name__)

MARGIN_S = 60.0  #: how long after its deadline a running request may be silent before the engine counts as hung
PLACES_PER_LANE = 1000  #: requests that may wait in one lane
_CRASHES_ALLOWED = 1  # one crash may be another's fault; a second one is taken as the request's
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 60.0


class _State(Enum):
    NEW = "the judge was not started"
    READY = "the judge runs"
    RESTARTING = "the judge is being started again"
    BROKEN = "the model cannot be started at the moment"
    CLOSED = "the judge is closed"


@dataclass(eq=False, kw_only=True)
class _Entry:
    """A request on its way, from `judge` until its answer."""

    request: JudgeRequest
    since: float
    answer: asyncio.Future[Judgement] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    crashes: int = 0
    watch: asyncio.Task[None] = field(init=False)

    def settle(self, judgement: Judgement) -> None:
        """Give the answer, unless there is one or nobody waits any more."""
        self.watch.cancel()
        if not self.answer.done():
            self.answer.set_result(judgement)


class LlamaJudge:
    """`classifier.judge.Judge` by a gpt-oss model file and llama.cpp.

    Call `start` once before the first `judge`, and `close` at the end. One request is computed at a time.
    """

    def __init__(
        self,
        model_path: Path,
        *,
        fence_key: bytes,
        context_tokens: int = 8192,
        gpu_layers: int | None = None,
        threads: int | None = None,
        cache_folder: Path | None = None,
        reasoning_tokens: ReasoningTokens | None = None,
        clock: Clock | None = None,
        child_command: Sequence[str] | None = None,
    ) -> None:
        """Nothing is started or read yet. See `EngineOptions`; `child_command` replaces the engine's program."""
        self._options = EngineOptions(
            model=model_path,
            fence_key=fence_key,
            context_tokens=context_tokens,
            gpu_layers=gpu_layers,
            threads=threads,
            cache_folder=cache_folder,
            reasoning_tokens=reasoning_tokens or ReasoningTokens(),
        )
        self._clock = clock or SystemClock()
        self._command = tuple(child_command or engine_command())
        self._state = _State.NEW
        self._description = ""
        self._queue: LaneQueue[_Entry] = LaneQueue(places_per_lane=PLACES_PER_LANE)
        self._running: dict[int, _Entry] = {}
        self._numbers = itertools.count(1)
        self._failures = 0  # starts and crashes since the last answer
        self._process: EngineProcess | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """One line for people: which judge this is and what it runs on."""
        return f"llama.cpp with {self._description or self._options.model.name}"

    @property
    def description(self) -> str:
        """The model's file, size and device in one line; empty before `start`."""
        return self._description

    async def start(self) -> None:
        """Start the engine and load the model.

        Raises:
            ModelFileError: the file cannot be used; the message is one line that says what to do.
            EngineStartError: the engine's process did not come up.
        """
        if self._state is not _State.NEW:
            raise RuntimeError("a judge is started once")
        process = await self._launch()
        if self._closing is not None:
            self._state, self._process = _State.CLOSED, None
            await process.end()
            raise EngineStartError("the judge was closed while it started")
        self._supervisor = asyncio.create_task(self._supervise(process))

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Answer the request; see `classifier.judge.Judge`. Returns `Undecided` at its deadline at the latest, but
        for a request that is being computed, which has `MARGIN_S` more."""
        if self._state not in (_State.READY, _State.RESTARTING):
            return self._unavailable()
        entry = _Entry(request=request, since=self._clock.now())
        entry.watch = asyncio.create_task(self._watch(entry))
        if not self._queue.put(entry, request.lane):
            detail = f"{PLACES_PER_LANE} requests wait already"
            entry.settle(Undecided(reason=UndecidedReason.QUEUE_FULL, detail=detail))
        self._dispatch()
        try:
            return await entry.answer
        except asyncio.CancelledError:
            self._withdraw(entry)
            raise

    async def close(self) -> None:
        """End the engine; requests under way get `Undecided`. Safe to call twice."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._shut_down())
        await asyncio.shield(self._closing)

    # ----- requests -----

    def _dispatch(self) -> None:
        """Send the next request if the engine is free for it."""
        while self._state is _State.READY and self._process is not None and not self._running:
            entry = self._queue.take()
            if entry is None:
                return
            now = self._clock.now()
            left = entry.since + entry.request.deadline_s - now
            if left <= 0:
                entry.settle(_too_late(entry))
                continue
            number = next(self._numbers)
            request = dataclasses.replace(entry.request, deadline_s=left)
            try:
                line = wire.command_line(wire.Ask(id=number, request=request, seconds_waited=now - entry.since))
            except wire.WireError as error:
                entry.settle(Undecided(reason=UndecidedReason.TOO_LONG, detail=f"the request would be {error}"))
                continue
            self._running[number] = entry
            self._process.send(line)

    def _finish(self, answer: wire.Answer) -> None:
        entry = self._running.pop(answer.id, None)
        if entry is None:
            return
        self._failures = 0
        if answer.judgement is None:
            entry.settle(Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the request was withdrawn"))
        else:
            entry.settle(answer.judgement)
        self._dispatch()

    def _withdraw(self, entry: _Entry) -> None:
        """Take back a request that nobody waits for. The watch stays on one that the engine is busy with."""
        if self._queue.remove(entry):
            entry.watch.cancel()
        for number, running in self._running.items():
            if running is entry and self._process is not None:
                self._process.send(wire.command_line(wire.Cancel(number)))

    async def _watch(self, entry: _Entry) -> None:
        """Answer a request that waits past its deadline; end an engine that is silent long after one."""
        await self._clock.sleep(entry.request.deadline_s)
        if self._queue.remove(entry):
            entry.settle(_too_late(entry))
            return
        await self._clock.sleep(MARGIN_S)
        _log.warning("the engine is silent %.0f seconds after a deadline and is ended", MARGIN_S)
        if self._process is not None:
            self._process.kill()

    # ----- the process -----

    async def _launch(self) -> EngineProcess:
        self._process, ready = await launch(self._options, command=self._command, clock=self._clock)
        self._description = ready.description
        self._state = _State.READY
        _log.info("the engine runs: %s", ready.description)
        return self._process

    async def _supervise(self, process: EngineProcess) -> None:
        """Keep an engine running until cancelled, and end it then."""
        try:
            while True:
                await self._listen(process)
                self._state, self._process = _State.RESTARTING, None
                process.kill()
                await process.end()
                _log.warning("the engine ended (%s) and is started again", process.how_it_ended())
                self._take_back()
                process = await self._bring_back()
                self._dispatch()
        finally:
            await process.end()

    async def _listen(self, process: EngineProcess) -> None:
        """Pass answers on until there are no more."""
        while (line := await process.receive()) is not None:
            try:
                report = wire.read_report(line)
            except wire.WireError:
                return
            if isinstance(report, wire.Answer):
                self._finish(report)

    def _take_back(self) -> None:
        """Line up again what the lost engine had not answered."""
        entries = list(self._running.values())
        self._running.clear()
        for entry in entries:
            entry.crashes += 1
            if entry.answer.cancelled() or self._clock.now() >= entry.since + entry.request.deadline_s:
                entry.settle(_too_late(entry))
            elif entry.crashes > _CRASHES_ALLOWED:
                detail = "this request ended the judge twice and is not tried again"
                entry.settle(Undecided(reason=UndecidedReason.JUDGE_CRASHED, detail=detail))
            else:
                self._queue.put_back(entry, entry.request.lane)

    async def _bring_back(self) -> EngineProcess:
        """Start the engine again, however often it takes, with growing pauses."""
        while True:
            pause = min(_FIRST_PAUSE_S * 2**self._failures, _LONGEST_PAUSE_S)
            self._failures = min(self._failures + 1, 20)
            await self._clock.sleep(pause)
            try:
                return await self._launch()
            except (ModelFileError, EngineStartError) as error:
                _log.warning("the engine cannot be started, next try in at most %.0f s: %s", _LONGEST_PAUSE_S, error)
                self._state = _State.BROKEN
                self._turn_away()

    def _turn_away(self) -> None:
        """Answer everyone who waits."""
        for entry in (*self._running.values(), *iter(self._queue.take, None)):
            entry.settle(self._unavailable())
        self._running.clear()

    def _unavailable(self) -> Undecided:
        return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail=self._state.value)

    async def _shut_down(self) -> None:
        self._state, self._process = _State.CLOSED, None
        self._turn_away()
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor


def _too_late(entry: _Entry) -> Undecided:
    return Undecided(reason=UndecidedReason.DEADLINE, detail=f"no answer within {entry.request.deadline_s:.0f} seconds")
