"""The transparency report: a month of a server's moderation in numbers that identify no member.

Counts below `LEAST` are never shown. Small counts in a list are merged; if even that is too small, or could be computed
from the total, the next larger count is merged with them.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.languages.translation import _

LEAST = 5  #: fewer cases could identify a person
OTHERS = "others"


class BadMonth(ValueError):
    """The month can't be reported on. The message is one sentence for a moderator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A calendar month in UTC."""

    begins: datetime
    ends: datetime

    @property
    def name(self) -> str:
        """``2026-11``."""
        return f"{self.begins:%Y-%m}"


def month_of(text: str, *, now: datetime) -> Month:
    """Parse a month such as ``2026-11``; without a text, the last complete month.

    Raises:
        BadMonth: the text isn't a month, or the month is in the future.
    """
    if not text.strip():
        begins = (now.replace(day=1) - timedelta(days=1)).replace(day=1)
    else:
        try:
            begins = datetime.strptime(text.strip(), "%Y-%m").replace(tzinfo=UTC)
        except ValueError:
            raise BadMonth(_("Write the month as in 2026-11.")) from None
    begins = begins.replace(day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    if begins > now:
        raise BadMonth(_("This month has not begun yet."))
    return Month(begins=begins, ends=(begins + timedelta(days=32)).replace(day=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCounts:
    """The counts of a month: of cases opened in it, and of their appeals and actions."""

    judgements: int  #: of messages under policies: a message under three policies counts three times
    rules: Mapping[str, int] = field(default_factory=dict)  #: cases by rule, as ``Policy, R1 Title``
    kinds: Mapping[str, int] = field(default_factory=dict)  #: cases by how they were found, a value of `CaseKind`
    states: Mapping[str, int] = field(default_factory=dict)  #: cases by what was decided, a value of `CaseState`
    actions: Mapping[str, int] = field(default_factory=dict)  #: what was done, a value of `ActionKind`
    automatic: int = 0  #: of the actions, the automatic ones
    appeals: Mapping[str, int] = field(default_factory=dict)  #: a value of `AppealState`
    times: Sequence[timedelta] = ()  #: from opening to deciding
    judges: Sequence[str] = ()  #: judges, most cases first


@dataclass(frozen=True, slots=True, kw_only=True)
class TransparencyReport:
    """The report. None stands for a number below `LEAST`."""

    month: Month
    judgements: int
    cases: int | None
    rules: tuple[tuple[str, int | None], ...]
    kinds: tuple[tuple[str, int | None], ...]
    states: tuple[tuple[str, int | None], ...]
    actions: tuple[tuple[str, int | None], ...]
    automatic: int | None
    appeals: tuple[tuple[str, int | None], ...]
    median_to_decide: timedelta | None
    judges: tuple[str, ...]
    bylaw_version: str


class MonthStore(Protocol):
    """Counts over one server. Every method is one transaction."""

    async def of_month(self, guild_id: int, month: Month) -> MonthCounts:
        """Everything that is counted."""


class Transparency:
    """Builds the report."""

    def __init__(self, store: MonthStore, *, version: str) -> None:
        self._store = store
        self._version = version

    async def of(self, guild_id: int, month: Month) -> TransparencyReport:
        """The report of a month, safe to publish."""
        counts = await self._store.of_month(guild_id, month)
        cases = sum(counts.states.values())
        return TransparencyReport(
            month=month,
            judgements=counts.judgements,
            cases=shown(cases),
            rules=merged(counts.rules),
            kinds=merged(counts.kinds),
            states=merged(counts.states),
            actions=merged(counts.actions),
            automatic=shown(counts.automatic),
            appeals=merged(counts.appeals),
            median_to_decide=_median(counts.times) if len(counts.times) >= LEAST else None,
            judges=tuple(counts.judges) if cases >= LEAST else (),
            bylaw_version=self._version,
        )


def _median(times: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=statistics.median(each.total_seconds() for each in times))


def shown(count: int) -> int | None:
    """The count, or None if it is small. Zero isn't a secret."""
    return count if count == 0 or count >= LEAST else None


def merged(counts: Mapping[str, int]) -> tuple[tuple[str, int | None], ...]:
    """The counts, largest first, with the small ones merged at the end; None there if their sum is small as well.

    The smallest of the others are merged too until there are `LEAST`, because a single hidden number could be computed
    from the total.
    """
    ordered = sorted(((name, count) for name, count in counts.items() if count), key=lambda each: (-each[1], each[0]))
    large = [each for each in ordered if each[1] >= LEAST]
    hidden = sum(count for _, count in ordered[len(large) :])
    if not hidden:
        return tuple(large)
    while hidden < LEAST and large:
        hidden += large.pop()[1]
    return (*large, (OTHERS, shown(hidden)))
