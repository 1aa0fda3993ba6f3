"""What happens too often to be shown one by one: raids, bursts, and more cards in an hour than a server wants.

All in memory, by a clock that only goes on; after a restart the counting begins anew.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.moderation.cases.case import Case
from bot.moderation.cases.further_messages import digest_of

RAID_SECONDS = 60.0
RAID_MEMBERS = 5  #: with the same text in this time
RAID_CASES = 20  #: of one rule in this time, by `RAID_MEMBERS` at least
HOUR = 3_600.0

#: Discord takes five posts in five seconds per channel, and as many edits. A tenth of a second is for the way there.
BURST = 5
WINDOW = 5.1
EVENLY = WINDOW / BURST  #: seconds between requests that shall never have to wait longer than that
_KEPT = 2_048  #: texts and rules watched at once

RaidKey = tuple[int, int, str, bytes]


class Pace:
    """How many requests a channel still takes: posts and edits count apart."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._made: dict[tuple[int, str], deque[float]] = {}

    def room(self, channel_id: int, kind: str) -> int:
        """How many requests could be made now."""
        return BURST - len(self._lately(channel_id, kind))

    def is_due(self, channel_id: int, kind: str) -> bool:
        """Is it time for the next of many requests, so that they come evenly and not five at once?"""
        made = self._lately(channel_id, kind)
        return len(made) < BURST and (not made or self._clock() - made[-1] >= EVENLY)

    def take(self, channel_id: int, kind: str) -> None:
        """One request is made. It may be one too many, such as a card that a moderator asked for."""
        self._lately(channel_id, kind).append(self._clock())

    def give_back(self, channel_id: int, kind: str) -> None:
        """The last one was not made after all, or came to nothing."""
        made = self._lately(channel_id, kind)
        if made:
            made.pop()

    def _lately(self, channel_id: int, kind: str) -> deque[float]:
        made = self._made.setdefault((channel_id, kind), deque())
        while made and self._clock() - made[0] >= WINDOW:
            made.popleft()
        return made


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
