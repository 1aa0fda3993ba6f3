"""Carries out plans: stores the verdict or opens the case, takes automatic actions, shows the card."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakValueDictionary

from bot.log_context import logged_with
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case import Case, CaseStore
from bot.moderation.cases.further_messages import Opened, Opening
from bot.moderation.judging.decide import KeepClear, OpenCase, Plan
from bot.moderation.judging.in_flight import MessagesInFlight
from bot.moderation.judging.message_changes import as_it_is_now, mark_edited
from bot.moderation.mending.offers import EditOffers
from bot.moderation.messages.intake import Tally
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.review.actions import Act
from bot.moderation.review.enforcer import JudgedText
from bot.tracing.spans import span

_log = logging.getLogger(__name__)


class PlanExecutor:
    """Carries out plans, each once: a case that exists already is only shown."""

    def __init__(
        self,
        *,
        cases: CaseStore,
        opening: Opening,
        cards: CardPosting,
        act: Act,
        tally: Tally,
        in_flight: MessagesInFlight,
        edit_offers: EditOffers | None = None,
    ) -> None:
        self._cases = cases
        self._opening = opening
        self._cards = cards
        self._act = act
        self._tally = tally
        self._in_flight = in_flight
        self._edit_offers = edit_offers
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()  # by message

    async def carry_out(self, plan: Plan, seen: MessageSeen) -> Case | None:
        """Carry out the plan for this message. Returns the case that it opened or found open, if any."""
        with logged_with(**seen.log_ids):
            if isinstance(plan, KeepClear):
                await self._cases.record_clear(plan.clear)
            if not isinstance(plan, OpenCase):
                return None
            async with self._turns.setdefault(seen.message_id, asyncio.Lock()):
                return await self._opened(plan, seen)

    async def follow_up(self, seen: MessageSeen, plans: Sequence[Plan], cases: Sequence[Case]) -> None:
        """Called when all plans about this version of a message are carried out: close the case if the author mended
        it, or ask them to edit. Nobody is asked if there is an automatic action, or if a policy found more or hasn't
        answered yet."""
        if self._edit_offers is None:
            return
        with logged_with(**seen.log_ids):
            if seen.edit:
                await self._edit_offers.edited(seen)
            broken = [plan for plan in plans if not isinstance(plan, KeepClear)]
            if len(broken) == 1 and isinstance(broken[0], OpenCase) and cases and not _acts(broken[0]):
                await self._edit_offers.offer(cases[0], seen)

    async def _opened(self, plan: OpenCase, seen: MessageSeen) -> Case:
        """Open the case, one version of a message at a time, so that unfinished work for an older one doesn't block the
        newest."""
        is_edited = self._in_flight.newer_than(seen) is not None
        new = replace(
            plan.new,
            evidence=replace(plan.new.evidence, overtaken=is_edited),
            planned=() if is_edited else plan.planned,
        )
        opened = await self._opening.open(new, copy_of=seen.copy.message_id if seen.copy else None)
        with logged_with(case=opened.case.number):
            return await self._shown(opened, plan, seen)

    async def _shown(self, opened: Opened, plan: OpenCase, seen: MessageSeen) -> Case:
        """Act on the case and show it."""
        case = opened.case
        if opened.is_new:
            self._count(case)
        if opened.is_further and seen.edit:  # the message may have been edited before its case was opened
            await mark_edited(self._cases, seen)
        case = await as_it_is_now(case, seen, self._in_flight, self._cases)
        if opened.is_new or opened.is_further:
            await self._act.by_itself(
                case,
                plan.planned,
                further_id=seen.message_id if opened.is_further else None,
                judged=JudgedText(message_id=seen.message_id, edit=seen.edit),
                is_edited=lambda: self._in_flight.newer_than(seen) is not None,
            )
        if opened.is_further:
            self._cards.refresh_soon(case)
            return case
        with span("card", case=case.number) as step:
            shown = await self._cards.show(case)
            step.note(state=shown.card_state.value)
            return shown

    def _count(self, case: Case) -> None:
        if case.judged.score is None:
            self._tally.undecided += 1
        else:
            self._tally.violations += 1
        _log.info("case opened", extra={"method": case.judged.method})


def _acts(plan: OpenCase) -> bool:
    """Does the plan include automatic actions?"""
    return any(not each.rehearsal for each in plan.planned)
