"""The moment by Discord's clock, so that changes of policies and messages are timed alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.moderation.messages.watermarks import moment_of


def _seconds() -> float:
    return time.monotonic()


class DiscordClock:
    """Goes by the newest thing that Discord told of, and by the time that passed since.

    The clock of this machine may differ from Discord's by minutes. Ids hold Discord's own time, and every change of a
    policy is somebody's click or command, which has an id.
    """

    def __init__(self, otherwise: Callable[[], datetime], seconds: Callable[[], float] = _seconds) -> None:
        """Args:
        otherwise: gives the moment as long as Discord told of nothing.
        seconds: never goes back.
        """
        self._newest_id = 0
        self._seen_at = 0.0
        self._last: datetime | None = None
        self._otherwise = otherwise
        self._seconds = seconds

    def saw(self, discord_id: int) -> None:
        """Discord told of something that it gave this id just now: a message or an interaction."""
        if discord_id > self._newest_id:
            self._newest_id, self._seen_at = discord_id, self._seconds()

    def now(self) -> datetime:
        """The moment; a microsecond later than the last answer at least, so that changes keep their order."""
        moment = self._otherwise()
        if self._newest_id:
            moment = moment_of(self._newest_id) + timedelta(seconds=self._seconds() - self._seen_at)
        if self._last is not None:
            moment = max(moment, self._last + timedelta(microseconds=1))
        self._last = moment
        return moment
