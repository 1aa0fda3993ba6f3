"""The time by Discord's clock, so that nothing is deleted if this machine's clock jumps forward.

Every message and every click tells Discord's time, because ids rise with time. In between, this machine's monotonic
clock continues, which can't be set. If a machine's clock was always ahead of Discord's by the same amount, everything
was stored by that clock, so only a change counts as a jump.

Changes of policies are timed by the newest id alone (`of_change`): every change is a click or command with an id, so
messages with lower ids came before it and others after it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.moderation.messages.watermarks import moment_of

MAY_DIFFER = timedelta(hours=1)  #: this machine's clock may be ahead by this much more than it used to be


class ClockHistory(Protocol):
    """Reads from the database how this machine's clock was in the past."""

    async def smallest_lead(self) -> timedelta | None:
        """The smallest lead over Discord's clock when things were stored. None if unknown."""


class DiscordTime:
    """Remembers the latest time known from Discord, and how far this machine's clock used to be ahead of it."""

    def __init__(self, *, own: Callable[[], datetime], clock: Callable[[], float]) -> None:
        """Starts without any time from Discord.

        Args:
            own: this machine's clock, which may be wrong.
            clock: seconds that only go forward.
        """
        self._own = own
        self._clock = clock
        self._heard: tuple[datetime, float] | None = None
        self._lead: timedelta | None = None
        self._newest_id = 0
        self._last_change: datetime | None = None

    def heard_id(self, snowflake: int) -> None:
        """Discord just sent a message or interaction with this id."""
        self._newest_id = max(self._newest_id, snowflake)
        self.heard(moment_of(snowflake))

    def heard(self, moment: datetime) -> None:
        """Discord's time is at least this."""
        self.was_ahead(self._own() - moment)
        self.has_been(moment)

    def has_been(self, moment: datetime) -> None:
        """Discord's time was this once before, so it can't be earlier now."""
        known = self._by_discord()
        if known is None or moment > known:
            self._heard = (moment, self._clock())

    def was_ahead(self, lead: timedelta) -> None:
        """This machine's clock was once ahead of Discord's by this much. The smallest value counts."""
        self._lead = lead if self._lead is None else min(lead, self._lead)

    def now(self) -> datetime:
        """This machine's time, corrected if its clock jumped forward."""
        own, known = self._own(), self._by_discord()
        if known is None:
            return own
        expected = known + max(self._lead or timedelta(), timedelta())
        return own if own <= expected + MAY_DIFFER else expected

    def by_discord(self) -> datetime:
        """The time by Discord's clock alone, to compare with times from Discord; this machine's time until Discord has
        sent something."""
        return self._by_discord() or self._own()

    def of_change(self) -> datetime:
        """The time of a change made now; this machine's time until Discord has sent something. Always later than the
        last result, so that changes keep their order."""
        moment = moment_of(self._newest_id) if self._newest_id else self._own()
        if self._last_change is not None:
            moment = max(moment, self._last_change + timedelta(microseconds=1))
        self._last_change = moment
        return moment

    def _by_discord(self) -> datetime | None:
        if self._heard is None:
            return None
        moment, at = self._heard
        return moment + timedelta(seconds=self._clock() - at)
