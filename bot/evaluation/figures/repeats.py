"""Repeatability: how often the same question gets a different answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.evaluation.figures.rates import Interval, exact_interval
from bot.evaluation.runs.repeats import Circumstance, Repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatability:
    """Rows whose answers in a circumstance are compared with their first answer, which was given alone."""

    circumstance: Circumstance
    beside: int
    rows: int  #: rows with a first answer and at least one to compare with it
    asked: int  #: answers that are compared
    changed: int  #: rows with a different verdict at least once; no verdict counts as different, too
    undecided: int  #: of these, rows that gained or lost a verdict
    interval: Interval | None  #: of changed in rows, exact
    other_rules: int  #: rows with always the same verdict, but different rules at least once
    moved: float  #: the largest difference of scores

    @property
    def share(self) -> float | None:
        """The share of rows that changed."""
        return self.changed / self.rows if self.rows else None


def repeatability_of(repeats: Sequence[Repeat]) -> tuple[Repeatability, ...]:
    """The repeatability in each circumstance, in the order asked."""
    firsts = {each.row: each for each in repeats if each.circumstance is Circumstance.ALONE and each.number == 1}
    found: dict[tuple[Circumstance, int], dict[int, list[Repeat]]] = defaultdict(lambda: defaultdict(list))
    for each in repeats:
        first = firsts.get(each.row)
        if first is not None and first is not each and (circumstance := _told_from(each, first)) is not None:
            found[circumstance, each.beside][each.row].append(each)
    order = list(Circumstance)
    keys = sorted(found, key=lambda key: (order.index(key[0]), key[1]))
    return tuple(_of(*key, [(firsts[row], others) for row, others in found[key].items()]) for key in keys)


def _told_from(answer: Repeat, first: Repeat) -> Circumstance | None:
    """The circumstance that differs from the first answer; None if there is none, although there should be.

    A single answer after an interruption, or one requested later, counts as one after a restart.
    """
    if answer.circumstance is Circumstance.BESIDE or answer.start != first.start:
        return Circumstance.RESTARTED if answer.circumstance is Circumstance.ALONE else answer.circumstance
    return None if answer.circumstance is Circumstance.RESTARTED else answer.circumstance


def _of(circumstance: Circumstance, beside: int, rows: Sequence[tuple[Repeat, list[Repeat]]]) -> Repeatability:
    changed = [(first, others) for first, others in rows if any(each.outcome != first.outcome for each in others)]
    same = [(first, others) for first, others in rows if all(each.outcome == first.outcome for each in others)]
    return Repeatability(
        circumstance=circumstance,
        beside=beside,
        rows=len(rows),
        asked=sum(len(others) for _, others in rows),
        changed=len(changed),
        undecided=sum(any(each.outcome == "undecided" for each in (first, *others)) for first, others in changed),
        interval=exact_interval(len(changed), len(rows)),
        other_rules=sum(any(each.rules != first.rules for each in others) for first, others in same),
        moved=max(_moves(rows), default=0.0),
    )


def _moves(rows: Sequence[tuple[Repeat, list[Repeat]]]) -> Iterator[float]:
    for first, others in rows:
        for each in others:
            if first.score is not None and each.score is not None:
                yield abs(each.score - first.score)
