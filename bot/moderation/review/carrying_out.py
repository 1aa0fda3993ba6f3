"""Carries out a stored action, tells the member at the right time, and settles it whatever happens.

Actions about one member run one at a time: nothing else is done to them between reading what is in force and storing
the result.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from weakref import WeakValueDictionary

from bot.log_context import logged_with
from bot.moderation.cards.face import NOT_TOLD, NoticeState
from bot.moderation.cases.action import Action, ActionKind, ActionState, ActionStore
from bot.moderation.cases.case import Case
from bot.moderation.review import whys
from bot.moderation.review.enforcer import AS_USUAL, Accepted, Declined, Enforcer, Terms, Unheard, Unneeded
from bot.moderation.review.notifier import Notifier
from bot.moderation.review.other_claims import OtherClaims
from classifier.errors import described

_log = logging.getLogger(__name__)

#: The member is told before these: afterwards no message reaches them.
_TOLD_BEFORE = frozenset({ActionKind.KICK, ActionKind.BAN})

_WARNED = {NoticeState.DELIVERED: ActionState.DONE, NoticeState.UNKNOWN: ActionState.UNCERTAIN}
_WHY_NO_WARNING = {
    **NOT_TOLD,
    NoticeState.OFF: whys.NOTICES_OFF,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """How an action is settled: see `ActionStore.settle`."""

    state: ActionState
    why: str = ""
    until: datetime | None = None
    earlier_until: datetime | None = None
    left_to: int | None = None
    left_to_case: int | None = None  #: see `CarriedOut`


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOut:
    """A settled action."""

    action: Action
    left_to_case: int | None = None  #: the other case whose timeout is in force now


class CarryingOut:
    """Asks Discord once, and stores the result."""

    def __init__(self, *, actions: ActionStore, enforcer: Enforcer, notifier: Notifier, claims: OtherClaims) -> None:
        self._actions = actions
        self._enforcer = enforcer
        self._notifier = notifier
        self._claims = claims
        self._turns: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()  # by server and member

    async def carry_out(self, action: Action, case: Case, terms: Terms = AS_USUAL, *, tells: bool = True) -> CarriedOut:
        """Ask Discord and settle the action, whatever happens."""
        with logged_with(guild=case.guild_id, case=case.number):
            return await self._carry_out(action, case, terms, tells=tells)

    async def _carry_out(self, action: Action, case: Case, terms: Terms, *, tells: bool) -> CarriedOut:
        if case.evidence.is_webhooks and action.new.kind is not ActionKind.DELETE:
            why = whys.NOT_CERTAIN if case.evidence.copy else whys.NO_MEMBER
            return CarriedOut(action=await self._actions.settle(action.id, ActionState.REFUSED, why))
        if action.new.kind is ActionKind.WARN:
            return await self._settled(action, self._warned(action, case))
        async with self._turns.setdefault((action.new.guild_id, action.new.target_id), asyncio.Lock()):
            terms = replace(terms, notes_ends=self._noting(action))
            settled = await self._settled(action, self._asked(action, case, terms))
        tells = tells and not case.evidence.is_webhooks and action.new.kind not in _TOLD_BEFORE
        if settled.action.state is ActionState.DONE and tells:
            await self._notifier.about(case, settled.action)
        return settled

    async def _settled(self, action: Action, asking: Awaitable[_Outcome]) -> CarriedOut:
        try:
            came_of = await asking
        except BaseException as error:
            _log.error("action broke", extra={"action": action.id, "error": described(error)})
            settled = await self._actions.settle(action.id, ActionState.UNCERTAIN, whys.BROKE)
            if not isinstance(error, Exception):
                raise
            return CarriedOut(action=settled)
        settled = await self._actions.settle(
            action.id,
            came_of.state,
            came_of.why,
            until=came_of.until,
            earlier_until=came_of.earlier_until,
            left_to=came_of.left_to,
        )
        return CarriedOut(action=settled, left_to_case=came_of.left_to_case)

    async def _warned(self, action: Action, case: Case) -> _Outcome:
        told = await self._notifier.about(case, action)
        return _Outcome(state=_WARNED.get(told, ActionState.REFUSED), why=_WHY_NO_WARNING.get(told, ""))

    async def _asked(self, action: Action, case: Case, given: Terms) -> _Outcome:
        terms = await self._claims.added_to(given, action.new)
        if isinstance(terms, Declined):
            return _outcome(terms)
        foreseen = await self._enforcer.foresee(action, case)
        if foreseen:
            return _outcome(foreseen)
        told_before = action.new.kind in _TOLD_BEFORE and await self._notifier.about(case, action)
        outcome = _outcome(await self._enforcer.carry_out(action, case, terms))
        may_not_be_done = outcome.state in (ActionState.REFUSED, ActionState.UNCERTAIN)
        if may_not_be_done and told_before is NoticeState.DELIVERED:
            return replace(outcome, why=f"{outcome.why} {whys.TOLD_ALREADY}")
        by = terms.kept.by if terms.kept is not None and terms.kept.until == outcome.until else None
        return outcome if by is None else replace(outcome, left_to_case=by.new.case_number)

    def _noting(self, action: Action) -> Callable[[datetime, datetime | None], Awaitable[None]]:
        async def note(until: datetime, earlier_until: datetime | None) -> None:
            await self._actions.note_ends(action.id, until=until, earlier_until=earlier_until)

        return note


def _outcome(answer: Accepted | Unneeded | Declined | Unheard) -> _Outcome:
    """The enforcer's answer, in the form that is stored."""
    if isinstance(answer, Unheard):
        return _Outcome(state=ActionState.UNCERTAIN, why=answer.why)
    if isinstance(answer, Declined):
        return _Outcome(state=ActionState.REFUSED, why=answer.why, until=answer.until)
    if isinstance(answer, Unneeded):
        already = _Outcome(state=ActionState.ALREADY, why=answer.why)
        return replace(already, until=answer.until, earlier_until=answer.earlier_until)
    return _Outcome(
        state=ActionState.DONE,
        why=answer.note,
        until=answer.until,
        earlier_until=answer.earlier_until,
        left_to=answer.left.id if answer.left is not None else None,
    )
