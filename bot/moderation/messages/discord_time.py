"""The time by Discord's clock, so that a clock of this machine that jumps forward deletes nothing.

Discord says what time it is with every message and every click: ids rise with time. In between, this machine's
monotonic clock counts on, which nobody can set. A machine whose clock has always been ahead of Discord's by the same
amount wrote down everything by that clock, so only a change counts as a jump.

Changes of policies are timed by the newest id alone (`of_change`): every change is somebody's click or command, which
has an id, so messages with lower ids came before it and others after it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.moderation.messages.watermarks import moment_of

MAY_DIFFER = timedelta(hours=1)  #: this machine's clock may be ahead by this much more than it used to be


class ClockHistory(Protocol):
    """What the database tells about this machine's clock in the past."""

    async def smallest_lead(self) -> timedelta | None:
        """How far it was ahead of Discord's at least, when things were written down. None where nothing tells."""


class DiscordTime:
    """Remembers the newest moment that Discord has told of, and how far this machine used to be ahead of it."""

    def __init__(self, *, own: Callable[[], datetime], clock: Callable[[], float]) -> None:
        """Nothing was heard at first.

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
        """Discord showed something with this id just now: a message or an interaction."""
        self._newest_id = max(self._newest_id, snowflake)
        self.heard(moment_of(snowflake))

    def heard(self, moment: datetime) -> None:
        """Discord says that it is this late, or later."""
        self.was_ahead(self._own() - moment)
        self.has_been(moment)

    def has_been(self, moment: datetime) -> None:
        """It was this late for Discord once before, so it cannot be earlier now."""
        known = self._by_discord()
        if known is None or moment > known:
            self._heard = (moment, self._clock())

    def was_ahead(self, lead: timedelta) -> None:
        """This machine's clock was ahead of Discord's by this much at some time. The smallest counts."""
        self._lead = lead if self._lead is None else min(lead, self._lead)

    def now(self) -> datetime:
        """The time on this machine; where its clock has jumped forward, the time that it would show without that."""
        own, known = self._own(), self._by_discord()
        if known is None:
            return own
        expected = known + max(self._lead or timedelta(), timedelta())
        return own if own <= expected + MAY_DIFFER else expected

    def by_discord(self) -> datetime:
        """The time by Discord's clock alone, to compare with times that Discord gives; this machine's time as long as
        Discord has shown nothing."""
        return self._by_discord() or self._own()

    def of_change(self) -> datetime:
        """The moment of a change that is made now; this machine's time as long as Discord has shown nothing. Later than
        the last answer, so that changes keep their order."""
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
