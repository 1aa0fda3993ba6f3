"""Watches how far behind the judge is, per server, and what to do about it.

Moderators are told once when it falls behind and once when it has caught up. Meanwhile messages wait, or are judged
faster and less precisely if the server chose that. No message is ever dropped.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.languages.translation import Line, marked
from bot.moderation.messages.watermarks import Watermarks, moment_of
from bot.moderation.servers.options import BacklogOptions, OptionStore

BEHIND_AFTER = timedelta(minutes=2)  #: a server is behind when its oldest waiting message is this old
CAUGHT_UP_AT = timedelta(seconds=20)  #: and has caught up when the oldest is younger than this


class WhenBehind(StrEnum):
    """How messages are judged while a server is behind. The values are stored."""

    WAIT = "wait"  #: as usual, later
    PROBE = "probe"  #: by the model, at once and without reasoning
    LITE = "lite"  #: by the policy's patterns and examples, without the model


#: Lines for a server's moderators, in English until they are posted.
_BEHIND = {
    WhenBehind.WAIT: marked(
        "Bylaw is behind: the oldest waiting message is over 2 minutes old. Messages wait and are all judged, "
        "newcomers' first. /status shows how it goes."
    ),
    WhenBehind.PROBE: marked(
        "Bylaw is behind: the oldest waiting message is over 2 minutes old. Until it has caught up, the model answers "
        "without thinking, as this server chose. /status shows how it goes."
    ),
    WhenBehind.LITE: marked(
        "Bylaw is behind: the oldest waiting message is over 2 minutes old. Until it has caught up, patterns and "
        "examples decide without the model, as this server chose. /status shows how it goes."
    ),
}
_CAUGHT_UP = marked("Bylaw has caught up: it judges messages at once again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogAge:
    """How long the oldest unhandled message has been waiting; zero if there is none."""

    age: timedelta
    behind: bool


class Backlog:
    """Watches how old the waiting messages are."""

    def __init__(
        self,
        *,
        marks: Watermarks,
        options: OptionStore,
        tell: Callable[[int, Line], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._marks = marks
        self._options = options
        self._tell = tell
        self._now = now
        self._behind: dict[int, WhenBehind] = {}

    def of(self, guild_id: int) -> BacklogAge:
        """The age of the server's oldest waiting message, in seconds."""
        return BacklogAge(age=self._age(guild_id), behind=guild_id in self._behind)

    def way_of(self, guild_id: int) -> WhenBehind:
        """How messages of this server are judged now."""
        return self._behind.get(guild_id, WhenBehind.WAIT)

    async def look(self) -> None:
        """Find the servers that fell behind or caught up since the last call, and tell each once."""
        for guild_id in self._marks.servers_under_way() - self._behind.keys():
            if self._age(guild_id) >= BEHIND_AFTER:
                chosen = WhenBehind((await self._options.get(guild_id, BacklogOptions)).when_behind)
                self._behind[guild_id] = chosen
                await self._tell(guild_id, _BEHIND[chosen])
        for guild_id in _caught_up(self._behind, self._age):
            del self._behind[guild_id]
            await self._tell(guild_id, _CAUGHT_UP)

    def _age(self, guild_id: int) -> timedelta:
        oldest = self._marks.oldest_under_way(guild_id)
        return timedelta() if oldest is None else max(timedelta(), self._now() - moment_of(oldest))


def _caught_up(behind: Iterable[int], age: Callable[[int], timedelta]) -> list[int]:
    return [guild_id for guild_id in behind if age(guild_id) < CAUGHT_UP_AT]
