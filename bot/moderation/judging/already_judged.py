"""What was judged in the last hours, so that the database is not asked about every new message whether it was.

A message that was posted after this process came up can have been judged by this process only, which knows. About
older ones, and once the memory is full about the oldest of those it held, the database has to be asked.
"""

from __future__ import annotations

from collections import OrderedDict

KEPT = 50_000

Judged = tuple[int, int, int]  #: message, edit, version of a policy


class JudgedLately:
    """Remembers verdicts by message, edit and version."""

    def __init__(self, *, since_id: int, kept: int = KEPT) -> None:
        """Args:
        since_id: messages with lower ids may have been judged before.
        """
        self._since_id = since_id
        self._most = kept
        self._judged: OrderedDict[Judged, None] = OrderedDict()

    def add(self, message_id: int, edit: int, version_id: int) -> None:
        """This was judged."""
        self._judged[message_id, edit, version_id] = None
        if len(self._judged) > self._most:
            (oldest_id, _, _), _ = self._judged.popitem(last=False)
            self._since_id = max(self._since_id, oldest_id)

    def was_judged(self, message_id: int, edit: int, version_id: int) -> bool | None:
        """True or False where that is known; None where the database has to be asked."""
        if (message_id, edit, version_id) in self._judged:
            return True
        return False if message_id > self._since_id else None
