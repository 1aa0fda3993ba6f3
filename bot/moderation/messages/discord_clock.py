"""The moment by Discord's clock, so that changes of policies and messages are timed alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.moderation.messages.watermarks import moment_of


class DiscordClock:
    """Is as late as the newest thing that Discord told of.

    The clock of this machine may differ from Discord's by minutes. Ids hold Discord's own time, and every change of a
    policy is somebody's click or command, which has an id: messages with lower ids came before it, others after it.
    """

    def __init__(self, otherwise: Callable[[], datetime]) -> None:
        """`otherwise` gives the moment as long as Discord told of nothing."""
        self._newest_id = 0
        self._last: datetime | None = None
        self._otherwise = otherwise

    def saw(self, discord_id: int) -> None:
        """Discord told of something that it gave this id just now: a message or an interaction."""
        self._newest_id = max(self._newest_id, discord_id)

    def now(self) -> datetime:
        """The moment; a microsecond later than the last answer at least, so that changes keep their order."""
        moment = moment_of(self._newest_id) if self._newest_id else self._otherwise()
        if self._last is not None:
            moment = max(moment, self._last + timedelta(microseconds=1))
        self._last = moment
        return moment
