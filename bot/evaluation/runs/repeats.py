"""Judges every row several times: alone, with other requests running, and after restarting the judge."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import chain, cycle
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from bot.evaluation.problem import CannotEvaluate
from bot.evaluation.runs.append_only import add_line, open_to_add, whole_lines, without_cut_end
from bot.evaluation.runs.run import NOT_ASKED, request_about
from bot.evaluation.sets.row import LabelledRow
from classifier import Effort, Judge, Judgement, PolicyText, Undecided, UndecidedReason
from classifier.judge_many import judge_many

FILE = "repeats.jsonl"
_BROKEN = "Delete it; what it answered is asked again."


class Circumstance(StrEnum):
    """What differs from the first answer."""

    ALONE = "alone"  #: nothing: no other request is running
    BESIDE = "beside"  #: other requests are running at the same time
    RESTARTED = "restarted"  #: alone, after restarting the judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One of several answers about a row."""

    row: int  #: the row's line number
    circumstance: Circumstance
    number: int  #: from 1; all others are compared with the first one alone
    beside: int = 0  #: how many other requests were running
    start: str  #: identifies the start of the judge that answered
    outcome: str  #: ``clear``, ``violation`` or ``undecided``
    rules: tuple[str, ...] = ()
    score: float | None = None

    @property
    def key(self) -> Key:
        """The key of the question, which is answered once."""
        return (self.circumstance, self.beside, self.number, self.row)


Key = tuple[Circumstance, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The questions to one start of the judge about every row."""

    circumstance: Circumstance
    numbers: range
    beside: int = 0

    def wanted(self, rows: Sequence[LabelledRow]) -> Iterator[tuple[int, LabelledRow]]:
        """Repetition number and row. Alone, a row is repeated at once; with others running, only after all other
        rows."""
        if self.circumstance is Circumstance.BESIDE:
            yield from ((number, row) for number in self.numbers for row in rows)
        else:
            yield from ((number, row) for row in rows for number in self.numbers)


def stages(*, repeat: int, beside: int) -> tuple[tuple[Stage, ...], ...]:
    """The stages, one for each start of the judge. If `beside` is 0, nothing is asked with other requests running."""
    alone = Stage(circumstance=Circumstance.ALONE, numbers=range(1, repeat + 1))
    among = Stage(circumstance=Circumstance.BESIDE, numbers=range(1, repeat + 1), beside=beside)
    again = ((Stage(circumstance=Circumstance.RESTARTED, numbers=range(n, n + 1)),) for n in range(2, repeat + 1))
    return ((alone, among) if beside else (alone,), *again)


class RepeatJournal:
    """The repeated answers of a run, open for appending. Use it with ``with``, inside the run's own `Journal`, which
    locks out other programs and runs.

    Raises:
        CannotEvaluate: a line inside is broken.
        OSError: writing failed.
    """

    def __init__(self, folder: Path) -> None:
        self.done: set[Key] = set()
        self._path = folder / FILE
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        if self._path.exists():
            self.done = {each.key for each in without_cut_end(self._path, read_repeat, else_do=_BROKEN)}
        self._file = open_to_add(self._path)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def add(self, repeat: Repeat) -> None:
        """Append an answer.

        Raises:
            OSError: writing failed.
        """
        if self._file is None:
            raise RuntimeError("the journal is not open")
        add_line(self._file, json.dumps(asdict(repeat), separators=(",", ":")).encode("ascii") + b"\n")
        self.done.add(repeat.key)

    def left(self, stage: Stage, rows: Sequence[LabelledRow]) -> list[tuple[int, LabelledRow]]:
        """The remaining questions of a stage."""
        kind, beside = stage.circumstance, stage.beside
        return [(n, row) for n, row in stage.wanted(rows) if (kind, beside, n, row.number) not in self.done]


async def judge_again(
    judge: Judge,
    rows: Sequence[LabelledRow],
    journal: RepeatJournal,
    *,
    stage: Stage,
    start: str,
    policy: PolicyText,
    effort: Effort,
    told: Callable[[], None] = lambda: None,
) -> None:
    """Ask the remaining questions of a stage. `told` is called after each answer is written.

    With others running, rows are asked once more at the end without recording, so that the last ones aren't alone.

    Raises:
        CannotEvaluate: the judge became unavailable. Earlier answers are written.
        OSError: writing an answer failed.
    """
    left = journal.left(stage, rows)
    if not left:
        return
    wanted = (((number, row.number), request_about(row, policy, effort)) for number, row in left)
    company = ((None, request_about(row, policy, effort)) for row in cycle(rows)) if stage.beside else iter(())
    waiting = len(left)
    async with aclosing(judge_many(judge, chain(wanted, company), limit=1 + stage.beside)) as answers:
        async for key, judgement in answers:
            if isinstance(judgement, Undecided) and judgement.reason in NOT_ASKED:
                raise _gone(judgement.reason)
            if key is None:
                continue
            number, row = key
            journal.add(_repeat(judgement, stage, number=number, row=row, start=start))
            told()
            waiting -= 1
            if not waiting:
                break


def read_repeats(folder: Path) -> list[Repeat]:
    """The repeated answers of a run; none if it has none.

    Raises:
        CannotEvaluate: a line is broken, or the file cannot be read.
    """
    path = folder / FILE
    try:
        return list(whole_lines(path, read_repeat, else_do=_BROKEN))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CannotEvaluate(f"{path} cannot be read ({error.strerror}): check the path.") from None


def read_repeat(line: bytes) -> Repeat:
    """Parse a line as a repeated answer.

    Raises:
        ValueError: it isn't one.
    """
    fields = json.loads(line)
    if not isinstance(fields, dict) or fields.get("outcome") not in {"clear", "violation", "undecided"}:
        raise ValueError("it is no repeated answer")
    try:
        kind, rules = Circumstance(fields["circumstance"]), tuple(fields["rules"])
        found = Repeat(**{**fields, "circumstance": kind, "rules": rules})
    except (TypeError, KeyError):
        raise ValueError("it is no repeated answer") from None
    if not all(isinstance(each, int) for each in (found.row, found.number, found.beside)):
        raise ValueError("it is no repeated answer")
    return found


def _repeat(judgement: Judgement, stage: Stage, *, number: int, row: int, start: str) -> Repeat:
    decided = None if isinstance(judgement, Undecided) else judgement
    return Repeat(
        row=row,
        circumstance=stage.circumstance,
        number=number,
        beside=stage.beside,
        start=start,
        outcome=decided.outcome.value if decided else "undecided",
        rules=decided.rule_ids if decided else (),
        score=round(decided.score, 9) if decided else None,
    )


def _gone(reason: UndecidedReason) -> CannotEvaluate:
    return CannotEvaluate(
        f"The judge went away ({reason.value}). Its answers so far are kept: run the same command again to go on."
    )
