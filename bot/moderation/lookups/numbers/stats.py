"""Statistics: how often moderators agree with the judge, rule by rule, how fast cases are closed, and appeals.

About rules, never about moderators: nobody is ranked.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.moderation.lookups.samples import Estimate, Samples

TIMES_LOOKED_AT = 10_000  #: cases whose time to close is counted, the newest ones


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStats:
    """The outcomes of a rule's cases."""

    policy_name: str
    rule_id: str
    title: str
    confirmed: int  #: moderators agreed with the judge
    dismissed: int  #: they did not
    open: int
    mended: int = 0  #: their authors edited the messages in time, so nobody had to decide
    appeals: int = 0
    overturned: int = 0  #: appeals that changed the decision
    named: int = 0  #: violations without a verdict, such as reports, for which moderators named this rule

    @property
    def decided(self) -> int:
        """Cases that moderators decided."""
        return self.confirmed + self.dismissed

    @property
    def total(self) -> int:
        """All cases of the rule."""
        return self.decided + self.open + self.mended


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealCounts:
    """Appeals of a server."""

    waiting: int = 0
    upheld: int = 0
    overturned: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.waiting + self.upheld + self.overturned


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Everything that is shown."""

    days: int
    rules: tuple[RuleStats, ...]  #: those with most cases first
    closed: int
    median_to_close: timedelta | None  #: median time to close; None if no case was closed
    appeals: AppealCounts
    estimate: Estimate | None


class StatsStore(Protocol):
    """Counts cases of a server opened since a given time. Every method is one transaction."""

    async def rules(self, guild_id: int, *, since: datetime, policy_id: int | None = None) -> tuple[RuleStats, ...]:
        """Counts by policy and rule, with its latest name; those with the most cases first. Only counts verdicts,
        except in `named`. With `policy_id`, only for that policy."""

    async def times_to_close(self, guild_id: int, *, since: datetime, limit: int) -> tuple[timedelta, ...]:
        """From opening to deciding, of the newest cases that waited for a moderator."""

    async def appeals(self, guild_id: int, *, since: datetime) -> AppealCounts:
        """Appeals opened since then."""


class StatsLookup:
    """Assembles the statistics."""

    def __init__(self, *, store: StatsStore, samples: Samples, now: Callable[[], datetime]) -> None:
        self._store = store
        self._samples = samples
        self._now = now

    async def of(self, guild_id: int, *, days: int) -> Stats:
        """The statistics of the last days."""
        since = self._now() - timedelta(days=days)
        times = await self._store.times_to_close(guild_id, since=since, limit=TIMES_LOOKED_AT)
        return Stats(
            days=days,
            rules=await self._store.rules(guild_id, since=since),
            closed=len(times),
            median_to_close=_median(times),
            appeals=await self._store.appeals(guild_id, since=since),
            estimate=await self._samples.estimate(guild_id),
        )


def _median(times: tuple[timedelta, ...]) -> timedelta | None:
    return timedelta(seconds=statistics.median(time.total_seconds() for time in times)) if times else None
