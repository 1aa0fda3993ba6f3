"""An outage of something that all work needs, such as the database: one line in the log when it begins, one when it is
over.

Everything that fails meanwhile fails for this reason. So whoever meets such an error logs nothing (`is_outage`): it
would be the same lines again for every message.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from classifier.errors import OperatorError

_log = logging.getLogger(__name__)

QUIET = 2.0  #: seconds without a failure, after which an outage may be over; it often comes and goes at its end


class OutageError(OperatorError):
    """What all work needs is away. It was logged by whoever noticed; the same call may be tried again later."""


def is_outage(error: BaseException) -> bool:
    """Is this error, or what caused it, an outage?"""
    seen: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in seen:
        if isinstance(link, OutageError):
            return True
        seen.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return False


class Outage:
    """Whether there is one, and its two lines in the log.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
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
        """Something did not work because of it.

        Args:
            why: one line that may be logged.
            writing: it would have changed something. On a full disk, reading still works.
        """
        self._reading_failed = self._reading_failed or not writing
        self._failed_at = self._clock()
        self._failures += 1
        if self._began is None:
            self._began = self._failed_at
            _log.error("the database cannot be used: messages are judged later, nothing is lost", extra={"why": why})

    def worked(self, *, writing: bool) -> None:
        """Something worked. It ends the outage if the same did not work before."""
        if self._began is None or self._clock() - self._failed_at < QUIET or not (writing or self._reading_failed):
            return
        figures = {"seconds": round(self._clock() - self._began), "failures": self._failures}
        self._began, self._failures, self._reading_failed = None, 0, False
        _log.warning("the database can be used again: what was missed is read from history", extra=figures)
