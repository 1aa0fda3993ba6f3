"""The connections to a database server that are open now, so that all of them can be ended at once.

A server whose machine loses power, or whose network is cut, closes nothing: whoever waits for it waits for as long as
TCP does, which is minutes to hours. `membership` notices within seconds; then these connections end, and what waits on
them fails as in any other outage. A limit for each statement would end slow statements of a server that answers, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Driver(Protocol):
    """What is needed of an `asyncpg.Connection`."""

    def terminate(self) -> None:
        """End the connection without a word to the server."""

    def add_termination_listener(self, callback: Callable[[Any], None]) -> None:
        """Call back when the connection has ended, however it did."""


class OpenConnections:
    """Those of one pool."""

    def __init__(self) -> None:
        self._open: set[Driver] = set()

    def add(self, driver: Driver) -> None:
        """Count a connection until it ends."""
        self._open.add(driver)
        driver.add_termination_listener(lambda _ended: self._open.discard(driver))

    def end_all(self) -> int:
        """End them, without waiting for the server, and say how many there were."""
        found = list(self._open)
        self._open.clear()
        for each in found:
            each.terminate()
        return len(found)
