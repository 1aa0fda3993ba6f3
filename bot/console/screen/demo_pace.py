"""The pace of the demo."""

from __future__ import annotations

from enum import StrEnum

from bot.simulation.seen import Asked, BotWrote, CardSeen, Event, NewAct, Posted, Summary

#: Seconds after an event at normal pace. The whole day takes less than a minute.
_SECONDS: dict[type[Event], float] = {
    NewAct: 0.6,
    Posted: 0.5,
    CardSeen: 0.4,
    BotWrote: 0.7,
    Asked: 0.4,
    Summary: 0.0,
}
_SLOWLY = 3.0  #: factor of the normal pace


class Pace(StrEnum):
    """The values of ``--pace``."""

    SLOW = "slow"
    NORMAL = "normal"
    INSTANT = "instant"

    def pause(self, event: Event) -> float:
        """Seconds to wait after an event."""
        if self is Pace.INSTANT:
            return 0.0
        seconds = _SECONDS.get(type(event), 0.4)
        return seconds * _SLOWLY if self is Pace.SLOW else seconds
