"""Many replies at once: which sequence works on what, and which tokens the model reads in the next step.

Jobs join and leave between any two steps. A step has two passes. The first one reads text without choices: a policy, a
message, forced words of an answer; as much of it as `batch_tokens` allows, so that a long message does not hold up the
others. The second one adds one token to every sequence that waits for a choice, and each job is shown its logits. Two
passes, because logits cost most of a small step and are only computed for rows that are looked at.

Pure: the model is a port, time is passed in, and the result of a job is a value.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, Protocol, TypeVar

from classifier.llama.engine.decoding import Feed, Row, Written
from classifier.llama.engine.prefix_cache import Ids, PrefixCache
from classifier.llama.engine.reply_form import Reply

S = TypeVar("S")

_PATIENCE = 8  # steps that a job waits at most for others to join with it
_STEPS_PUT_OFF = 5  # of which a choice happens in the last, where most are still reading
_WORTH_KEEPING = 64  # tokens that a prefix has in common with others, beyond what is kept of them
_NEAR = 8  # sequences that may lie idle between those at work for the sake of a prefix that is there


class Decoder(Protocol[S]):
    """A model with several sequences of tokens, numbered from 0. All of them are empty at first."""

    @property
    def sequences(self) -> int:
        """How many there are."""

    @property
    def batch_tokens(self) -> int:
        """How many tokens `extend` takes in one call."""

    def extend(self, chunks: Mapping[int, Sequence[int]]) -> None:
        """Add tokens to sequences without asking what comes next."""

    def step(self, tokens: Mapping[int, int]) -> Mapping[int, Row]:
        """Add one token to each of these sequences; the logits behind it, valid until the next call."""

    def cut(self, sequence: int, length: int) -> None:
        """Forget everything behind the first `length` tokens."""

    def keep(self, sequence: int) -> S:
        """What a sequence holds."""

    def put(self, sequence: int, snapshot: S) -> None:
        """Let a sequence hold what `keep` gave, and nothing else."""


class Ending(Enum):
    """How a job can end."""

    FINISHED = "finished"
    LATE = "its deadline passed"
    FAILED = "writing the reply raised an error"


@dataclass(eq=False, kw_only=True)
class Job:
    """One reply to write, or a prefix to compute. It is compared by identity."""

    prefix: Ids  #: the same for every job under a policy; may be empty
    prompt: Ids = ()  #: behind the prefix
    writing: Generator[Feed, Row, Reply | Written | None]
    deadline: float  #: on the clock of the batching
    urgent: bool = False  #: goes before those that are not
    admitted: float | None = field(default=None, init=False)  #: when it got its sequence
    reply_tokens: int = field(default=0, init=False)  #: computed behind its prompt so far, also what was thrown away


def no_reply() -> Generator[Feed, Row, None]:
    """The writing of a job that only wants its prefix computed."""
    yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """A job that has ended."""

    job: Job
    ending: Ending
    reply: Reply | Written | None = None  #: of a finished job that wrote one
    error: Exception | None = None  #: of a failed one


@dataclass(slots=True)
class PrefixUse:
    """Where jobs got their prefixes from."""

    held: int = 0  #: the sequence began with it already
    restored: int = 0  #: it was put there from ordinary memory
    read: int = 0  #: it was computed
    tokens: int = 0  #: of the prompts of all jobs, with their prefixes
    reused_tokens: int = 0  #: of these, those that were not computed again


@dataclass(eq=False, slots=True)
class _Slot:
    """A job at work in a sequence."""

    job: Job
    sequence: int
    unread: Ids = ()  # what the model has to read before the job has a choice again
    at: int = 0  # how many of `unread` it has read
    in_prefix: bool = False
    stem: int = 0  # how much of its prefix others have, too; 0 when that is kept or not worth it
    prompt_end: int = 0  # where the job's prompt ends in the sequence

    @property
    def ahead(self) -> int:
        """How many tokens can be read without logits. The last one before a choice cannot, that of a prefix can."""
        return (self.stem or len(self.unread)) - self.at - (0 if self.in_prefix else 1)

    def next_ids(self, count: int) -> Ids:
        """The next tokens to read."""
        return self.unread[self.at : self.at + count]


class Batching(Generic[S]):
    """Runs jobs over a decoder. Not thread-safe: one thread calls `add`, `cancel` and `step`."""

    def __init__(
        self,
        decoder: Decoder[S],
        prefixes: PrefixCache[S],
        *,
        clock: Callable[[], float],
        join_together: int = 1,
        prefix_use: PrefixUse | None = None,
    ) -> None:
        """`join_together`: while the engine is busy, wait a few steps until this many can join at once. `prefix_use`:
        counted on, where another batching began to count."""
        self._decoder = decoder
        self._prefixes = prefixes
        self._clock = clock
        self._join_together = join_together
        self._held_back = 0  # steps
        self._put_off = 0  # steps
        self._waiting: list[Job] = []
        self._slots: dict[int, _Slot] = {}
        self._free = list(range(decoder.sequences))
        self._held: list[Ids] = [()] * decoder.sequences  # the prefix at the start of each sequence
        self._done: list[JobResult] = []
        self.steps = 0  #: how often the model was run
        self.prefix_use = prefix_use or PrefixUse()

    @property
    def busy(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._waiting or self._slots)

    def add(self, job: Job) -> None:
        """Queue a job: urgent ones first, else first come, first served."""
        place = len(self._waiting)
        if job.urgent:
            place = next((i for i, other in enumerate(self._waiting) if not other.urgent), place)
        self._waiting.insert(place, job)

    def cancel(self, job: Job) -> bool:
        """Drop a job without a `JobResult`; False when it has left already."""
        for slot in self._slots.values():
            if slot.job is job:
                self._leave(slot)
                return True
        if job in self._waiting:
            self._waiting.remove(job)
            return True
        return False

    def evacuate(self) -> list[Job]:
        """Take all jobs out, running ones first. Does not use the decoder, which may be broken."""
        jobs = [slot.job for slot in self._slots.values()] + self._waiting
        self._slots, self._waiting = {}, []
        return jobs

    def take_done(self) -> list[JobResult]:
        """The jobs that ended since the last call."""
        done, self._done = self._done, []
        return done

    def step(self) -> None:
        """Drop late jobs, admit waiting ones, and run the model once.

        An error of the decoder is raised unchanged. When the model ran out of memory, `take_done` and `evacuate` have
        every job.
        """
        self._drop_late()
        self._admit()
        ahead = {number: slot.ahead for number, slot in self._slots.items() if slot.ahead > 0}
        if ahead:
            self._read(share_out(ahead, self._decoder.batch_tokens))
        choosing = [slot for slot in self._slots.values() if not slot.in_prefix and slot.ahead == 0]
        if choosing and not self._waits_for_more(choosing):
            self._choose(choosing)
        self.steps += 1

    # ----- joining and leaving -----

    def _drop_late(self) -> None:
        now = self._clock()
        for slot in [slot for slot in self._slots.values() if slot.job.deadline <= now]:
            self._leave(slot)
            self._done.append(JobResult(job=slot.job, ending=Ending.LATE))
        self._done += [JobResult(job=job, ending=Ending.LATE) for job in self._waiting if job.deadline <= now]
        self._waiting = [job for job in self._waiting if job.deadline > now]

    def _admit(self) -> None:
        """Give free sequences to waiting jobs in their order. A prefix that is being computed is waited for."""
        if not self._waiting or self._holds_back():
            return
        computing = {slot.job.prefix for slot in self._slots.values() if slot.in_prefix}
        lined_up, self._waiting = self._waiting, []
        for job in lined_up:
            known = not job.prefix or job.prefix in self._prefixes
            if not self._free or (not known and job.prefix in computing):
                self._waiting.append(job)
                continue
            if not known:
                computing.add(job.prefix)
            self._sit_down(job)

    def _holds_back(self) -> bool:
        """Whether to wait for more free sequences, so that several jobs join in one pass."""
        if not self._slots or len(self._free) >= self._join_together or self._waiting[0].urgent:
            self._held_back = 0
            return False
        self._held_back = (self._held_back + 1) % _PATIENCE
        return self._held_back > 0

    def _sit_down(self, job: Job) -> None:
        job.admitted = self._clock()
        self.prefix_use.tokens += len(job.prefix) + len(job.prompt)
        sequence = self._take_sequence(job.prefix)
        snapshot = self._prefixes.get(job.prefix) if job.prefix else None
        slot = self._slots[sequence] = _Slot(job, sequence)
        if job.prefix and snapshot is None:
            self.prefix_use.read += 1
            self._begin_prefix(slot)
            return
        self.prefix_use.reused_tokens += len(job.prefix)
        if snapshot is None:
            self._decoder.cut(sequence, 0)
        elif self._held[sequence] != job.prefix:
            self.prefix_use.restored += 1
            self._decoder.put(sequence, snapshot)
        else:
            self.prefix_use.held += 1
        self._held[sequence] = job.prefix
        self._begin(slot)

    def _begin_prefix(self, slot: _Slot) -> None:
        """Read a prefix that is not kept, from where it differs from all that are."""
        prefix = slot.job.prefix
        known = self._prefixes.longest_within(prefix)
        if known is None:
            self._decoder.cut(slot.sequence, 0)
        else:
            slot.at, snapshot = known
            self.prefix_use.reused_tokens += slot.at
            self._decoder.put(slot.sequence, snapshot)
        self._held[slot.sequence] = ()
        slot.in_prefix, slot.unread = True, prefix
        shared = self._prefixes.shared(prefix)
        slot.stem = shared if slot.at + _WORTH_KEEPING <= shared < len(prefix) else 0

    def _take_sequence(self, prefix: Ids) -> int:
        """One that begins with this prefix already, if it is near; else the first: neighbours are computed together."""
        near = [number for number in self._free if number <= len(self._slots) + _NEAR]
        sequence = next((number for number in near if self._held[number] == prefix), self._free[0])
        self._free.remove(sequence)
        return sequence

    def _leave(self, slot: _Slot) -> None:
        """Free a slot. Its sequence still begins with the prefix, unless the prefix is incomplete."""
        del self._slots[slot.sequence]
        bisect.insort(self._free, slot.sequence)
        self._decoder.cut(slot.sequence, len(self._held[slot.sequence]))

    # ----- work -----

    def _read(self, shares: Mapping[int, int]) -> None:
        """Let the model read this number of tokens for each of these sequences."""
        self._decoder.extend({number: self._slots[number].next_ids(count) for number, count in shares.items()})
        for number, count in shares.items():
            slot = self._slots[number]
            slot.at += count
            if slot.in_prefix and slot.at == len(slot.unread):
                self._end_prefix(slot)
            elif slot.in_prefix and slot.at == slot.stem:
                self._keep(slot, slot.unread[: slot.stem])
                slot.stem = 0

    def _end_prefix(self, slot: _Slot) -> None:
        self._keep(slot, slot.job.prefix)
        self._held[slot.sequence] = slot.job.prefix
        slot.in_prefix = False
        self._begin(slot)

    def _keep(self, slot: _Slot, ids: Ids) -> None:
        """Keep what was read, and continue from the copy as later jobs will, so that all bits are equal."""
        snapshot = self._decoder.keep(slot.sequence)
        self._prefixes.put(ids, snapshot)
        self._decoder.put(slot.sequence, snapshot)

    def _waits_for_more(self, choosing: Sequence[_Slot]) -> bool:
        """Whether to read on first, so that more choose at once: a few rows of logits cost nearly as much as many."""
        reading = len(self._slots) - len(choosing)
        if reading <= len(choosing) or any(slot.job.urgent for slot in choosing):
            self._put_off = 0
            return False
        self._put_off = (self._put_off + 1) % _STEPS_PUT_OFF
        return self._put_off > 0

    def _begin(self, slot: _Slot) -> None:
        """The prefix is there: read the prompt and what the reply begins with."""
        slot.prompt_end = len(slot.job.prefix) + len(slot.job.prompt)
        self._go_on(slot, None)
        slot.unread = (*slot.job.prompt, *slot.unread)

    def _choose(self, slots: Sequence[_Slot]) -> None:
        """Add the last token before each choice, and show each job its logits."""
        rows = self._decoder.step({slot.sequence: slot.unread[slot.at] for slot in slots})
        for slot in slots:
            self._go_on(slot, rows[slot.sequence])

    def _go_on(self, slot: _Slot, row: Row | None) -> None:
        """Ask a job what comes next. If it raises, only this job ends."""
        writing = slot.job.writing
        try:
            feed = next(writing) if row is None else writing.send(row)
        except StopIteration as finished:
            self._leave(slot)
            self._done.append(JobResult(job=slot.job, ending=Ending.FINISHED, reply=finished.value))
        except Exception as error:  # noqa: BLE001  # whatever it is, the other jobs continue
            self._leave(slot)
            self._done.append(JobResult(job=slot.job, ending=Ending.FAILED, error=error))
        else:
            if feed.afresh:
                self._decoder.cut(slot.sequence, slot.prompt_end)
            slot.job.reply_tokens += len(feed.ids)
            slot.unread, slot.at = feed.ids, 0


def share_out(wanted: Mapping[int, int], tokens: int) -> dict[int, int]:
    """Who may read how many of this many tokens; who gets none is left out.

    `wanted` is in the order of arrival. The first gets at least half, so that nobody waits forever; then the smallest
    requests, so that a long text does not keep short ones waiting.
    """
    first = next(iter(wanted), None)
    shares = {} if first is None else {first: min(wanted[first], -(-tokens // 2))}
    left = tokens - sum(shares.values())
    for number in sorted((number for number in wanted if number != first), key=wanted.__getitem__):
        if share := min(wanted[number], left):
            shares[number] = share
            left -= share
    if first is not None:
        shares[first] += min(wanted[first] - shares[first], left)
    return shares
