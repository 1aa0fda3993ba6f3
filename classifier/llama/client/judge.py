"""The judge that runs a model: a fair queue, and a child process in which many requests are computed side by side.

llama.cpp can abort, and can compute for seconds at a time; neither may affect the bot. So the model runs in its own
process (`supervisor`). This module, on the bot's event loop, only decides what to send and passes answers on. If a
process ends, the requests it had not answered are sent again (`in_flight`).
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from classifier.inventing import Inventions, InventRequest
from classifier.judge import Effort, JudgeRequest, Lane, PolicyFit
from classifier.llama import wire
from classifier.llama.client.clock import Clock, SystemClock, done_within
from classifier.llama.client.fair_queue import FairQueue, Full
from classifier.llama.client.in_flight import (
    Entry,
    InFlight,
    Preparation,
    Suspects,
    never_finished,
    set_aside,
    too_late,
)
from classifier.llama.client.load import JudgeLoad
from classifier.llama.client.process import engine_command
from classifier.llama.client.recent_policies import RecentPolicies
from classifier.llama.client.second_look import needs_second_look, settled
from classifier.llama.client.supervisor import SILENCE_S, Supervisor
from classifier.llama.client.token_estimate import estimated_reply_tokens, estimated_tokens
from classifier.llama.errors import EngineStartError
from classifier.llama.options import EngineOptions
from classifier.policy_text import PolicyText
from classifier.verdict import Judgement, Undecided, UndecidedReason, Verdict

_log = logging.getLogger(__name__)

MARGIN_S = 5.0  #: how long after its deadline the engine may still report a request as late
PREPARE_S = 60.0  #: how long `LlamaJudge.prepare` waits for the engine


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeLimits:
    """How many requests may wait for the engine, and how long it may be silent."""

    queue_per_server: int = 1_000  #: requests of one server that may wait in one lane
    queue_in_all: int = 10_000  #: the same of all servers together
    silence_s: float = SILENCE_S  #: an engine that has work and is silent for this long is restarted


class _State(Enum):
    NEW = "the judge has not been started"
    READY = "the judge is running"
    RESTARTING = "the judge is restarting"
    BROKEN = "the model cannot be started at the moment"
    DRAINING = "the judge is shutting down"
    CLOSED = "the judge is closed"


_OPEN = (_State.READY, _State.RESTARTING)


class LlamaJudge:
    """`classifier.judge.Judge` by a gpt-oss model file and llama.cpp.

    Call `start` once before the first `judge`, and `close` at the end.
    """

    def __init__(
        self,
        options: EngineOptions,
        limits: JudgeLimits | None = None,
        *,
        clock: Clock | None = None,
        child_command: Sequence[str] | None = None,
    ) -> None:
        """Starts and reads nothing. `child_command` replaces the engine's program."""
        limits = limits or JudgeLimits()
        self._options = options
        self._clock = clock or SystemClock()
        self._state = _State.NEW
        self._ready = wire.Ready(judge="", description="", places=0)
        self._bounds = {Full.SERVER: limits.queue_per_server, Full.LANE: limits.queue_in_all}
        self._queue: FairQueue[Entry] = FairQueue(per_server=limits.queue_per_server, in_all=limits.queue_in_all)
        self._flight = InFlight()
        self._suspects = Suspects()
        self._recent = RecentPolicies()
        self._empty = asyncio.Event()
        self._supervisor = Supervisor(
            options,
            command=tuple(child_command or engine_command()),
            clock=self._clock,
            listener=self,
            silence_s=limits.silence_s,
        )
        self._closing: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """One line for people: which judge this is and what it runs on."""
        return f"llama.cpp with {self.description or self._options.model.name}"

    @property
    def description(self) -> str:
        """The model's file, size and device in one line; empty before `start`."""
        return self._ready.description

    @property
    def provenance(self) -> str:
        """What its verdicts say in `Provenance.judge`; empty before `start`."""
        return self._ready.judge

    @property
    def places(self) -> int:
        """How many requests the engine computes at once; 0 before `start`."""
        return self._ready.places

    @property
    def load(self) -> JudgeLoad:
        """How busy the engine is, at this moment."""
        return JudgeLoad(
            waiting=len(self._queue),
            at_work=len(self._flight.entries),
            places=self.places,
            up=self._state is _State.READY,
            prompt_tokens=self._supervisor.prompt_tokens.prompt,
            reused_tokens=self._supervisor.prompt_tokens.reused,
        )

    @property
    def engine_pid(self) -> int | None:
        """The id of the engine's process; None while there is none."""
        return self._supervisor.pid

    async def start(self) -> None:
        """Start the engine and load the model.

        Raises:
            ModelFileError: the file cannot be used; the message is one line that says what to do.
            EngineStartError: the engine's process did not come up.
        """
        if self._state is not _State.NEW:
            raise RuntimeError("a judge can be started only once")
        await self._supervisor.start()
        if self._closing is not None:
            await self._supervisor.stop()
            raise EngineStartError("the judge was closed while it started")

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Answer the request; see `classifier.judge.Judge`. Returns `Undecided` at its deadline at the latest, but
        for a request that is being computed, which has `MARGIN_S` more."""
        answer = await self._answer(request)
        return _misread() if isinstance(answer, Inventions) else answer

    async def invent(self, request: InventRequest) -> Inventions | Undecided:
        """Write invented messages; see `classifier.inventing.Writer`. Waits and ends as a judgement does."""
        answer = await self._answer(request)
        return _misread() if isinstance(answer, Verdict) else answer

    async def _answer(self, request: JudgeRequest) -> Judgement | Inventions:
        if self._state not in _OPEN:
            return self._unavailable()
        entry = Entry(request=request, since=self._clock.now())
        full = self._enqueue(entry)
        if full is not None:
            return Undecided(reason=UndecidedReason.QUEUE_FULL, detail=full)
        entry.watch = asyncio.create_task(self._watch(entry))
        self._dispatch()
        try:
            return await entry.answer
        except asyncio.CancelledError:
            self._withdraw(entry)
            raise

    async def prepare(self, policy: PolicyText, *, effort: Effort = Effort.LOW) -> PolicyFit | None:
        """Compute the policy's part of the prompt and keep it; see `classifier.judge.Judge`."""
        preparation = self._prepare(policy, effort) if self._state is _State.READY else None
        if preparation is None:
            return None
        self._recent.use(policy, effort)
        if not await done_within(preparation.room, PREPARE_S, self._clock):
            return None
        return preparation.room.result()

    async def drain(self, seconds: float) -> int:
        """Accept nothing more and wait for running requests; returns how many had no answer in time.

        Waiting requests get `Undecided` at once. Call `close` next.
        """
        if self._state in _OPEN:
            self._state = _State.DRAINING
            self._turn_away_waiting()
        if self._flight.entries:
            self._empty.clear()
            emptied = asyncio.ensure_future(self._empty.wait())
            await done_within(emptied, seconds, self._clock)
            emptied.cancel()
        return len(self._flight.entries)

    async def close(self) -> None:
        """Stop the engine; running requests get `Undecided`. Safe to call twice."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._shut_down())
        await asyncio.shield(self._closing)

    # ----- what is sent -----

    def _enqueue(self, entry: Entry) -> str | None:
        """Queue a request; returns the limit that keeps it out, in words, or None."""
        cost = estimated_tokens(entry.request, self._options.reasoning_tokens, again=entry.again)
        full = self._queue.put(entry, lane=entry.lane, server=entry.request.server, cost=cost)
        return None if full is None else f"{self._bounds[full]:,} requests {full.value} are already waiting"

    def _dispatch(self) -> None:
        """Send as much as the engine has room for."""
        while self._state is _State.READY and (entry := self._next()) is not None:
            self._send(entry)
        if self._state is _State.READY and not self._flight.preparations and not self._suspects:
            cold = self._recent.next_cold()
            if cold is not None:
                self._prepare(*cold)

    def _next(self) -> Entry | None:
        """What may be sent now: suspects in small groups by themselves, else the queue, up to a few more than the
        engine has places, so that it can admit several at a time. A moderator's question may go in at once while such
        questions take up less than half of the places, so that others keep theirs."""
        in_flight = self._flight.entries
        first = next(iter(in_flight), None)  # all of them are suspects, or none
        if self._suspects or (first is not None and first.company is not None):
            return self._suspects.take(beside=in_flight)
        if len(in_flight) < self.places + self.places // 2:
            return self._queue.take()
        asked = sum(entry.request.lane is Lane.INTERACTIVE for entry in in_flight)
        return self._queue.take(least=Lane.INTERACTIVE) if asked < max(1, self.places // 2) else None

    def _send(self, entry: Entry) -> None:
        now = self._clock.now()
        if entry.due <= now:
            entry.settle(too_late(entry))
            return
        number = self._flight.next_number()
        request = dataclasses.replace(entry.request, deadline_s=entry.due - now)
        ask = wire.Ask(id=number, request=request, seconds_waited=now - entry.since, again=entry.again)
        try:
            line = wire.command_line(ask)
        except wire.WireError as error:
            entry.settle(Undecided(reason=UndecidedReason.TOO_LONG, detail=f"the request would be {error}"))
            return
        self._supervisor.send(line)
        self._flight.add(number, entry)
        if request.lane is not Lane.BACKGROUND:  # drafts and rewordings would evict the policies in use
            self._recent.use(request.policy, request.effort)

    def _prepare(self, policy: PolicyText, effort: Effort) -> Preparation | None:
        """Have a policy computed; None where it cannot even be sent."""
        number = self._flight.next_number()
        try:
            line = wire.command_line(wire.Prepare(id=number, policy=policy, effort=effort))
        except wire.WireError:
            return None
        preparation = Preparation(policy=policy, effort=effort)
        self._supervisor.send(line)
        self._flight.add(number, preparation)
        return preparation

    # ----- what comes of it -----

    def _withdraw(self, entry: Entry) -> None:
        """Cancel a request that nobody waits for."""
        entry.watch.cancel()
        if not self._queue.remove(entry) and not self._suspects.remove(entry):
            self._stop_computing(entry)

    async def _watch(self, entry: Entry) -> None:
        """Answer a request at its deadline. One that the engine has is left a moment longer, because the engine watches
        deadlines too."""
        await self._clock.sleep(entry.request.deadline_s)
        if not self._queue.remove(entry) and not self._suspects.remove(entry):
            await self._clock.sleep(MARGIN_S)
            self._stop_computing(entry)
        entry.settle(too_late(entry))

    def _stop_computing(self, entry: Entry) -> None:
        number = self._flight.number_of(entry)
        if number is not None:
            self._supervisor.send(wire.command_line(wire.Cancel(number)))

    def _turn_away_waiting(self) -> None:
        for entry in (*self._suspects.empty(), *iter(self._queue.take, None)):
            entry.settle(self._unavailable())

    def _turn_away_all(self) -> None:
        self._turn_away_waiting()
        lost, preparations = self._flight.empty()
        for entry in lost:
            entry.settle(self._unavailable())
        for preparation in preparations:
            preparation.settle(None)
        self._empty.set()

    def _unavailable(self) -> Undecided:
        return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail=self._state.value)

    async def _shut_down(self) -> None:
        self._state = _State.CLOSED
        self._turn_away_all()
        await self._supervisor.stop()

    # ----- what the supervisor reports (`EngineListener`) -----

    @property
    def has_work(self) -> bool:
        """Whether the engine was sent something that it has not answered."""
        return self._flight.has_work

    def engine_up(self, ready: wire.Ready) -> None:
        """An engine is running: send it what waits, and prepare it for the policies used last."""
        self._ready = ready
        if self._state in (_State.DRAINING, _State.CLOSED) or self._closing is not None:
            return
        self._state = _State.READY
        self._recent.all_cold()
        self._dispatch()

    def engine_said(self, report: wire.Answer | wire.Prepared) -> None:
        """Pass an answer on. Ignores one that nobody asked for, or a second one."""
        if isinstance(report, wire.Prepared):
            self._prepared(report)
        elif (entry := self._flight.answered(report.id)) is not None:
            self._answered(entry, report)
        if not self._flight.entries:
            self._empty.set()
        self._dispatch()

    def _prepared(self, report: wire.Prepared) -> None:
        preparation = self._flight.prepared(report.id)
        if preparation is None:
            return
        if not (report.room.fits and report.room.kept):  # reading it at a start would be of no use
            self._recent.forget(preparation.policy, preparation.effort)
        preparation.settle(report.room)

    def _answered(self, entry: Entry, report: wire.Answer) -> None:
        budgets, judgement = self._options.reasoning_tokens, report.judgement
        more = report.reply_tokens - estimated_reply_tokens(entry.request, budgets, again=entry.again)
        self._queue.charge(more, lane=entry.lane, server=entry.request.server)
        if judgement is None:
            judgement = Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE, detail="the request was cancelled")
        if needs_second_look(entry, judgement, budgets) and not entry.answer.done():
            self._look_again(entry)
        else:
            entry.settle(settled(entry, judgement))

    def _look_again(self, entry: Entry) -> None:
        """Judge a request once more, under its first deadline."""
        if self._state not in _OPEN:
            entry.settle(self._unavailable())
            return
        entry.again, entry.company = True, None
        full = self._enqueue(entry)
        if full is not None:
            entry.settle(never_finished(full))

    def engine_down(self) -> None:
        """Queue again what the lost engine had not answered. A policy that it was preparing is not tried again."""
        lost, preparations = self._flight.empty()
        for preparation in preparations:
            self._recent.forget(preparation.policy, preparation.effort)
            preparation.settle(None)
        wanted = []
        for entry in lost:
            if entry.answer.done() or entry.due <= self._clock.now():
                entry.settle(too_late(entry))
            else:
                wanted.append(entry)
        for entry in self._suspects.accuse(wanted, company=len(lost) + len(preparations)):
            _log.error("a request of server %d crashed the engine twice and was dropped", entry.request.server)
            entry.settle(set_aside())
        if self._state is _State.DRAINING:
            self._turn_away_all()
        else:
            self._state = _State.RESTARTING

    def engine_missing(self) -> None:
        """There is no engine, and there may never be one, so nobody should wait for it."""
        if self._state is not _State.DRAINING:
            self._state = _State.BROKEN
        self._turn_away_all()


def _misread() -> Undecided:
    """The engine's answer does not fit the question."""
    return Undecided(reason=UndecidedReason.UNREADABLE, detail="the engine sent the wrong kind of answer")
