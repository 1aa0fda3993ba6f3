"""Which actions can be undone or changed. Pure: whatever only Discord knows is looked at by the enforcer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.moderation.cases.action import UNDONE_BY, Action, ActionKind, ActionState
from bot.moderation.review import whys

#: An action in one of these has, or may have, changed something.
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
    """Why an action cannot be taken back, in one sentence for moderators; empty where it can."""
    if action.state not in IN_EFFECT:
        return _WHY_NOT[action.state]
    if action.new.kind not in UNDONE_BY:
        return _CANNOT_BE_UNDONE[action.new.kind]
    return whys.ENDED if action.is_over(now) else ""


def why_not_changed(action: Action, *, now: datetime) -> str:
    """Why a timeout cannot be given another end; empty where it can."""
    if action.new.kind is not ActionKind.TIMEOUT:
        return whys.NO_TIMEOUT
    if action.state not in IN_EFFECT:
        return _WHY_NOT[action.state]
    return whys.OVER_FOR_CHANGE if action.is_over(now) else ""


def why_ban_stays(ban: Action, bans: Sequence[Action], *, violations: frozenset[int]) -> str:
    """Which other case keeps the member banned; empty where none does.

    Args:
        bans: what all cases did, or tried to do, to ban the member.
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
    """Does it still have an effect that can be taken back?"""
    return action.state in IN_EFFECT and action.new.kind in UNDONE_BY and not action.is_over(now)
