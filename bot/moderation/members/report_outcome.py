"""A reporter who asked for it hears once what came of the case: a moderator reviewed it, and acted or did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.moderation.cards.face import NoticeState


class OutcomeWish(StrEnum):
    """What became of a reporter's wish to hear the outcome."""

    KEPT = "kept"  #: they are told once a moderator has decided
    TOLD_BEFORE = "told_before"  #: they heard of this case already, or it was tried
    NOT_REPORTED = "not_reported"  #: they have not reported this message
    NOT_HERE = "not_here"  #: this server tells no reporters


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedOutcome:
    """A reporter who waits to hear what came of a case. Several reports of one member in one case are one."""

    guild_id: int
    case_number: int
    reporter_id: int
    reported_at: datetime  #: the first of them


class ReportOutcomeStore(Protocol):
    """Who waits for an outcome. Every method is one transaction; being told is written in the audit log."""

    async def want(self, guild_id: int, message_id: int, reporter_id: int) -> OutcomeWish:
        """Keep that the member wants to hear what comes of their newest report on this message. Never `NOT_HERE`."""

    async def servers(self) -> frozenset[int]:
        """The servers in which somebody waits."""

    async def due(self, guild_id: int, *, since: datetime, before: datetime, limit: int) -> tuple[AwaitedOutcome, ...]:
        """Who waits for a case that was decided between these moments and is still decided; the first ones."""

    async def begin(self, awaited: AwaitedOutcome) -> bool:
        """Write down that the reporter is about to be told: from now on they count as told. False where somebody else
        was first, or they no longer wait."""

    async def note(self, awaited: AwaitedOutcome, state: NoticeState) -> None:
        """What came of telling them, after `begin`."""
