"""Discord's rate limit for a channel, and the number of cards that a server got in the last hour.

Kept in memory only: after a restart, counting starts from zero. Clocks give seconds and are monotonic.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable

HOUR = 3_600.0

#: Discord takes five posts in five seconds per channel, and as many edits. A tenth of a second is for network delay.
BURST = 5
WINDOW = 5.1
EVENLY = WINDOW / BURST  #: seconds between requests that are evenly spread
SOONEST = EVENLY * 2 / 3  #: least number of seconds between two of them


class RateLimit:
    """How many requests a channel still takes. Posts and edits are counted separately."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._made: dict[tuple[int, str], deque[float]] = {}

    def room(self, channel_id: int, kind: str) -> int:
        """How many requests the channel accepts now."""
        return BURST - len(self._recent(channel_id, kind))

    def is_due(self, channel_id: int, kind: str) -> bool:
        """Is the next of many requests due? They are spread evenly, not sent five at once. A request may come a little
        earlier than the average if those before it came late."""
        made = self._recent(channel_id, kind)
        since = [self._clock() - each for each in made]
        return len(made) < BURST and all(
            passed >= least for passed, least in zip(reversed(since), (SOONEST, 2 * EVENLY), strict=False)
        )

    def take(self, channel_id: int, kind: str) -> float:
        """Count a request, and say when. It may exceed the limit, such as a card that a moderator asked for."""
        now = self._clock()
        self._recent(channel_id, kind).append(now)
        return now

    def give_back(self, channel_id: int, kind: str, at: float) -> None:
        """Uncount the request taken at that time, because it was not made or it failed."""
        made = self._recent(channel_id, kind)
        if at in made:
            made.remove(at)

    def _recent(self, channel_id: int, kind: str) -> deque[float]:
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
