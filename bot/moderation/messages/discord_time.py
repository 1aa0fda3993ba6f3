"""The time by Discord's clock, so that a wrong clock on this machine deletes nothing.

Discord says what time it is with every message and every click: ids rise with time. In between, this machine's
monotonic clock counts on, which nobody can set.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.moderation.messages.watermarks import moment_of

MAY_DIFFER = timedelta(hours=1)  #: this machine's clock may be ahead of Discord's by this much


class DiscordTime:
    """Remembers the newest moment that Discord has told of."""

    def __init__(self, *, own: Callable[[], datetime], clock: Callable[[], float]) -> None:
        """Nothing was heard at first.

        Args:
            own: this machine's clock, which may be wrong.
            clock: seconds that only go forward.
        """
        self._own = own
        self._clock = clock
        self._heard: tuple[datetime, float] | None = None

    def heard_id(self, snowflake: int) -> None:
        """Discord showed something with this id; 0 says nothing."""
        if snowflake:
            self.heard(moment_of(snowflake))

    def heard(self, moment: datetime) -> None:
        """It is at least this late."""
        known = self._by_discord()
        if known is None or moment > known:
            self._heard = (moment, self._clock())

    def now(self) -> datetime:
        """The time on this machine, or Discord's where this machine is more than `MAY_DIFFER` ahead of it."""
        own, known = self._own(), self._by_discord()
        return own if known is None or own <= known + MAY_DIFFER else known

    def _by_discord(self) -> datetime | None:
        if self._heard is None:
            return None
        moment, at = self._heard
        return moment + timedelta(seconds=self._clock() - at)
