"""Keeps as little as possible: texts go when the server's retention time is over; the facts of a case stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from bot.moderation.servers.server import ServerStore

PURGED_AT_A_TIME = 200  #: things in one transaction, so that nothing else waits long for its turn
VERDICTS_AT_A_TIME = 2_000  #: the same of clear verdicts, which hold no text and are many
#: A clear verdict is kept as long at least: weekly samples are drawn from those of the last week, and a message that is
#: read from history after an absence must not be judged again.
VERDICTS_KEPT = timedelta(days=14)


@runtime_checkable
class KeepsTexts(Protocol):
    """A store that holds texts about members, or in their words."""

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the texts of up to `limit` things that are older than this, with an audit entry for each; how many
        lost theirs. 0 once there are none."""


class OldVerdicts(Protocol):
    """The clear verdicts."""

    async def forget(self, guild_id: int, *, before: datetime, limit: int = VERDICTS_AT_A_TIME) -> int:
        """Delete up to `limit` of those that are older than this, and so is their message; how many. 0 once there are
        none. No audit entry is written: there would be as many again."""


class Leftovers(Protocol):
    """What a database keeps besides its rows: pages of before a deletion, copies of before an upgrade, old searches."""

    async def remove(self, *, at: datetime) -> None:
        """Remove what is no longer needed at this moment."""


class Retention:
    """Purges texts, server by server, and then what a database still has of them.

    Args:
        now: a clock that a mistake on this machine cannot put forward: what is deleted does not come back.
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
        """Delete what is older than each server allows; how many texts went."""
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
