"""What does the judge miss? Moderators look at a few quiet messages each week: messages about which no case was opened.

Only ids are kept. A message's text is read from Discord at the moment when a moderator looks at it, and not stored.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum
from typing import Protocol

from bot.moderation.servers.options import OptionStore, SampleOptions
from bot.moderation.servers.server import ServerSettings, ServerStore

MOST_A_WEEK = 50
WEEKS_LOOKED_AT = 12  #: by the estimate
ENOUGH = 20  #: answers, below which nothing is estimated
_WEEK = timedelta(days=7)
_Z = 1.96  #: of an interval that holds the truth 95 times of 100


class SampleAnswer(StrEnum):
    """What a moderator says of a quiet message. The values are stored."""

    VIOLATION = "violation"  #: it breaks a rule: the judge missed it
    FINE = "fine"
    GONE = "gone"  #: it can no longer be read, and counts for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWeek:
    """A week's sample."""

    guild_id: int
    week: date  #: its Monday
    quiet: int  #: messages without a case in the seven days before it was drawn
    drawn: int
    card_message_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMessage:
    """A message of a sample."""

    id: int
    guild_id: int
    week: date
    channel_id: int
    message_id: int
    answer: SampleAnswer | None = None
    answered_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSums:
    """What came of a week's sample."""

    week: date
    quiet: int
    violations: int
    fine: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How much the judge misses, with how sure that is."""

    answered: int
    violations: int
    quiet_a_week: int  #: on average
    share: float  #: of quiet messages that break a rule
    low: float  #: the share is no smaller than this, and
    high: float  #: no larger than this, 95 times of 100


class Answered(Enum):
    """What became of a moderator's answer."""

    COUNTED = "counted"
    LATE = "late"  #: somebody was first
    OWN = "own"  #: they wrote the message themselves


class SampleStore(Protocol):
    """Samples of all servers. Every method is one transaction; changes write their audit entries in it."""

    async def draw(self, guild_id: int, week: date, *, count: int, since: datetime) -> SampleWeek:
        """Draw this many messages by chance of those posted since then about which there is no case. A week that was
        drawn already comes back as it is."""

    async def posted(self, guild_id: int, week: date, *, channel_id: int, message_id: int) -> None:
        """Moderators were told of the week's sample."""

    async def left(self, guild_id: int, week: date) -> tuple[SampleMessage, ...]:
        """The messages without an answer, in the order in which they were drawn."""

    async def get(self, guild_id: int, sample_id: int) -> SampleMessage | None:
        """One message of a sample."""

    async def answer(self, guild_id: int, sample_id: int, answer: SampleAnswer, *, by: int | None) -> bool:
        """Keep an answer where there is none; True where it was kept."""

    async def sums(self, guild_id: int, *, since: date) -> tuple[SampleSums, ...]:
        """What came of the samples of these weeks, the oldest first."""


class Samples:
    """Draws samples, takes answers and estimates."""

    def __init__(
        self, *, store: SampleStore, options: OptionStore, servers: ServerStore, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._options = options
        self._servers = servers
        self._now = now

    async def set(self, guild_id: int, weekly: int, *, actor_id: int) -> None:
        """How many messages a week; 0 for none."""
        options = SampleOptions(weekly_sample=max(0, min(weekly, MOST_A_WEEK)))
        await self._options.save(guild_id, options, actor_id=actor_id)

    async def due(self, serves: Callable[[int], bool]) -> tuple[tuple[ServerSettings, SampleWeek], ...]:
        """This week's samples of which moderators were not told yet; drawn now where they were not. May be called as
        often as one likes."""
        found = []
        for settings in await self._servers.all():
            options = await self._options.get(settings.guild_id, SampleOptions)
            if not options.weekly_sample or not serves(settings.guild_id):
                continue
            now = self._now()
            drawn = await self._store.draw(
                settings.guild_id, monday(now.date()), count=options.weekly_sample, since=now - _WEEK
            )
            if drawn.drawn and drawn.card_message_id is None:
                found.append((settings, drawn))
        return tuple(found)

    async def posted(self, week: SampleWeek, *, channel_id: int, message_id: int) -> None:
        """Moderators were told."""
        await self._store.posted(week.guild_id, week.week, channel_id=channel_id, message_id=message_id)

    async def left(self, guild_id: int, week: date) -> tuple[SampleMessage, ...]:
        """The messages without an answer, in the order in which they were drawn."""
        return await self._store.left(guild_id, week)

    async def get(self, guild_id: int, sample_id: int) -> SampleMessage | None:
        """One message of a sample."""
        return await self._store.get(guild_id, sample_id)

    async def answer(self, guild_id: int, sample_id: int, answer: SampleAnswer, *, by: int, author_id: int) -> Answered:
        """Keep a moderator's answer about a message of this author, unless it is their own."""
        if by == author_id:
            return Answered.OWN
        return Answered.COUNTED if await self._store.answer(guild_id, sample_id, answer, by=by) else Answered.LATE

    async def gone(self, guild_id: int, sample_id: int) -> None:
        """The message cannot be read any more, so nobody is asked about it."""
        await self._store.answer(guild_id, sample_id, SampleAnswer.GONE, by=None)

    async def estimate(self, guild_id: int) -> Estimate | None:
        """How much is missed; None where no sample was answered."""
        since = monday(self._now().date()) - WEEKS_LOOKED_AT * _WEEK
        return estimate_of(await self._store.sums(guild_id, since=since))


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def estimate_of(weeks: tuple[SampleSums, ...]) -> Estimate | None:
    """The share of misses over weeks, with Wilson's interval, which also holds for few answers and for none."""
    looked_at = [week for week in weeks if week.violations + week.fine]
    violations = sum(week.violations for week in looked_at)
    answered = violations + sum(week.fine for week in looked_at)
    if not answered:
        return None
    share = violations / answered
    middle = share + _Z**2 / (2 * answered)
    around = _Z * math.sqrt(share * (1 - share) / answered + _Z**2 / (4 * answered**2))
    scale = 1 + _Z**2 / answered
    return Estimate(
        answered=answered,
        violations=violations,
        quiet_a_week=round(sum(w.quiet for w in looked_at) / len(looked_at)),
        share=share,
        low=max(0.0, (middle - around) / scale),
        high=min(1.0, (middle + around) / scale),
    )
