"""Carries out what was decided about a message: keeps the verdict or opens the case, acts, shows the card."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case import Case, CaseStore
from bot.moderation.cases.further_messages import Opening
from bot.moderation.judging.decide import KeepClear, OpenCase, Plan
from bot.moderation.judging.in_flight import MessagesInFlight
from bot.moderation.messages.intake import Tally
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.review.actions import Act

_log = logging.getLogger(__name__)


class PlanExecutor:
    """Carries plans out, each once: a case that exists already is only shown."""

    def __init__(
        self,
        *,
        cases: CaseStore,
        opening: Opening,
        cards: CardPosting,
        act: Act,
        tally: Tally,
        in_flight: MessagesInFlight,
    ) -> None:
        self._cases = cases
        self._opening = opening
        self._cards = cards
        self._act = act
        self._tally = tally
        self._in_flight = in_flight

    async def carry_out(self, plan: Plan, seen: MessageSeen) -> Case | None:
        """Do what the plan says about this message; the case, where it opened one or found it open."""
        if isinstance(plan, KeepClear):
            await self._cases.record_clear(plan.clear)
        if not isinstance(plan, OpenCase):
            return None
        opened = await self._opening.open(replace(plan.new, planned=plan.planned), copy_of=seen.copy_of)
        case = opened.case
        if opened.is_new:
            self._count(case)
        if self._in_flight.is_gone(seen) and (opened.is_further or not case.evidence.gone):
            await self._cases.mark_gone(seen.guild_id, (seen.message_id,))
            if not opened.is_further:
                case = replace(case, evidence=replace(case.evidence, gone=True))
        if opened.is_further:
            if seen.edit:  # the message may have been edited before its case was opened
                await self._cases.mark_edited(seen.guild_id, seen.message_id, edit=seen.edit, text=seen.words)
            await self._act.by_itself(case, plan.planned, further_id=seen.message_id)
            self._cards.refresh_soon(case)
            return case
        if opened.is_new:
            await self._act.by_itself(case, plan.planned)
        return await self._cards.show(case)

    def _count(self, case: Case) -> None:
        if case.judged.score is None:
            self._tally.undecided += 1
        else:
            self._tally.violations += 1
        _log.info("case opened guild=%d case=%d method=%s", case.guild_id, case.number, case.judged.method)
