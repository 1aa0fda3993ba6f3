"""Moderators decide on cases. The first decision counts; later ones are told who was first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.moderation.card_desk import CardDesk
from bot.moderation.cases import Case, CaseState, CaseStore, Decision, NoSuchCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decision was written and the card shows it."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedBefore:
    """Somebody was first; nothing was changed."""

    case: Case
    decision: Decision


class Review:
    """Decides and looks up cases."""

    def __init__(self, *, cases: CaseStore, desk: CardDesk, now: Callable[[], datetime]) -> None:
        self._cases = cases
        self._desk = desk
        self._now = now

    async def decide(
        self, guild_id: int, number: int, *, state: CaseState, moderator_id: int
    ) -> Decided | DecidedBefore | None:
        """Write a moderator's decision; None where there is no such case."""
        try:
            case, written = await self._cases.decide(
                guild_id, number, Decision(state=state, moderator_id=moderator_id, at=self._now())
            )
        except NoSuchCase:
            return None
        if not written and case.decision:
            return DecidedBefore(case=case, decision=case.decision)
        await self._desk.refresh(case)
        return Decided(case=case)

    async def find(self, guild_id: int, number: int) -> Case | None:
        """The case of this number in this server."""
        return await self._cases.get(guild_id, number)
