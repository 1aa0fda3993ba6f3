"""The engine's main loop: letters in, steps of the batching, reports out.

A lack of memory in the middle of work ends no request: the engine is made smaller, and everything that was at work
begins anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from classifier.llama.engine.batching import Batching, Decoder, Done, Job, no_reply
from classifier.llama.engine.inbox import Asked, Inbox, Letter, Refused, ToPrepare
from classifier.llama.engine.jobs import Judging
from classifier.llama.engine.model import OutOfMemory
from classifier.llama.engine.prefixes import PrefixCache
from classifier.llama.wire import Answer, Cancel, Note, Prepared, Progress, Report

S = TypeVar("S")

_PROGRESS_S = 1.0


class Machinery(Protocol[S]):
    """What computes, and can be made smaller."""

    @property
    def decoder(self) -> Decoder[S]:
        """The sequences; others after `shrink`."""

    @property
    def join_together(self) -> int:
        """See `Batching`."""

    def shrink(self) -> str:
        """Go on with less memory; one line that says so. The sequences are new and empty.

        Raises:
            OutOfMemory: nothing smaller works.
        """


class Serving(Generic[S]):
    """Answers what the inbox brings."""

    def __init__(
        self,
        *,
        judging: Judging,
        machinery: Machinery[S],
        prefixes: PrefixCache[S],
        clock: Callable[[], float],
        send: Callable[[Report], None],
    ) -> None:
        self._judging = judging
        self._machinery = machinery
        self._prefixes = prefixes
        self._clock = clock
        self._send = send
        self._steps = 0  # of batchings that were given up
        self._reported = -math.inf
        self._batching = self._new_batching()
        self._work: dict[Job, Asked | ToPrepare] = {}
        self._jobs: dict[int, Job] = {}

    def run(self, inbox: Inbox) -> None:
        """Work until the input ends.

        Raises:
            DecodeError: llama.cpp failed. The process should end: a new one starts with a clean context.
            OutOfMemory: not even the smallest engine has the memory it needs.
        """
        while not inbox.ended:
            for letter in inbox.take(wait=not self._batching.busy):
                self._open(letter)
            if self._batching.busy:
                self._step()

    def _open(self, letter: Letter) -> None:
        if isinstance(letter, Cancel):
            self._cancel(letter.id)
        elif isinstance(letter, ToPrepare) and not letter.room.fits:
            self._send(Prepared(id=letter.id, room=letter.room))
        elif isinstance(letter, Refused):
            self._send(Answer(id=letter.id, judgement=letter.why))
        else:
            self._begin(letter)

    def _begin(self, letter: Asked | ToPrepare) -> None:
        if isinstance(letter, ToPrepare):
            job = Job(prefix=letter.prefix, writing=no_reply(), deadline=math.inf, urgent=True)
        else:
            job = self._judging.job(letter.task)
        self._work[job] = letter
        self._jobs[letter.id] = job
        self._batching.add(job)

    def _cancel(self, number: int) -> None:
        job = self._jobs.get(number)
        if job is not None and self._batching.cancel(job):
            self._forget(job)
            self._send(Answer(id=number, judgement=None))

    def _step(self) -> None:
        try:
            self._batching.step()
        except OutOfMemory:
            self._begin_anew()
        for done in self._batching.take_done():
            self._report(done)
        if self._clock() - self._reported >= _PROGRESS_S:
            self._reported = self._clock()
            self._send(Progress(self._steps + self._batching.steps))

    def _begin_anew(self) -> None:
        """Make the engine smaller and line everything up again, in the old order."""
        for done in self._batching.take_done():
            self._report(done)
        letters = [self._work[job] for job in self._batching.evacuate()]
        self._send(Note(self._machinery.shrink()))
        self._steps += self._batching.steps
        self._batching = self._new_batching()
        self._work, self._jobs = {}, {}
        for letter in letters:
            self._begin(letter)

    def _new_batching(self) -> Batching[S]:
        return Batching(
            self._machinery.decoder,
            self._prefixes,
            clock=self._clock,
            join_together=self._machinery.join_together,
        )

    def _report(self, done: Done) -> None:
        letter = self._forget(done.job)
        if isinstance(letter, ToPrepare):
            self._send(Prepared(id=letter.id, room=letter.room))
        else:
            self._send(Answer(id=letter.id, judgement=self._judging.judgement(letter.task, done)))

    def _forget(self, job: Job) -> Asked | ToPrepare:
        letter = self._work.pop(job)
        del self._jobs[letter.id]
        return letter
