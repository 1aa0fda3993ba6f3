"""Stale cards: cards that may still quote a deleted text, and the port to the store that remembers them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleCard:
    """A case whose card, or the card of one of its appeals, has to be edited."""

    guild_id: int
    case_number: int
    marked_at: datetime  #: when the text was deleted; later if the case was marked again
    tries: int = 0  #: how often Discord refused


class StaleCardStore(Protocol):
    """Remembers stale cards until they are edited. Code that deletes a text marks its cards in the same transaction."""

    async def servers(self) -> tuple[int, ...]:
        """The servers that have cards which are due."""

    async def due(self, guild_id: int, *, limit: int) -> tuple[StaleCard, ...]:
        """Cards of a server that are due, those that have waited longest first."""

    async def done(self, card: StaleCard) -> None:
        """Record that nothing on Discord quotes the text now. A case that was marked again meanwhile stays."""

    async def put_off(self, card: StaleCard, *, until: datetime) -> None:
        """Discord refused: try again later."""
