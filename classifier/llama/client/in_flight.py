"""What the engine was sent and has not answered, and which request is to blame when it crashes. Pure apart from the
futures.

Many requests are in the engine at a time. When it crashes, one of them may be the cause, and the others must not suffer
for that. So all of them become suspects: they are sent again in small groups with no other requests, and each one that
is answered is cleared. A suspect that is alone in the engine when it crashes again is not tried a third time.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from classifier.inventing import Inventions
from classifier.judge import Effort, JudgeRequest, Lane, PolicyFit
from classifier.policy_text import PolicyText
from classifier.verdict import Judgement, Undecided, UndecidedReason

_LANES = tuple(Lane)


@dataclass(eq=False, kw_only=True)
class Entry:
    """A request on its way, from `LlamaJudge.judge` until its answer."""

    request: JudgeRequest
    since: float
    answer: asyncio.Future[Judgement | Inventions] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    again: bool = False  #: it is judged a second time, see `second_look`
    company: int | None = None  #: for a suspect: how many may be in the engine with it, itself included
    watch: asyncio.Task[None] = field(init=False)

    @property
    def due(self) -> float:
        """When its deadline is."""
        return self.since + self.request.deadline_s

    @property
    def lane(self) -> Lane:
        """The lane it waits in. A second look at a message waits behind messages that have had no look yet."""
        return Lane.AGAIN if self.again and self.request.lane is Lane.LIVE else self.request.lane

    def settle(self, judgement: Judgement | Inventions) -> None:
        """Give the answer, unless there is one already or the caller has given up."""
        self.watch.cancel()
        if not self.answer.done():
            self.answer.set_result(judgement)


@dataclass(eq=False, kw_only=True)
class Preparation:
    """A policy that the engine prepares. Its result is None if the engine cannot be asked."""

    policy: PolicyText
    effort: Effort
    room: asyncio.Future[PolicyFit | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def settle(self, room: PolicyFit | None) -> None:
        """Give the answer, unless there is one already or the caller has given up."""
        if not self.room.done():
            self.room.set_result(room)


class InFlight:
    """What was sent to one engine after the other. Numbers are never reused, so a late answer matches nothing."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._entries: dict[int, Entry] = {}
        self._preparations: dict[int, Preparation] = {}

    @property
    def entries(self) -> Collection[Entry]:
        """The requests, in the order in which they were sent."""
        return self._entries.values()

    @property
    def preparations(self) -> Collection[Preparation]:
        """The policies that it gets ready for."""
        return self._preparations.values()

    @property
    def has_work(self) -> bool:
        """Whether the engine has something to do."""
        return bool(self._entries or self._preparations)

    def next_number(self) -> int:
        """A number that nothing had before."""
        return next(self._numbers)

    def add(self, number: int, sent: Entry | Preparation) -> None:
        """This was sent under this number."""
        if isinstance(sent, Entry):
            self._entries[number] = sent
        else:
            self._preparations[number] = sent

    def answered(self, number: int) -> Entry | None:
        """Remove and return the request that an answer is about; None if there is none."""
        return self._entries.pop(number, None)

    def prepared(self, number: int) -> Preparation | None:
        """The same for a policy."""
        return self._preparations.pop(number, None)

    def number_of(self, entry: Entry) -> int | None:
        """Under which number a request is in the engine."""
        return next((number for number, sent in self._entries.items() if sent is entry), None)

    def empty(self) -> tuple[list[Entry], list[Preparation]]:
        """Clear it, because the engine is gone; returns all that it had not answered, in the order in which it was
        sent."""
        lost = list(self._entries.values()), list(self._preparations.values())
        self._entries.clear()
        self._preparations.clear()
        return lost


class Suspects:
    """Requests that were in the engine when it went down, until each is sent again."""

    def __init__(self) -> None:
        self._waiting: list[Entry] = []

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def accuse(self, lost: Sequence[Entry], *, company: int) -> list[Entry]:
        """The engine crashed with these requests in it, and others that nobody waits for, `company` in all. Returns the
        guilty ones; the rest line up behind earlier suspects, urgent ones first."""
        guilty = [entry for entry in lost if company == 1 and entry.company is not None]
        suspects = [entry for entry in lost if entry not in guilty]
        for entry in suspects:
            entry.company = max(1, math.isqrt(company)) if entry.company is None else 1
        self._waiting += sorted(suspects, key=lambda entry: _LANES.index(entry.lane))
        return guilty

    def take(self, *, beside: Collection[Entry]) -> Entry | None:
        """The next one that may be sent while those `beside` it are in the engine; None when none may."""
        if not self._waiting:
            return None
        sizes = (entry.company for entry in (*beside, self._waiting[0]))
        if len(beside) >= min(size for size in sizes if size is not None):
            return None
        return self._waiting.pop(0)

    def remove(self, entry: Entry) -> bool:
        """Take a request out of the line; False when it does not wait here."""
        if entry not in self._waiting:
            return False
        self._waiting.remove(entry)
        return True

    def empty(self) -> list[Entry]:
        """Clear it; returns all that were waiting."""
        waiting, self._waiting = self._waiting, []
        return waiting


def too_late(entry: Entry) -> Undecided:
    """There was no answer in time. A second look that runs out of time is not repeated: it would take as long again."""
    if entry.again:
        return never_finished(f"it did not finish within {entry.request.deadline_s:.0f} seconds")
    return Undecided(reason=UndecidedReason.DEADLINE, detail=f"no answer within {entry.request.deadline_s:.0f} seconds")


def never_finished(detail: str) -> Undecided:
    """The answer to a request whose only verdict was a clear one from cut thinking."""
    return Undecided(reason=UndecidedReason.THINKING_CUT, detail=detail)


def set_aside() -> Undecided:
    """The answer to a request that crashed the engine twice."""
    detail = "this request crashed the judge twice and will not be tried again"
    return Undecided(reason=UndecidedReason.JUDGE_CRASHED, detail=detail)
