"""Successive halving: all variants are tried on few rows, the better half on twice as many, and so on. Pure.

Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization" (2016). Every round
costs about as much as any other.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.evaluation.runs.prediction import Prediction
from bot.evaluation.sets.card import Label
from bot.evaluation.tuning.variant import Variant

FEWEST_ROWS = 20  #: rows of a round


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A variant's results on some rows. A row without a verdict counts as not flagged."""

    variant: str
    rows: int
    f1: float  #: 0 if no violation was found
    right: int
    tokens: int  #: tokens read and written
    seconds: float

    @property
    def rank(self) -> tuple[float, ...]:
        """The sort key, smaller is better: by F1, then by right answers, then by tokens. Seconds don't count, because
        they depend on the machine's load."""
        return (-self.f1, -self.right, self.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round with all results, best first."""

    rows: int
    standings: tuple[Standing, ...]
    kept: int  #: how many advance


Measure = Callable[[Variant, int, int], Awaitable[Standing]]  #: variant, number of the round from 1, rows


def rows_of_rounds(*, variants: int, rows: int) -> tuple[int, ...]:
    """How many rows each round has: the last one has all."""
    rounds = max(1, math.ceil(math.log2(variants)))
    return tuple(min(rows, max(FEWEST_ROWS, math.ceil(rows / 2 ** (rounds - 1 - n)))) for n in range(rounds))


def judgements_of(*, variants: int, rows: int) -> int:
    """The total number of judgements; a variant that advances is only asked about new rows."""
    total, before, left = 0, 0, variants
    for count in rows_of_rounds(variants=variants, rows=rows):
        total += left * (count - before)
        before, left = count, math.ceil(left / 2)
    return total


async def halve(variants: Sequence[Variant], *, rows: int, measure: Measure) -> tuple[Round, ...]:
    """Run all rounds; the first of the last round is the best. Ties keep their order."""
    left, rounds = list(variants), list[Round]()
    for number, count in enumerate(rows_of_rounds(variants=len(variants), rows=rows), start=1):
        standings = [await measure(variant, number, count) for variant in left]
        order = sorted(range(len(left)), key=lambda place: standings[place].rank)
        kept = math.ceil(len(left) / 2)
        rounds.append(Round(rows=count, standings=tuple(standings[place] for place in order), kept=kept))
        left = [left[place] for place in order[:kept]]
    return tuple(rounds)


def standing_of(variant: str, label: Label, predictions: Sequence[Prediction]) -> Standing:
    """Compute the standing from answers."""
    rules = set(label.rules)
    pairs = [
        (each.labels[label.name], each.outcome == "violation" and (not rules or bool(rules & set(each.rules))))
        for each in predictions
    ]
    hits, wrong = sum(truth and said for truth, said in pairs), sum(truth != said for truth, said in pairs)
    return Standing(
        variant=variant,
        rows=len(pairs),
        f1=2 * hits / (2 * hits + wrong) if hits else 0.0,
        right=len(pairs) - wrong,
        tokens=sum(each.prompt_tokens + each.reply_tokens for each in predictions),
        seconds=sum(each.seconds for each in predictions),
    )
