"""Carries out an action that is written down, tells the member at the right moment, and settles it whatever happens."""

from __future__ import annotations

import logging
from datetime import datetime

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


_Outcome = tuple[ActionState, str, datetime | None]  # with the end of a timeout that was set


class CarryingOut:
    """Asks Discord once, and writes down what came of it."""

    def __init__(self, *, actions: ActionStore, enforcer: Enforcer, notifier: Notifier) -> None:
        self._actions = actions
        self._enforcer = enforcer
        self._notifier = notifier

    async def carry_out(self, action: Action, case: Case, terms: Terms = AS_USUAL, *, tells: bool = True) -> Action:
        """Ask Discord and settle the action, whatever happens."""
        try:
            state, why, until = await self._outcome(action, case, terms)
        except BaseException as error:
            _log.error("action broke guild=%d case=%d error=%s", case.guild_id, case.number, described(error))
            settled = await self._actions.settle(action.id, ActionState.UNCERTAIN, _BROKE)
            if not isinstance(error, Exception):
                raise
            return settled
        settled = await self._actions.settle(action.id, state, why, until=until)
        if state is ActionState.DONE and tells and not _is_told_otherwise(action):
            await self._notifier.about(case, settled)
        return settled

    async def _outcome(self, action: Action, case: Case, terms: Terms) -> _Outcome:
        if action.new.kind is ActionKind.WARN:
            told = await self._notifier.about(case, action)
            return _WARNED.get(told, ActionState.REFUSED), _WHY_NO_WARNING.get(told, ""), None
        foreseen = await self._enforcer.foresee(action, case)
        if foreseen:
            return _NOT_DONE[type(foreseen)], foreseen.why, None
        told_before = action.new.kind in _TOLD_BEFORE and await self._notifier.about(case, action)
        answer = await self._enforcer.carry_out(action, case, terms)
        if isinstance(answer, Unneeded):
            return ActionState.ALREADY, answer.why, None
        if isinstance(answer, Declined):
            after_notice = told_before is NoticeState.DELIVERED
            return ActionState.REFUSED, f"{answer.why} {_TOLD_ALREADY}" if after_notice else answer.why, None
        return ActionState.DONE, answer.note, answer.until


def _is_told_otherwise(action: Action) -> bool:
    """A warning is its own notice, and kicks and bans were told before."""
    return action.new.kind in _TOLD_BEFORE or action.new.kind is ActionKind.WARN
