"""Weekly samples that estimate what the judge misses: moderators look at a few quiet messages, those without a case.

Only ids are kept. A message's text is read from Discord when a moderator looks at it, and not stored.
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
ENOUGH = 20  #: least number of answers for an estimate
_WEEK = timedelta(days=7)
_Z = 1.96  #: z value of a 95 % interval


class SampleAnswer(StrEnum):
    """A moderator's answer about a quiet message. The values are stored."""

    VIOLATION = "violation"  #: it breaks a rule: the judge missed it
    FINE = "fine"
    GONE = "gone"  #: it can no longer be read, and doesn't count


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWeek:
    """A week's sample."""

    guild_id: int
    week: date  #: its Monday
    quiet: int  #: messages without a case in the seven days before the draw
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
    """The totals of a week's sample."""

    week: date
    quiet: int
    violations: int
    fine: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How much the judge misses, with a confidence interval."""

    answered: int
    violations: int
    quiet_a_week: int  #: on average
    share: float  #: of quiet messages that break a rule
    low: float  #: lower end of the 95 % interval
    high: float  #: upper end of the 95 % interval


class Answered(Enum):
    """The result of a moderator's answer."""

    COUNTED = "counted"
    LATE = "late"  #: somebody else answered first
    OWN = "own"  #: they wrote the message themselves


class SampleStore(Protocol):
    """Samples of all servers. Every method is one transaction; changes write their audit entries in it."""

    async def draw(self, guild_id: int, week: date, *, count: int, since: datetime) -> SampleWeek:
        """Draw this many random messages from those posted since this time without a case. A week that was drawn
        already is returned unchanged."""

    async def posted(self, guild_id: int, week: date, *, channel_id: int, message_id: int) -> None:
        """Record that moderators were told of the week's sample."""

    async def left(self, guild_id: int, week: date) -> tuple[SampleMessage, ...]:
        """The messages without an answer, in the order they were drawn."""

    async def get(self, guild_id: int, sample_id: int) -> SampleMessage | None:
        """One message of a sample."""

    async def answer(self, guild_id: int, sample_id: int, answer: SampleAnswer, *, by: int | None) -> bool:
        """Store an answer if there is none yet. True if it was stored."""

    async def sums(self, guild_id: int, *, since: date) -> tuple[SampleSums, ...]:
        """The totals of these weeks' samples, oldest first."""


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
        """This week's samples that moderators weren't told about yet; draws them if needed. Idempotent."""
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
        """Record that moderators were told."""
        await self._store.posted(week.guild_id, week.week, channel_id=channel_id, message_id=message_id)

    async def left(self, guild_id: int, week: date) -> tuple[SampleMessage, ...]:
        """The messages without an answer, in the order they were drawn."""
        return await self._store.left(guild_id, week)

    async def get(self, guild_id: int, sample_id: int) -> SampleMessage | None:
        """One message of a sample."""
        return await self._store.get(guild_id, sample_id)

    async def answer(self, guild_id: int, sample_id: int, answer: SampleAnswer, *, by: int, author_id: int) -> Answered:
        """Store a moderator's answer about a message by this author, unless it is their own."""
        if by == author_id:
            return Answered.OWN
        return Answered.COUNTED if await self._store.answer(guild_id, sample_id, answer, by=by) else Answered.LATE

    async def gone(self, guild_id: int, sample_id: int) -> None:
        """The message can no longer be read, so nobody is asked about it."""
        await self._store.answer(guild_id, sample_id, SampleAnswer.GONE, by=None)

    async def estimate(self, guild_id: int) -> Estimate | None:
        """The estimate; None if no sample was answered."""
        since = monday(self._now().date()) - WEEKS_LOOKED_AT * _WEEK
        return estimate_of(await self._store.sums(guild_id, since=since))


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def estimate_of(weeks: tuple[SampleSums, ...]) -> Estimate | None:
    """The share of misses over weeks, with Wilson's interval, which is valid for few answers, too."""
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
