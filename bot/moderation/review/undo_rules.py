"""Which actions can be undone or changed. Pure: the enforcer checks what only Discord knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.moderation.cases.action import UNDONE_BY, Action, ActionKind, ActionState
from bot.moderation.review import whys

#: States of an action that changed something, or may have.
IN_EFFECT = frozenset({ActionState.DONE, ActionState.UNCERTAIN})

_CANNOT_BE_UNDONE = {
    ActionKind.WARN: whys.CANNOT_UNDO_WARNING,
    ActionKind.DELETE: whys.CANNOT_UNDO_DELETION,
    ActionKind.KICK: whys.CANNOT_UNDO_KICK,
    ActionKind.REMOVE_TIMEOUT: whys.UNDID_A_TIMEOUT,
    ActionKind.UNBAN: whys.UNDID_A_BAN,
}
_WHY_NOT = {
    ActionState.UNDONE: whys.UNDONE_ALREADY,
    ActionState.ENDED: whys.OVER,
    ActionState.CHANGED: whys.CHANGED_LATER,
    ActionState.PENDING: whys.STILL_ASKING,
    ActionState.PLANNED: whys.NOT_DONE_YET,
    ActionState.REFUSED: whys.NEVER_DONE,
    ActionState.ALREADY: whys.CHANGED_NOTHING,
    ActionState.REHEARSED: whys.ONLY_REHEARSED,
}


def why_not_undone(action: Action, *, now: datetime) -> str:
    """Why an action can't be undone, in one sentence for moderators; empty if it can."""
    if action.state not in IN_EFFECT:
        return _WHY_NOT[action.state]
    if action.new.kind not in UNDONE_BY:
        return _CANNOT_BE_UNDONE[action.new.kind]
    return whys.ENDED if action.is_over(now) else ""


def why_not_changed(action: Action, *, now: datetime) -> str:
    """Why a timeout's end can't be changed; empty if it can."""
    if action.new.kind is not ActionKind.TIMEOUT:
        return whys.NO_TIMEOUT
    if action.state not in IN_EFFECT:
        return _WHY_NOT[action.state]
    return whys.OVER_FOR_CHANGE if action.is_over(now) else ""


def why_ban_stays(ban: Action, bans: Sequence[Action], *, violations: frozenset[int]) -> str:
    """The other case that keeps the member banned; empty if none does.

    Args:
        bans: bans of the member in all cases, done or tried.
        violations: the cases of `bans` that are decided as violations. One of those that found the member banned wants
            the ban, too.
    """
    later = [each for each in bans if each.id > ban.id and each.new.case_number != ban.new.case_number]
    setter = next((each.new.case_number for each in later if each.state in IN_EFFECT), None)
    if setter is not None:
        return whys.BAN_OF_LATER_CASE.format(number=setter)
    wanting = (each for each in later if each.state is ActionState.ALREADY and each.new.case_number in violations)
    holder = next((each.new.case_number for each in wanting), None)
    if holder is not None:
        return whys.BAN_WANTED_BY_CASE.format(number=holder)
    return ""


def is_in_force(action: Action, *, now: datetime) -> bool:
    """Does it still have an effect that can be undone?"""
    return action.state in IN_EFFECT and action.new.kind in UNDONE_BY and not action.is_over(now)
