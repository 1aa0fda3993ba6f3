"""Actions on cases, by moderators or automatic: stored first, then carried out, then settled. Nothing is retried
automatically."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

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
    planned_for,
)
from bot.moderation.cases.case import WITHOUT_ACTION, Case, CaseDecisions, CaseState, Decision, NoSuchCase
from bot.moderation.cases.ground import Ground
from bot.moderation.review import whys
from bot.moderation.review.carrying_out import CarryingOut
from bot.moderation.review.decisions import DecidedBefore, NeedsGround, OwnCase, is_own
from bot.moderation.review.enforcer import AS_USUAL, Enforcer, JudgedText, Terms
from bot.moderation.review.notifier import Notifier
from bot.moderation.review.other_claims import OtherClaims
from bot.moderation.review.undo_rules import why_not_changed, why_not_undone

_log = logging.getLogger(__name__)

#: After a restart, planned actions up to this age are still begun.
BEGUN_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """The action was tried; `action.state` says the result."""

    case: Case
    action: Action
    decided_before: Decision | None = None  #: decided by another moderator before this one acted
    decides: bool = False  #: the case was undecided before


@dataclass(frozen=True, slots=True, kw_only=True)
class ActedBefore:
    """The same action was already taken, or is in progress, for this case. Nothing was tried."""

    case: Case
    action: Action  #: the existing action


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotUndo:
    """Nothing was undone or changed; `why` is one sentence for moderators."""

    why: str


class Act:
    """Takes, changes and undoes actions on cases."""

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
        claims = OtherClaims(cases=cases, actions=actions, now=now)
        self._carrying_out = CarryingOut(actions=actions, enforcer=enforcer, notifier=notifier, claims=claims)
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
        may_replace: datetime | None = None,
        ground: Ground | None = None,
    ) -> Acted | ActedBefore | DecidedBefore | OwnCase | NeedsGround | None:
        """Take an action on a case, which decides an open one as a violation. None if there is no such case.

        A case that was decided to be no violation, or that its author mended, has to be reopened first:
        `DecidedBefore` says by whom.

        Args:
            may_replace: the timeout in force that ends then may be replaced by one that ends earlier.
            ground: what the moderator names as broken; an open case in which the judge named no rule needs it.

        Raises:
            ValueError: the reason is longer than `MAX_REASON` characters, a timeout has no length or one that Discord
                does not know, or the kind is one that takes an action back.
        """
        _check(kind, reason, length)
        case = await self._cases.get(guild_id, number)
        if case is not None and is_own(case, moderator_id):
            return OwnCase(case=case)
        asks = case is not None and case.needs_ground
        if case is not None and asks and ground is None:
            return NeedsGround(case=case)
        try:
            wished = self._decision(CaseState.VIOLATION, moderator_id)
            case, decided = await self._cases.decide(guild_id, number, wished, ground if asks else None)
        except NoSuchCase:
            return None
        stands = case.decision
        if stands is not None and stands.state in WITHOUT_ACTION:
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
            Terms(may_replace=may_replace),
            decided_before=by_another,
            decides=decided,
        )

    async def undo(
        self, guild_id: int, action_id: int, *, moderator_id: int
    ) -> Acted | ActedBefore | CannotUndo | OwnCase | None:
        """Undo an action, as far as its effect is still in force. None if there is no such action.

        The decision on the case doesn't change.
        """
        found = await self._found(guild_id, action_id)
        if found is None:
            return None
        action, case = found
        if is_own(case, moderator_id):
            return OwnCase(case=case)
        why_not = why_not_undone(action, now=self._now())
        if why_not:
            return CannotUndo(why=why_not)
        new = NewAction(
            guild_id=guild_id,
            case_number=case.number,
            kind=UNDONE_BY[action.new.kind],
            target_id=action.new.target_id,
            by=moderator_id,
            undoes=action.id,
        )
        return await self._try(case, new)

    async def change_timeout(
        self, guild_id: int, action_id: int, *, moderator_id: int, reason: str, length: timedelta
    ) -> Acted | ActedBefore | CannotUndo | OwnCase | None:
        """Change the length of a case's timeout, counted from now, if it is still the one in force. None if there is no
        such action. The decision on the case doesn't change.

        Raises:
            ValueError: as for `act`.
        """
        _check(ActionKind.TIMEOUT, reason, length)
        found = await self._found(guild_id, action_id)
        if found is None:
            return None
        action, case = found
        if is_own(case, moderator_id):
            return OwnCase(case=case)
        why_not = why_not_changed(action, now=self._now())
        if why_not:
            return CannotUndo(why=why_not)
        new = NewAction(
            guild_id=guild_id,
            case_number=case.number,
            kind=ActionKind.TIMEOUT,
            target_id=action.new.target_id,
            by=moderator_id,
            reason=reason.strip(),
            length=length,
            changes=action.id,
        )
        return await self._try(case, new)

    async def find(self, guild_id: int, action_id: int) -> Action | None:
        """The action with this id, if it belongs to this server."""
        return await self._actions.get(guild_id, action_id)

    async def by_itself(
        self,
        case: Case,
        planned: tuple[PlannedAction, ...],
        *,
        further_id: int | None = None,
        judged: JudgedText | None = None,
        is_edited: Callable[[], bool] = lambda: False,
    ) -> tuple[Action, ...]:
        """Carry out the automatic actions of a verdict, or their dry run, by the server's settings. The case stays
        open, and the caller that opened it updates its card.

        Args:
            further_id: the verdict is about this further message of the case. It is deleted like the first one, the
                member is timed out if they are not yet, and what is only rehearsed is said once for the case.
            judged: the text that the verdict is about.
            is_edited: was the message edited since it came in, as far as we heard? Nothing is done then.
        """
        done = []
        for each in planned:
            if each.rehearsal and (further_id is not None or is_edited()):
                continue
            about = {"case_number": case.number, "message_id": further_id or case.evidence.message_id}
            new = planned_for(each, guild_id=case.guild_id, member_id=case.evidence.author_id, **about)
            action, added = await self._begin(new)
            tells = further_id is None or each.kind is not ActionKind.DELETE
            if added and is_edited():
                action = await self._actions.settle(action.id, ActionState.REFUSED, whys.EDITED_SINCE)
            elif added and not each.rehearsal:
                tried = await self._carrying_out.carry_out(action, case, Terms(judged=judged), tells=tells)
                action = tried.action
            done.append(action)
        return tuple(done)

    async def give_up(self, *, before: datetime, serves: Callable[[int], bool] = lambda _: True) -> int:
        """Settle actions pending since before this time, before this process started, as uncertain. Returns how many.
        Planned ones are begun now, or settled as not done.

        Args:
            serves: is this process responsible for this server?
        """
        left = [action for action in await self._actions.pending(before=before) if serves(action.new.guild_id)]
        for action in left:
            await self._actions.settle(action.id, ActionState.UNCERTAIN, whys.NOT_HEARD)
            ids = {"guild": action.new.guild_id, "case": action.new.case_number, "action": action.id}
            _log.warning("action left unsettled", extra=ids)
            await self._refreshed(action.new.guild_id, action.new.case_number)
        planned = await self._actions.planned(before=max(before, self._now() - BEGUN_WITHIN))
        for action in planned:
            if serves(action.new.guild_id):
                await self._begin_late(action)
                await self._refreshed(action.new.guild_id, action.new.case_number)
        return len(left)

    async def _begin_late(self, planned: Action) -> None:
        """Begin a planned action after a restart, unless it is too old."""
        new, now = planned.new, self._now()
        case = await self._cases.get(new.guild_id, new.case_number)
        dismissed = case is not None and case.state in WITHOUT_ACTION
        if case is None or dismissed or now - planned.asked_at > BEGUN_WITHIN:
            why = whys.DECIDED_SINCE if dismissed else whys.NOT_BEGUN
            await self._actions.settle(planned.id, ActionState.REFUSED, why)
            return
        action, added = await self._begin(new)
        if added:
            judged = JudgedText(message_id=new.message_id or case.evidence.message_id, edit=None)
            await self._carrying_out.carry_out(action, case, Terms(judged=judged))

    async def _begin(self, new: NewAction) -> tuple[Action, bool]:
        """Store an automatic action as pending, unless somebody took the same action meanwhile."""
        action, added = await self._actions.add(new)
        if not added:
            of_case = (await self._actions.of_cases(new.guild_id, (new.case_number,))).get(new.case_number, ())
            planned = (each for each in of_case if each.state is ActionState.PLANNED)
            for each in planned:
                if (each.new.kind, each.new.message_id) == (new.kind, new.message_id):
                    await self._actions.settle(each.id, ActionState.ALREADY, whys.DONE_SINCE)
        return action, added

    async def _found(self, guild_id: int, action_id: int) -> tuple[Action, Case] | None:
        action = await self._actions.get(guild_id, action_id)
        case = await self._cases.get(guild_id, action.new.case_number) if action else None
        return None if action is None or case is None else (action, case)

    def _decision(self, state: CaseState, moderator_id: int) -> Decision:
        return Decision(state=state, moderator_id=moderator_id, at=self._now())

    async def _try(
        self,
        case: Case,
        new: NewAction,
        terms: Terms = AS_USUAL,
        *,
        decided_before: Decision | None = None,
        decides: bool = False,
    ) -> Acted | ActedBefore:
        """Store the action and carry it out."""
        action, added = await self._actions.add(new)
        if not added:
            await self._cards.refresh(case)
            return ActedBefore(case=case, action=action)
        tried = await self._carrying_out.carry_out(action, case, terms)
        case = await self._cases.get(new.guild_id, new.case_number) or case  # its message may have been deleted by now
        await self._cards.refresh(case)
        if tried.left_to_case is not None:
            await self._refreshed(new.guild_id, tried.left_to_case)
        return Acted(case=case, action=tried.action, decided_before=decided_before, decides=decides)

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
