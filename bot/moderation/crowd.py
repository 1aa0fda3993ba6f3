"""What happens too often to be shown one by one: raids, bursts, and more cards in an hour than a server wants.

All in memory, by a clock that only goes on; after a restart the counting begins anew.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.moderation.case_messages import digest_of
from bot.moderation.cases import Case

RAID_SECONDS = 60.0
RAID_MEMBERS = 5  #: with the same text in this time
RAID_CASES = 20  #: of one rule in this time, by `RAID_MEMBERS` at least
HOUR = 3_600.0

#: Discord takes five messages in five seconds per channel; the same number of edits on top.
BURST = 5
PER_SECOND = 1.0
_KEPT = 2_048  #: texts and rules watched at once

RaidKey = tuple[int, int, str, bytes]


@dataclass(slots=True)
class Bucket:
    """Tokens that come back with time, never more than `BURST`."""

    at: float
    tokens: float = BURST

    def fill(self, now: float) -> float:
        """What is there now."""
        self.tokens = min(BURST, self.tokens + (now - self.at) * PER_SECOND)
        self.at = now
        return self.tokens


class Pace:
    """How many requests a channel still takes: one kind of bucket for posts, one for edits."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[tuple[int, str], Bucket] = {}

    def room(self, channel_id: int, kind: str) -> float:
        """How many requests could be made now."""
        return self._bucket(channel_id, kind).fill(self._clock())

    def take(self, channel_id: int, kind: str) -> None:
        """One request is made. It may be one too many, such as a card that a moderator asked for."""
        bucket = self._bucket(channel_id, kind)
        bucket.fill(self._clock())
        bucket.tokens -= 1

    def give_back(self, channel_id: int, kind: str) -> None:
        """It was not made after all, or came to nothing."""
        self._bucket(channel_id, kind).tokens += 1

    def _bucket(self, channel_id: int, kind: str) -> Bucket:
        return self._buckets.setdefault((channel_id, kind), Bucket(at=self._clock()))


class HourlyCount:
    """How many cards a server got in the last hour."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._posted: dict[int, deque[float]] = defaultdict(deque)

    def add(self, guild_id: int) -> None:
        """A card is being posted."""
        self._posted[guild_id].append(self._clock())

    def of(self, guild_id: int) -> int:
        """How many in the last hour."""
        posted = self._posted[guild_id]
        while posted and self._clock() - posted[0] >= HOUR:
            posted.popleft()
        return len(posted)


@dataclass(slots=True)
class _Watched:
    cases: OrderedDict[int, tuple[float, int]] = field(default_factory=OrderedDict)  # number: when, by whom
    is_raid: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Raid:
    """A raid is under way; `numbers` are the cases of it that were seen lately, this one included."""

    key: RaidKey
    numbers: tuple[int, ...]


class RaidWatch:
    """Sees many members post one text, or many cases of one rule, within a minute. It lasts until a minute is quiet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._watched: OrderedDict[RaidKey, _Watched] = OrderedDict()

    def see(self, case: Case) -> Raid | None:
        """Note a case; the raid that it belongs to, if there is one. Seeing a case again changes nothing."""
        raids = [raid for key in _keys(case) if (raid := self._note(key, case)) is not None]
        return raids[0] if raids else None

    def _note(self, key: RaidKey, case: Case) -> Raid | None:
        now = self._clock()
        watched = self._watched.setdefault(key, _Watched())
        self._watched.move_to_end(key)
        if len(self._watched) > _KEPT:
            self._watched.popitem(last=False)
        cases = watched.cases
        while cases and now - next(iter(cases.values()))[0] > RAID_SECONDS:
            cases.popitem(last=False)
        watched.is_raid = watched.is_raid and bool(cases)
        cases.setdefault(case.number, (now, case.evidence.author_id))
        members = len({member for _, member in cases.values()})
        enough = members >= RAID_MEMBERS and (key[2] == "text" or len(cases) >= RAID_CASES)
        watched.is_raid = watched.is_raid or enough
        return Raid(key=key, numbers=tuple(cases)) if watched.is_raid else None


def _keys(case: Case) -> tuple[RaidKey, ...]:
    """What cases of one raid have in common; the text before the rule."""
    judged, text = case.judged, case.evidence.text
    where = (case.guild_id, judged.version_id)
    by_text = [(*where, "text", digest_of(text))] if text and judged.rules else []
    by_rule = [(*where, "rule", rule.id.encode("utf-8", "replace")) for rule in judged.rules[:1]]
    return (*by_text, *by_rule)
