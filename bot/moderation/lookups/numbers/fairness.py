"""Fairness: compares the outcome of cases between groups of members, never persons.

Newcomers are compared with regulars, and languages with the rest. Groups with few cases are left out, because they
could identify people and differ by chance.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from bot.moderation.lookups.numbers.exact_interval import exact_interval

LEAST = 20  #: cases, in a group and outside it
NEW_FOR = timedelta(days=30)  #: a newcomer's account is younger than this when it posts
LOOKED_AT = 2_000  #: cases, the newest ones
NEWCOMERS = "newcomers"
_DISCORD_EPOCH_MS = 1_420_070_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOutcome:
    """The outcome of a case, and what is needed to group it."""

    author_id: int
    posted_at: datetime
    opened_at: datetime
    decided_at: datetime | None
    dismissed: bool  #: moderators said in the end that no rule was broken
    overturned: bool  #: an appeal changed the decision
    language: str | None = None  #: of the message, if its text is still stored and long enough

    @property
    def by_newcomer(self) -> bool:
        """Was the account new? Its id says when it was created; the join date isn't stored."""
        created = datetime.fromtimestamp(((self.author_id >> 22) + _DISCORD_EPOCH_MS) / 1_000, tz=UTC)
        return self.posted_at - created < NEW_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCounts:
    """One side of a comparison."""

    cases: int
    decided: int
    dismissed: int
    overturned: int
    median_to_decide: timedelta | None  #: None if nothing was decided

    @property
    def dismissed_between(self) -> tuple[float, float]:
        """The 95 % confidence interval of the share of dismissed cases."""
        return exact_interval(self.dismissed, self.decided)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A group compared with everybody else."""

    group: str  #: `NEWCOMERS`, or the English name of a language
    inside: GroupCounts
    outside: GroupCounts

    @property
    def differs(self) -> bool:
        """Is the difference unlikely to be chance? True if the intervals don't overlap."""
        low, high = self.inside.dismissed_between
        other_low, other_high = self.outside.dismissed_between
        return low > other_high or high < other_low


class OutcomeStore(Protocol):
    """Reads the outcomes of cases. Every method is one transaction."""

    async def outcomes(self, guild_id: int, *, since: datetime, limit: int) -> tuple[CaseOutcome, ...]:
        """The outcomes of the newest cases that the judge opened since this time."""


class Fairness:
    """Compares groups of members."""

    def __init__(self, store: OutcomeStore, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def of(self, guild_id: int, *, days: int) -> tuple[Comparison, ...]:
        """All comparisons with enough cases on both sides."""
        outcomes = await self._store.outcomes(guild_id, since=self._now() - timedelta(days=days), limit=LOOKED_AT)
        return compare(outcomes)


def compare(outcomes: Sequence[CaseOutcome]) -> tuple[Comparison, ...]:
    """Newcomers with regulars, and each language with the others, where both sides have `LEAST` decisions."""
    with_language = [each for each in outcomes if each.language is not None]
    languages = sorted({each.language for each in with_language if each.language})
    found = [_comparison(NEWCOMERS, outcomes, lambda each: each.by_newcomer)]
    found += [_comparison(name, with_language, partial(_is_in, name)) for name in languages]
    return tuple(each for each in found if min(each.inside.decided, each.outside.decided) >= LEAST)


def _is_in(language: str, outcome: CaseOutcome) -> bool:
    return outcome.language == language


def _comparison(group: str, outcomes: Sequence[CaseOutcome], belongs: Callable[[CaseOutcome], bool]) -> Comparison:
    return Comparison(
        group=group,
        inside=_counts([each for each in outcomes if belongs(each)]),
        outside=_counts([each for each in outcomes if not belongs(each)]),
    )


def _counts(outcomes: Sequence[CaseOutcome]) -> GroupCounts:
    times = [(each.decided_at - each.opened_at).total_seconds() for each in outcomes if each.decided_at is not None]
    return GroupCounts(
        cases=len(outcomes),
        decided=len(times),
        dismissed=sum(each.dismissed for each in outcomes if each.decided_at is not None),
        overturned=sum(each.overturned for each in outcomes),
        median_to_decide=timedelta(seconds=statistics.median(times)) if times else None,
    )
