"""Tracks the open connections to a database server, so that all of them can be ended at once.

If the server's machine or network fails, no connection is closed, and a query waits until TCP gives up,
which takes minutes to hours. `membership` notices within seconds and ends these connections, and their queries fail as
in any other outage. A time limit per statement would also end slow statements on a healthy server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Driver(Protocol):
    """The part of `asyncpg.Connection` that is used here."""

    def terminate(self) -> None:
        """Close the connection without telling the server."""

    def add_termination_listener(self, callback: Callable[[Any], None]) -> None:
        """Call back when the connection has ended, for whatever reason."""


class OpenConnections:
    """The open connections of one pool."""

    def __init__(self) -> None:
        self._open: set[Driver] = set()

    def add(self, driver: Driver) -> None:
        """Track a connection until it ends."""
        self._open.add(driver)
        driver.add_termination_listener(lambda _ended: self._open.discard(driver))

    def end_all(self) -> int:
        """End all of them without waiting for the server. Returns how many there were."""
        found = list(self._open)
        self._open.clear()
        for each in found:
            each.terminate()
        return len(found)
