"""Events that Discord tells once and nobody can read later, such as a deletion: while the database cannot be used, they
are held in memory and taken in afterwards, in their order.

Messages are not among them: those are read from their channel's history.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.cogs.interactions.errors import log_failure
from classifier.errors import is_outage

_log = logging.getLogger(__name__)

MOST_HELD = 20_000  #: events

TakeIn = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Event:
    what: str
    take_in: TakeIn


class HeldEvents:
    """Takes events in: at once, or after an outage."""

    def __init__(self, *, most: int = MOST_HELD) -> None:
        """`most`: how many are held; of more, the newest are lost, which is logged once an outage."""
        self._most = most
        self._held: deque[_Event] = deque()
        self._lost = 0
        self._turn = asyncio.Lock()

    def __len__(self) -> int:
        """How many are held."""
        return len(self._held)

    async def take_in(self, what: str, take_in: TakeIn) -> None:
        """Take an event in now, or behind those that are held. An error of another kind is logged.

        Args:
            what: the event in words, for the log.
            take_in: may be called again if an outage cut it off.
        """
        event = _Event(what, take_in)
        if self._held or not await _taken(event):
            self._hold(event)

    async def take_in_held(self) -> int:
        """Take in what is held, oldest first, until an outage lasts; how many were taken in."""
        async with self._turn:
            taken = 0
            while self._held and await _taken(self._held[0]):
                self._held.popleft()
                taken += 1
            if not self._held:
                self._lost = 0
            return taken

    def _hold(self, event: _Event) -> None:
        if len(self._held) < self._most:
            self._held.append(event)
            return
        if not self._lost:
            _log.error(
                "more events came during the outage than are held: later ones are lost", extra={"held": self._most}
            )
        self._lost += 1


async def _taken(event: _Event) -> bool:
    """False if an outage lasts."""
    try:
        await event.take_in()
    except Exception as error:  # noqa: BLE001 - one event must not end the listening to others
        if is_outage(error):
            return False
        log_failure(event.what, error)
    return True
