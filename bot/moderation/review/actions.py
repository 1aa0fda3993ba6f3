"""Moderators, and settings that they made, do something about a case: written down first, then carried out, then
settled. Nothing is ever tried twice by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.moderation.cards.face import NoticeState
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.action import (
    LONGEST_TIMEOUT,
    MAX_REASON,
    UNDONE_BY,
    Action,
    ActionKind,
    ActionState,
    ActionStore,
    NewAction,
    PlannedAction,
)
from bot.moderation.cases.case import Case, CaseDecisions, CaseState, Decision, NoSuchCase
from bot.moderation.review.decisions import DecidedBefore
from bot.moderation.review.enforcer import Declined, Enforcer
from bot.moderation.review.notifier import Notifier
from classifier.errors import described

_log = logging.getLogger(__name__)

#: Told before they are done: afterwards no message reaches the member.
_TOLD_BEFORE = frozenset({ActionKind.KICK, ActionKind.BAN})

NOT_HEARD = "Bylaw stopped before it heard whether this worked: look in Discord."
_BROKE = "Something broke before Bylaw heard whether this worked: look in Discord."
_TOLD_ALREADY = "The member had been told that it would happen."
_NOBODY_TOLD = {
    NoticeState.FAILED: "The member could not be told: Discord did not confirm the direct message.",
    NoticeState.OFF: "Nobody was told: this server has notices to members switched off.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """It was tried; `action.state` says what came of it."""

    case: Case
    action: Action
    decided_before: Decision | None = None  #: by another moderator, before this one acted


@dataclass(frozen=True, slots=True, kw_only=True)
class ActedBefore:
    """The same was done, or is being done, about this case already. Nothing was tried."""

    case: Case
    action: Action  #: that one


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotUndo:
    """Nothing was taken back; `why` is one sentence for moderators."""

    why: str


class Act:
    """Does things about cases, and takes them back."""

    def __init__(
        self,
        *,
        cases: CaseDecisions,
        actions: ActionStore,
        enforcer: Enforcer,
        notifier: Notifier,
        cards: CardPosting,
        now: Callable[[], datetime],
    ) -> None:
        self._cases = cases
        self._actions = actions
        self._enforcer = enforcer
        self._notifier = notifier
        self._cards = cards
        self._now = now

    async def act(
        self,
        guild_id: int,
        number: int,
        *,
        kind: ActionKind,
        moderator_id: int,
        reason: str,
        length: timedelta | None = None,
    ) -> Acted | ActedBefore | DecidedBefore | None:
        """Do something about a case, which decides an open one as a violation. None where there is no such case.

        A case that was decided to be no violation has to be reopened first: `DecidedBefore` says by whom.

        Raises:
            ValueError: the reason is longer than `MAX_REASON` characters, a timeout has no length or one that Discord
                does not know, or the kind is one that takes an action back.
        """
        _check(kind, reason, length)
        try:
            wished = self._decision(CaseState.VIOLATION, moderator_id)
            case, decided = await self._cases.decide(guild_id, number, wished)
        except NoSuchCase:
            return None
        stands = case.decision
        if stands is not None and stands.state is CaseState.NOT_A_VIOLATION:
            return DecidedBefore(case=case, decision=stands)
        by_another = None if decided or stands is None or stands.moderator_id == moderator_id else stands
        return await self._try(
            case,
            NewAction(
                guild_id=guild_id,
                case_number=number,
                kind=kind,
                target_id=case.evidence.author_id,
                by=moderator_id,
                reason=reason.strip(),
                length=length,
            ),
            decided_before=by_another,
        )

    async def undo(
        self, guild_id: int, action_id: int, *, moderator_id: int
    ) -> Acted | ActedBefore | CannotUndo | None:
        """Take an action back, which decides its case as no violation. None where there is no such action.

        The decision is written whatever Discord says to the rest.
        """
        action = await self._actions.get(guild_id, action_id)
        case = await self._cases.get(guild_id, action.new.case_number) if action else None
        if action is None or case is None:
            return None
        why_not = _why_not_undone(action)
        if why_not:
            return CannotUndo(why=why_not)
        case, _ = await self._cases.overrule(
            guild_id, case.number, self._decision(CaseState.NOT_A_VIOLATION, moderator_id)
        )
        return await self._try(
            case,
            NewAction(
                guild_id=guild_id,
                case_number=case.number,
                kind=UNDONE_BY[action.new.kind],
                target_id=action.new.target_id,
                by=moderator_id,
                undoes=action.id,
            ),
        )

    async def find(self, guild_id: int, action_id: int) -> Action | None:
        """The action of this id, if it belongs to this server."""
        return await self._actions.get(guild_id, action_id)

    async def by_itself(
        self, case: Case, planned: tuple[PlannedAction, ...], *, further_id: int | None = None
    ) -> tuple[Action, ...]:
        """Carry out, or rehearse, what follows a verdict by the server's settings. The case stays open, and its card
        is left to whoever opened the case.

        Args:
            further_id: the verdict is about this further message of the case. It is deleted like the first one, the
                member is timed out if they are not yet, and what is only rehearsed is said once for the case.
        """
        done = []
        for each in planned:
            new = NewAction(
                guild_id=case.guild_id,
                case_number=case.number,
                kind=each.kind,
                target_id=case.evidence.author_id,
                by=None,
                reason=each.reason,
                length=each.length,
                rehearsal=each.rehearsal,
                message_id=(further_id or case.evidence.message_id) if each.kind is ActionKind.DELETE else 0,
            )
            if further_id is not None and each.rehearsal:
                continue
            action, added = await self._actions.add(new)
            tells = further_id is None or each.kind is not ActionKind.DELETE
            done.append(await self._carry_out(action, case, tells=tells) if added and not each.rehearsal else action)
        return tuple(done)

    async def give_up(self, *, before: datetime, serves: Callable[[int], bool] = lambda _: True) -> int:
        """Settle what was asked before this moment, when this process was not there yet, as uncertain; how many.

        Args:
            serves: is this server this process's to look after?
        """
        left = [action for action in await self._actions.pending(before=before) if serves(action.new.guild_id)]
        for action in left:
            await self._actions.settle(action.id, ActionState.UNCERTAIN, NOT_HEARD)
            _log.warning("action left unsettled guild=%d case=%d", action.new.guild_id, action.new.case_number)
            await self._refreshed(action.new.guild_id, action.new.case_number)
        return len(left)

    def _decision(self, state: CaseState, moderator_id: int) -> Decision:
        return Decision(state=state, moderator_id=moderator_id, at=self._now())

    async def _try(self, case: Case, new: NewAction, *, decided_before: Decision | None = None) -> Acted | ActedBefore:
        action, added = await self._actions.add(new)
        if added:
            action = await self._carry_out(action, case)
            case = await self._cases.get(new.guild_id, new.case_number) or case  # its message may be gone by now
        await self._cards.refresh(case)
        if not added:
            return ActedBefore(case=case, action=action)
        return Acted(case=case, action=action, decided_before=decided_before)

    async def _carry_out(self, action: Action, case: Case, *, tells: bool = True) -> Action:
        """Ask Discord and settle the action, whatever happens."""
        try:
            state, why = await self._outcome(action, case)
        except BaseException as error:
            _log.error("action broke guild=%d case=%d error=%s", case.guild_id, case.number, described(error))
            settled = await self._actions.settle(action.id, ActionState.UNCERTAIN, _BROKE)
            if not isinstance(error, Exception):
                raise
            return settled
        settled = await self._actions.settle(action.id, state, why)
        if state is ActionState.DONE and tells and not _is_told_otherwise(action):
            await self._notifier.about(case, settled)
        return settled

    async def _outcome(self, action: Action, case: Case) -> tuple[ActionState, str]:
        if action.new.kind is ActionKind.WARN:
            told = await self._notifier.about(case, action)
            done = told is NoticeState.DELIVERED
            return (ActionState.DONE, "") if done else (ActionState.REFUSED, _NOBODY_TOLD[told])
        foreseen = await self._enforcer.foresee(action, case)
        if foreseen:
            return ActionState.REFUSED, foreseen.why
        told_before = action.new.kind in _TOLD_BEFORE and await self._notifier.about(case, action)
        answer = await self._enforcer.carry_out(action, case)
        if isinstance(answer, Declined):
            after_notice = told_before is NoticeState.DELIVERED
            return ActionState.REFUSED, f"{answer.why} {_TOLD_ALREADY}" if after_notice else answer.why
        return ActionState.DONE, answer.note

    async def _refreshed(self, guild_id: int, number: int) -> None:
        case = await self._cases.get(guild_id, number)
        if case is not None:
            await self._cards.refresh(case)


def _check(kind: ActionKind, reason: str, length: timedelta | None) -> None:
    if kind in UNDONE_BY.values():
        raise ValueError(f"{kind} takes an action back: use undo")
    if len(reason.strip()) > MAX_REASON:
        raise ValueError(f"a reason has at most {MAX_REASON} characters")
    if (kind is ActionKind.TIMEOUT) != (length is not None):
        raise ValueError("a timeout has a length, and nothing else has")
    if length is not None and not timedelta() < length <= LONGEST_TIMEOUT:
        raise ValueError(f"a timeout lasts at most {LONGEST_TIMEOUT.days} days")


def _is_told_otherwise(action: Action) -> bool:
    """A warning is its own notice, and kicks and bans were told before."""
    return action.new.kind in _TOLD_BEFORE or action.new.kind is ActionKind.WARN


def _why_not_undone(action: Action) -> str:
    """Why an action cannot be taken back; empty where it can."""
    match action.state:
        case ActionState.UNDONE:
            return "It was taken back already."
        case ActionState.PENDING:
            return "Discord is still being asked about it. Try again in a moment."
        case ActionState.REFUSED:
            return "It was never done, so there is nothing to take back."
        case ActionState.REHEARSED:
            return "It was only rehearsed, so there is nothing to take back."
        case ActionState.DONE | ActionState.UNCERTAIN:
            return "" if action.new.kind in UNDONE_BY else _CANNOT_BE_TAKEN_BACK[action.new.kind]


_CANNOT_BE_TAKEN_BACK = {
    ActionKind.WARN: "A warning cannot be unsaid.",
    ActionKind.DELETE: "Discord does not bring a deleted message back.",
    ActionKind.KICK: "A kick cannot be taken back; the member may join again with an invitation.",
    ActionKind.REMOVE_TIMEOUT: "This took a timeout back itself.",
    ActionKind.UNBAN: "This took a ban back itself.",
}
