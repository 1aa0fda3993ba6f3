"""Holds events that Discord sends only once, such as deletions, in memory during a database outage, and processes them
afterwards, in order.

Messages aren't held: they are read from their channel's history.
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

MOST_HELD = 20_000  #: most events held

TakeIn = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Event:
    what: str
    take_in: TakeIn


class HeldEvents:
    """Processes events at once, or after an outage."""

    def __init__(self, *, most: int = MOST_HELD) -> None:
        """`most`: the most events to hold; beyond that the newest are lost, which is logged once per outage."""
        self._most = most
        self._held: deque[_Event] = deque()
        self._lost = 0
        self._turn = asyncio.Lock()

    def __len__(self) -> int:
        """How many are held."""
        return len(self._held)

    async def take_in(self, what: str, take_in: TakeIn) -> None:
        """Process an event now, or after those that are held. Other errors are logged.

        Args:
            what: the event in words, for the log.
            take_in: may be called again if an outage interrupted it.
        """
        event = _Event(what, take_in)
        if self._held or not await _taken(event):
            self._hold(event)

    async def take_in_held(self) -> int:
        """Process held events, oldest first, until an outage occurs. Returns how many were processed."""
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
    """Process one event. False during an outage."""
    try:
        await event.take_in()
    except Exception as error:  # noqa: BLE001 - one event must not end the listening to others
        if is_outage(error):
            return False
        log_failure(event.what, error)
    return True
