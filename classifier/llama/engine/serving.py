"""The engine's main loop: commands in, steps of the batching, reports out.

Running out of memory ends no request: the engine reduces its parallelism, and everything in progress restarts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from classifier.llama.engine.batching import Batching, Decoder, Job, JobResult, PrefixUse, no_reply
from classifier.llama.engine.inbox import Asked, Inbox, InboxItem, Refused, ToPrepare
from classifier.llama.engine.jobs import Judging
from classifier.llama.engine.model import OutOfMemory
from classifier.llama.engine.prefix_cache import PrefixCache
from classifier.llama.model_file.checks import gigabytes
from classifier.llama.wire import Answer, Cancel, Note, Prepared, Progress, Report

S = TypeVar("S")

_PROGRESS_S = 1.0


class Runtime(Protocol[S]):
    """What computes, and can be made smaller."""

    @property
    def decoder(self) -> Decoder[S]:
        """The sequences; others after `shrink`."""

    @property
    def join_together(self) -> int:
        """See `Batching`."""

    def shrink(self) -> str:
        """Continue with less memory; returns one line that says so. The sequences are new and empty.

        Raises:
            OutOfMemory: nothing smaller works.
        """


class Serving(Generic[S]):
    """Answers what the inbox brings."""

    def __init__(
        self,
        *,
        judging: Judging,
        runtime: Runtime[S],
        prefixes: PrefixCache[S],
        clock: Callable[[], float],
        send: Callable[[Report], None],
    ) -> None:
        self._judging = judging
        self._runtime = runtime
        self._prefixes = prefixes
        self._clock = clock
        self._send = send
        self._steps = 0  # of batchings that were given up
        self._use = PrefixUse()
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
            for item in inbox.take(wait=not self._batching.busy):
                self._open(item)
            if self._batching.busy:
                self._step()

    def _open(self, item: InboxItem) -> None:
        if isinstance(item, Cancel):
            self._cancel(item.id)
        elif isinstance(item, ToPrepare) and not item.room.fits:
            self._send(Prepared(id=item.id, room=item.room))
        elif isinstance(item, Refused):
            self._send(Answer(id=item.id, judgement=item.why))
        else:
            self._begin(item)

    def _begin(self, item: Asked | ToPrepare) -> None:
        if isinstance(item, ToPrepare):
            job = Job(prefix=item.prefix, writing=no_reply(), deadline=math.inf, urgent=True)
        else:
            job = self._judging.job(item.task)
        self._work[job] = item
        self._jobs[item.id] = job
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
            steps, use = self._steps + self._batching.steps, self._use
            self._send(Progress(steps, prompt_tokens=use.tokens, reused_tokens=use.reused_tokens))

    def _begin_anew(self) -> None:
        """Make the engine smaller and queue everything again, in the old order."""
        for done in self._batching.take_done():
            self._report(done)
        items = [self._work[job] for job in self._batching.evacuate()]
        self._send(Note(self._runtime.shrink()))
        self._steps += self._batching.steps
        self._batching = self._new_batching()
        self._work, self._jobs = {}, {}
        for item in items:
            self._begin(item)

    def _new_batching(self) -> Batching[S]:
        return Batching(
            self._runtime.decoder,
            self._prefixes,
            clock=self._clock,
            join_together=self._runtime.join_together,
            prefix_use=self._use,
        )

    def _report(self, done: JobResult) -> None:
        item = self._forget(done.job)
        if isinstance(item, ToPrepare):
            self._report_prepared(item)
        else:
            judgement = self._judging.judgement(item.task, done)
            self._send(Answer(id=item.id, judgement=judgement, reply_tokens=done.job.reply_tokens))

    def _report_prepared(self, item: ToPrepare) -> None:
        """A policy was read. What takes more memory than there is for all policies together was dropped again."""
        kept = item.prefix in self._prefixes
        if not kept:
            self._send(Note(_not_kept(item.room.tokens, self._prefixes.most_bytes)))
        self._send(Prepared(id=item.id, room=replace(item.room, kept=kept)))

    def _forget(self, job: Job) -> Asked | ToPrepare:
        item = self._work.pop(job)
        del self._jobs[item.id]
        return item


def _not_kept(tokens: int, most_bytes: int) -> str:
    return (
        f"policies of {tokens:,} tokens need more memory than the {gigabytes(most_bytes)} reserved for policies, so "
        "the model reads them again with every message. Give the machine more memory, or shorten the policies"
    )
