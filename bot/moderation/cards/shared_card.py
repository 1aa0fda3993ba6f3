"""A card that shows many cases: a raid, a burst above a channel's rate limit, or held-back cards.

Cases stay separate, one per member and message, each with its own state. They only share a card.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.moderation.cases.case import CardState, CaseState, RuleBroken
from bot.moderation.cases.raid_control import RaidControl

GROUP_HOLDS = 500  #: cases; then another card begins


class GroupKind(StrEnum):
    """Why cases share a card. The values are stored."""

    RAID = "raid"  #: many members at once, one text or one rule
    BATCH = "batch"  #: more at once than a channel's rate limit allows
    HELD = "held"  #: more in an hour than the server wants to see


@dataclass(frozen=True, slots=True, kw_only=True)
class CardGroup:
    """A shared card. Until it is posted, it has no ids."""

    id: int
    guild_id: int
    kind: GroupKind
    card_channel_id: int | None = None
    card_message_id: int | None = None
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """A case as shown on a shared card. Holds nothing that members wrote."""

    number: int
    author_id: int
    state: CaseState
    card_state: CardState
    rules: tuple[RuleBroken, ...]
    messages: int = 1  #: of the case, further ones included
    channel_id: int = 0  #: of its first message

    @property
    def is_open(self) -> bool:
        """Nobody has decided on it."""
        return self.state is CaseState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFace:
    """A shared card as it is shown."""

    group: CardGroup
    lines: tuple[GroupLine, ...]  #: by number
    cards_per_hour: int = 0  #: the server's limit, for what is held back
    controls: tuple[RaidControl, ...] = ()  #: set from this card, oldest first

    @property
    def members(self) -> int:
        """How many members it is about."""
        return len({line.author_id for line in self.lines})

    @property
    def messages(self) -> int:
        """How many messages it is about."""
        return sum(line.messages for line in self.lines)


class CardGroupLines(Protocol):
    """Which cases are on a shared card."""

    async def lines(self, guild_id: int, group_id: int) -> tuple[GroupLine, ...]:
        """Its cases, by number."""


class CardGroupStore(CardGroupLines, Protocol):
    """Shared cards of all servers. Every change of a case writes its audit entry in the same transaction."""

    async def open(self, guild_id: int, kind: GroupKind) -> CardGroup:
        """A new one, without cases."""

    async def add(self, guild_id: int, group_id: int, numbers: tuple[int, ...], state: CardState | None) -> None:
        """Put cases in. Cases whose card is pending or held back get this card state, GROUPED or HELD. Without a state,
        the cases don't change."""

    async def posted(self, guild_id: int, group_id: int, *, channel_id: int, message_id: int) -> None:
        """Record that its card was posted."""

    async def waiting(self, guild_id: int, numbers: tuple[int, ...]) -> tuple[GroupLine, ...]:
        """Of these cases, those whose card is pending or held back, by number, as they are now."""

    async def get(self, guild_id: int, group_id: int) -> CardGroup | None:
        """The shared card with this id, if it belongs to this server."""

    async def of_case(self, guild_id: int, number: int) -> tuple[CardGroup, ...]:
        """The shared cards that a case is on, by id."""
