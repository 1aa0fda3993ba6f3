"""How many severe cases each moderator has decided in a shift, so that Bylaw can offer to hand over.

Counted in memory only, for the length of a shift: nothing is stored about how much anybody worked.
"""

from __future__ import annotations

from collections.abc import Callable

from cachetools import TTLCache

from bot.languages.translation import marked
from bot.moderation.cards.board import CardBoard
from bot.moderation.cards.route import SEVERE, severest
from bot.moderation.cases.case import Case
from bot.moderation.servers.options import OptionStore, ReviewOptions
from bot.moderation.servers.server import ServerStore

BREAK = 2 * 3_600.0  #: seconds without a severe decision, after which a new shift begins
ONCE_IN = 1_800.0  #: seconds in which somebody can hand over only once
_HANDS_OVER = marked("🤝 {member} has decided many high-severity cases and hands over. Who takes the next ones?")
_KEPT = 10_000  #: moderators counted, of all servers


class Shifts:
    """Counts decisions, offers a handover, and tells the team."""

    def __init__(
        self, *, options: OptionStore, servers: ServerStore, board: CardBoard, clock: Callable[[], float]
    ) -> None:
        self._options = options
        self._servers = servers
        self._board = board
        self._decided: TTLCache[tuple[int, int], int] = TTLCache(maxsize=_KEPT, ttl=BREAK, timer=clock)
        self._handed_over: TTLCache[tuple[int, int], bool] = TTLCache(maxsize=_KEPT, ttl=ONCE_IN, timer=clock)

    async def decided(self, case: Case, moderator_id: int) -> int | None:
        """A moderator decided a case. Returns the number of severe ones in their shift, if it is time for a break."""
        if severest(case.rules) != SEVERE:
            return None
        key = (case.guild_id, moderator_id)
        count = self._decided[key] = self._decided.get(key, 0) + 1
        after = (await self._options.get(case.guild_id, ReviewOptions)).hand_over_after
        return count if after and count % after == 0 else None

    async def hand_over(self, guild_id: int, moderator_id: int) -> bool:
        """Tell the moderators' channel, and begin a new count. False if this person did so a moment ago."""
        key = (guild_id, moderator_id)
        settings = await self._servers.get(guild_id)
        if settings is None or key in self._handed_over:
            return False
        self._handed_over[key] = True
        self._decided.pop(key, None)
        await self._board.tell_moderators(settings, _HANDS_OVER, member=f"<@{moderator_id}>")
        return True
