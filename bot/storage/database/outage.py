"""An outage of the database: one line in the log when it begins, one when it is over.

Everything that fails meanwhile fails for this reason. So other code doesn't log such an error
(`classifier.errors.is_outage`): it would be the same lines for every message.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextvars import Context

from bot.storage.database.open_connections import OpenConnections

_log = logging.getLogger(__name__)

QUIET = 2.0  #: seconds without a failure after which an outage may be over; it often comes and goes near its end


class Outage:
    """Tracks an outage, and logs its two lines.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.connections = OpenConnections()  #: of the engine that notices this outage
        self._clock = clock
        self._began: float | None = None
        self._failed_at = 0.0
        self._failures = 0
        self._reading_failed = False

    @property
    def lasts(self) -> bool:
        """Is there an outage now?"""
        return self._began is not None

    def failed(self, why: str, *, writing: bool = False) -> None:
        """Something failed because of it.

        Args:
            why: one line that may be logged.
            writing: the failed operation was a write. On a full disk, reading still works.
        """
        self._reading_failed = self._reading_failed or not writing
        self._failed_at = self._clock()
        self._failures += 1
        if self._began is None:
            self._began = self._failed_at
            line = "the database cannot be used: messages are judged later, nothing is lost"
            _of_no_message(lambda: _log.error(line, extra={"why": why}))

    def worked(self, *, writing: bool) -> None:
        """Something worked. Ends the outage if the same kind of operation failed before."""
        if self._began is None or self._clock() - self._failed_at < QUIET or not (writing or self._reading_failed):
            return
        figures = {"seconds": round(self._clock() - self._began), "failures": self._failures}
        self._began, self._failures, self._reading_failed = None, 0, False
        line = "the database can be used again: what was missed is read from history"
        _of_no_message(lambda: _log.warning(line, extra=figures))


def _of_no_message(log: Callable[[], None]) -> None:
    """Log without the ids of the message during which the outage is noticed."""
    Context().run(log)
