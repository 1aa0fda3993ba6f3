"""Which actions can be undone or changed. Pure: whatever only Discord knows is looked at by the enforcer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.moderation.cases.action import UNDONE_BY, Action, ActionKind, ActionState

#: An action in one of these has, or may have, changed something.
IN_EFFECT = frozenset({ActionState.DONE, ActionState.UNCERTAIN})

_CANNOT_BE_TAKEN_BACK = {
    ActionKind.WARN: "A warning cannot be unsaid.",
    ActionKind.DELETE: "Discord does not bring a deleted message back.",
    ActionKind.KICK: "A kick cannot be taken back; the member may join again with an invitation.",
    ActionKind.REMOVE_TIMEOUT: "This took a timeout back itself.",
    ActionKind.UNBAN: "This took a ban back itself.",
}
_WHY_NOT = {
    ActionState.UNDONE: "It was taken back already.",
    ActionState.ENDED: "This timeout is over.",
    ActionState.CHANGED: "This timeout was changed later. Undo the later one.",
    ActionState.PENDING: "Discord is still being asked about it. Try again in a moment.",
    ActionState.PLANNED: "It was not done yet. Try again in a moment.",
    ActionState.REFUSED: "It was never done, so there is nothing to take back.",
    ActionState.ALREADY: "This case changed nothing, so there is nothing to take back.",
    ActionState.REHEARSED: "It was only rehearsed, so there is nothing to take back.",
}
_NO_TIMEOUT = "Only a timeout can be changed."
_OVER = "This timeout is over, so there is nothing to undo."
_OVER_FOR_CHANGE = "This timeout is over. To time the member out again, press Act…."


def why_not_undone(action: Action, *, now: datetime) -> str:
    """Why an action cannot be taken back, in one sentence for moderators; empty where it can."""
    if action.state not in IN_EFFECT:
        return _WHY_NOT[action.state]
    if action.new.kind not in UNDONE_BY:
        return _CANNOT_BE_TAKEN_BACK[action.new.kind]
    return _OVER if action.is_over(now) else ""


def why_not_changed(action: Action, *, now: datetime) -> str:
    """Why a timeout cannot be given another end; empty where it can."""
    if action.new.kind is not ActionKind.TIMEOUT:
        return _NO_TIMEOUT
    if action.state not in IN_EFFECT:
        return _WHY_NOT[action.state]
    return _OVER_FOR_CHANGE if action.is_over(now) else ""


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
        return f"Case {setter} banned the member later, so the ban in force is that case's. Undo it there."
    wanting = (each for each in later if each.state is ActionState.ALREADY and each.new.case_number in violations)
    holder = next((each.new.case_number for each in wanting), None)
    if holder is not None:
        return f"Case {holder} asks for this ban, too, so the member stays banned. Reopen case {holder} first."
    return ""


def is_in_force(action: Action, *, now: datetime) -> bool:
    """Does it still have an effect that can be taken back?"""
    return action.state in IN_EFFECT and action.new.kind in UNDONE_BY and not action.is_over(now)
