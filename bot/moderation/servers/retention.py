"""Retention: texts are deleted when the server's retention time is over; the facts of a case stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from bot.moderation.servers.server import ServerStore

PURGED_AT_A_TIME = 200  #: rows in one transaction, so that other writers don't wait long
VERDICTS_AT_A_TIME = 2_000  #: the same for clear verdicts, which hold no text and are numerous
#: Clear verdicts are kept at least this long: weekly samples are drawn from the last week, and a message that is read
#: from history after downtime must not be judged again.
VERDICTS_KEPT = timedelta(days=14)


@runtime_checkable
class KeepsTexts(Protocol):
    """A store that holds texts about members, or in their words."""

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the texts of up to `limit` rows older than this, with an audit entry for each. Returns how many; 0
        when there are no more."""


class OldVerdicts(Protocol):
    """The clear verdicts."""

    async def forget(self, guild_id: int, *, before: datetime, limit: int = VERDICTS_AT_A_TIME) -> int:
        """Delete up to `limit` verdicts if they and their messages are older than this. Returns how many; 0 when there
        are no more. Writes no audit entries, because there would be just as many."""


class Leftovers(Protocol):
    """What a database keeps besides its rows: pages from before a deletion, copies from before an upgrade, old
    searches."""

    async def remove(self, *, at: datetime) -> None:
        """Remove what is no longer needed at this time."""


class Retention:
    """Purges texts, server by server, and then their remains in the database.

    Args:
        now: a clock that an error on this machine can't move forward, because deletion can't be undone.
    """

    def __init__(
        self,
        *,
        texts: tuple[KeepsTexts, ...],
        servers: ServerStore,
        now: Callable[[], datetime],
        leftovers: Leftovers | None = None,
        verdicts: OldVerdicts | None = None,
    ) -> None:
        self._texts = texts
        self._servers = servers
        self._now = now
        self._leftovers = leftovers
        self._verdicts = verdicts

    async def purge(self) -> int:
        """Delete what is older than each server allows. Returns how many texts were deleted."""
        purged, now = 0, self._now()
        for settings in await self._servers.all():
            before = now - timedelta(days=settings.retention_days)
            for store in self._texts:
                while gone := await store.purge_texts(settings.guild_id, before=before):
                    purged += gone
            if self._verdicts is not None:
                kept_since = min(before, now - VERDICTS_KEPT)
                while await self._verdicts.forget(settings.guild_id, before=kept_since):
                    pass
        if self._leftovers is not None:
            await self._leftovers.remove(at=now)
        return purged
