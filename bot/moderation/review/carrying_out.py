"""Carries out an action that is written down, tells the member at the right moment, and settles it whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.log_context import logged_with
from bot.moderation.cards.face import NOT_TOLD, NoticeState
from bot.moderation.cases.action import Action, ActionKind, ActionState, ActionStore
from bot.moderation.cases.case import Case
from bot.moderation.review.enforcer import AS_USUAL, Declined, Enforcer, Terms, Unneeded
from bot.moderation.review.notifier import Notifier
from classifier.errors import described

_log = logging.getLogger(__name__)

#: Told before they are done: afterwards no message reaches the member.
_TOLD_BEFORE = frozenset({ActionKind.KICK, ActionKind.BAN})

_BROKE = "Something broke before Bylaw heard whether this worked: look in Discord."
_TOLD_ALREADY = "The member had been told that it would happen."
_NOT_DONE = {Declined: ActionState.REFUSED, Unneeded: ActionState.ALREADY}
_WARNED = {NoticeState.DELIVERED: ActionState.DONE, NoticeState.UNKNOWN: ActionState.UNCERTAIN}
_WHY_NO_WARNING = {
    **NOT_TOLD,
    NoticeState.OFF: "Nobody was told: this server has notices to members switched off.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """How an action is settled: see `ActionStore.settle`."""

    state: ActionState
    why: str = ""
    until: datetime | None = None
    earlier_until: datetime | None = None
    left_to: int | None = None


class CarryingOut:
    """Asks Discord once, and writes down what came of it."""

    def __init__(self, *, actions: ActionStore, enforcer: Enforcer, notifier: Notifier) -> None:
        self._actions = actions
        self._enforcer = enforcer
        self._notifier = notifier

    async def carry_out(self, action: Action, case: Case, terms: Terms = AS_USUAL, *, tells: bool = True) -> Action:
        """Ask Discord and settle the action, whatever happens."""
        with logged_with(guild=case.guild_id, case=case.number):
            return await self._carry_out(action, case, terms, tells=tells)

    async def _carry_out(self, action: Action, case: Case, terms: Terms, *, tells: bool) -> Action:
        try:
            came_of = await self._outcome(action, case, replace(terms, notes_ends=self._noting(action)))
        except BaseException as error:
            _log.error("action broke", extra={"action": action.id, "error": described(error)})
            settled = await self._actions.settle(action.id, ActionState.UNCERTAIN, _BROKE)
            if not isinstance(error, Exception):
                raise
            return settled
        settled = await self._actions.settle(
            action.id,
            came_of.state,
            came_of.why,
            until=came_of.until,
            earlier_until=came_of.earlier_until,
            left_to=came_of.left_to,
        )
        if came_of.state is ActionState.DONE and tells and not _is_told_otherwise(action):
            await self._notifier.about(case, settled)
        return settled

    async def _outcome(self, action: Action, case: Case, terms: Terms) -> _Outcome:
        if action.new.kind is ActionKind.WARN:
            told = await self._notifier.about(case, action)
            return _Outcome(state=_WARNED.get(told, ActionState.REFUSED), why=_WHY_NO_WARNING.get(told, ""))
        foreseen = await self._enforcer.foresee(action, case)
        if foreseen:
            return _Outcome(state=_NOT_DONE[type(foreseen)], why=foreseen.why)
        told_before = action.new.kind in _TOLD_BEFORE and await self._notifier.about(case, action)
        answer = await self._enforcer.carry_out(action, case, terms)
        if isinstance(answer, Unneeded):
            return _Outcome(
                state=ActionState.ALREADY, why=answer.why, until=answer.until, earlier_until=answer.earlier_until
            )
        if isinstance(answer, Declined):
            after_notice = told_before is NoticeState.DELIVERED
            why = f"{answer.why} {_TOLD_ALREADY}" if after_notice else answer.why
            return _Outcome(state=ActionState.REFUSED, why=why, until=answer.until)
        return _Outcome(
            state=ActionState.DONE,
            why=answer.note,
            until=answer.until,
            earlier_until=answer.earlier_until,
            left_to=answer.left.id if answer.left is not None else None,
        )

    def _noting(self, action: Action) -> Callable[[datetime, datetime | None], Awaitable[None]]:
        async def note(until: datetime, earlier_until: datetime | None) -> None:
            await self._actions.note_ends(action.id, until=until, earlier_until=earlier_until)

        return note


def _is_told_otherwise(action: Action) -> bool:
    """A warning is its own notice, and kicks and bans were told before."""
    return action.new.kind in _TOLD_BEFORE or action.new.kind is ActionKind.WARN
