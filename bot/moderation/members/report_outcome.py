"""Outcomes for reporters: those who ask are told once whether a moderator acted on the case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.moderation.cards.face import NoticeState


class OutcomeWish(StrEnum):
    """The result of asking to be told the outcome."""

    KEPT = "kept"  #: they will be told when a moderator has decided
    TOLD_BEFORE = "told_before"  #: they were told about this case already, or it was tried
    NOT_REPORTED = "not_reported"  #: they have not reported this message
    NOT_HERE = "not_here"  #: this server tells no reporters


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedOutcome:
    """A reporter who is waiting for the outcome of a case. Several reports by one member in one case count as one."""

    guild_id: int
    case_number: int
    reporter_id: int
    reported_at: datetime  #: the first of them


class ReportOutcomeStore(Protocol):
    """Stores who is waiting for an outcome. Every method is one transaction; telling a reporter is in the audit log."""

    async def want(self, guild_id: int, message_id: int, reporter_id: int) -> OutcomeWish:
        """Store that the member wants to know the outcome of their newest report on this message. Never `NOT_HERE`."""

    async def servers(self) -> frozenset[int]:
        """The servers with waiting reporters."""

    async def due(self, guild_id: int, *, since: datetime, before: datetime, limit: int) -> tuple[AwaitedOutcome, ...]:
        """The first reporters waiting for a case that was decided between these times and is still decided."""

    async def begin(self, awaited: AwaitedOutcome) -> bool:
        """Record that the reporter is about to be told: from now on they count as told. False if another process was
        first, or they are no longer waiting."""

    async def note(self, awaited: AwaitedOutcome, state: NoticeState) -> None:
        """Record whether telling them worked, after `begin`."""
