"""Who may appeal, when, and who may decide on an appeal. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.languages.translation import marked
from bot.moderation.appeals.appeal import UNDECIDED, Appeal
from bot.moderation.cases.action import UNDONE_BY, Action, ActionKind, ActionState
from bot.moderation.cases.case import Case, CaseState
from bot.moderation.review.decisions import is_own
from bot.moderation.review.undo_rules import IN_EFFECT
from bot.moderation.servers.options import AppealOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class MayAppeal:
    """The member may appeal now, as this attempt."""

    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An appeal is still undecided. If a reviewer asked a question, the member can answer it."""

    appeal: Appeal


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAppeal:
    """The member can't appeal now, or at all. `why` is shown to them (English, translated when shown); `until` is when
    they may."""

    why: str
    until: datetime | None = None
    last: Appeal | None = None  #: the newest one, whose outcome the member may want to see


APPEALS_OFF = marked("This server does not take appeals through Bylaw.")
NOTHING_TO_APPEAL = marked("Nothing was decided against you in this case, so there is nothing to appeal.")
NO_MORE = marked("You have used all appeals that this server allows for this case. The last decision is final.")
TOO_SOON = marked("You have already appealed this case.")

OWN_APPEAL = marked("This appeal is your own. Somebody else has to decide on it.")
DECIDED_THE_CASE = marked("You decided or acted on this case. Another reviewer decides on the appeal.")


def may_appeal(
    case: Case, actions: Sequence[Action], appeals: Sequence[Appeal], options: AppealOptions, *, now: datetime
) -> MayAppeal | Waiting | NoAppeal:
    """Work out whether the member of this case may appeal now.

    Args:
        appeals: those of the case, by attempt.
    """
    last = appeals[-1] if appeals else None
    if last and last.state in UNDECIDED:
        return Waiting(appeal=last)
    if not options.enabled:
        return NoAppeal(why=APPEALS_OFF, last=last)
    if not is_against_member(case, actions):
        return NoAppeal(why=NOTHING_TO_APPEAL, last=last)
    if len(appeals) >= options.cap:
        return NoAppeal(why=NO_MORE, last=last)
    if last and last.review:
        until = last.review.at + timedelta(days=options.days_between)
        if now < until:
            return NoAppeal(why=TOO_SOON, until=until, last=last)
    return MayAppeal(attempt=len(appeals) + 1)


def is_against_member(case: Case, actions: Sequence[Action]) -> bool:
    """Did the case find a rule broken, or was action taken against the member that wasn't undone?"""
    if case.state is CaseState.VIOLATION:
        return True
    done = {*IN_EFFECT, ActionState.ENDED}
    return any(action.state in done and action.new.undoes is None for action in actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class MayDecide:
    """This reviewer may decide. `although_first`: they also decided the case, because no other reviewer did in time."""

    although_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MayNotDecide:
    """This reviewer may not decide. From `until` on they may, if no other reviewer has."""

    why: str
    until: datetime | None = None


def may_decide(
    appeal: Appeal,
    case: Case,
    actions: Sequence[Action],
    options: AppealOptions,
    *,
    reviewer_id: int,
    now: datetime,
) -> MayDecide | MayNotDecide:
    """Say whether a reviewer may decide: somebody who decided or acted on the case doesn't decide on its appeal.

    Bylaw doesn't read a server's list of members, so it can't see whether there is another reviewer. "Nobody else can"
    means that nobody else did before reviewers are reminded.
    """
    if reviewer_id == appeal.member_id or is_own(case, reviewer_id):
        return MayNotDecide(why=OWN_APPEAL)
    if not options.second_reviewer or reviewer_id not in first_deciders(appeal, case, actions):
        return MayDecide()
    until = appeal.opened_at + timedelta(hours=options.stale_hours)
    if now < until:
        return MayNotDecide(why=DECIDED_THE_CASE, until=until)
    return MayDecide(although_first=True)


def first_deciders(appeal: Appeal, case: Case | None, actions: Sequence[Action]) -> frozenset[int]:
    """The moderators who decided the case or acted on it; without a case, only those that the appeal names."""
    decided = {each.moderator_id for each in (appeal.against, case.decision if case else None) if each}
    acted = {action.new.by for action in actions if action.new.undoes is None and action.new.by is not None}
    return frozenset(decided | acted)


def to_take_back(actions: Sequence[Action], *, now: datetime) -> tuple[Action, ...]:
    """The actions to undo when the decision is reversed: those that can be undone and are still in force."""
    return tuple(action for action in not_taken_back(actions, now=now) if action.new.kind in UNDONE_BY)


def other_in_force(timeout: Action, actions: Sequence[Action]) -> Action | None:
    """The attempt to undo this timeout that found another timeout in force, or another one asking for it, with the time
    until which the member stays timed out. None if it wasn't left in force for that reason."""
    tries = [each for each in actions if each.new.undoes == timeout.id and each.state is ActionState.REFUSED]
    return tries[-1] if tries and tries[-1].until is not None else None


def timed_out_otherwise(actions: Sequence[Action]) -> datetime | None:
    """Until when something other than this case keeps the member timed out, as the last attempt to undo the timeout
    found. None if nothing does."""
    tries = [each for each in actions if each.new.kind is ActionKind.REMOVE_TIMEOUT]
    return tries[-1].until if tries else None


def not_taken_back(actions: Sequence[Action], *, now: datetime) -> tuple[Action, ...]:
    """The actions that remain although the decision was reversed: those that can't be undone, and those that weren't. A
    timeout that has ended doesn't remain."""
    return tuple(
        action
        for action in actions
        if action.state in IN_EFFECT and action.new.undoes is None and not action.is_over(now)
    )
