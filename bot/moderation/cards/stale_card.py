"""A case whose cards may still quote a text that is no longer kept, and the port to where they are remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleCard:
    """A case whose card, or the card of one of its appeals, has to be edited."""

    guild_id: int
    case_number: int
    marked_at: datetime  #: when the text went; later if the case was marked again
    tries: int = 0  #: how often Discord refused


class StaleCardStore(Protocol):
    """Remembers stale cards until they are edited. Whatever deletes a text marks its cards in the same transaction."""

    async def servers(self) -> tuple[int, ...]:
        """The servers that have cards which are due."""

    async def due(self, guild_id: int, *, limit: int) -> tuple[StaleCard, ...]:
        """Cards of a server that are due, those that have waited longest first."""

    async def done(self, card: StaleCard) -> None:
        """Nothing on Discord quotes the text any longer. A case that was marked again meanwhile stays."""

    async def put_off(self, card: StaleCard, *, until: datetime) -> None:
        """Discord refused: try again later."""
