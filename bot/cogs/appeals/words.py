"""Words about appeals: what was done to members, what stays, and how it is with their appeals. Names no moderator."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cogs.interactions.action_words import noun, span
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.wording import at
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.appeals.eligibility import cannot_be_taken_back
from bot.moderation.cases.action import Action, ActionKind, ActionState

APPEAL_STATES = {
    AppealState.OPEN: "waiting for a reviewer",
    AppealState.ASKED: "waiting for the member's answer",
    AppealState.UPHELD: "the decision stands",
    AppealState.OVERTURNED: "the decision was taken back",
}

_TO_MEMBER = {
    ActionKind.WARN: "This is a warning. Nothing else was done.",
    ActionKind.DELETE: "Your message was deleted.",
    ActionKind.KICK: "You are removed from the server. You may join again with an invitation.",
    ActionKind.BAN: "You are banned from the server.",
    ActionKind.REMOVE_TIMEOUT: "Your timeout was ended early. You can write again.",
    ActionKind.UNBAN: "Your ban was lifted. You may join again with an invitation.",
}
_WHY_IT_STAYS = {
    ActionKind.WARN: "it cannot be unsaid, but it does not count any more",
    ActionKind.DELETE: "Discord does not bring a deleted message back",
    ActionKind.KICK: "whoever was kicked may join again with an invitation",
}


def done_to_you(action: Action) -> str:
    """What was done, or is about to be, to whoever reads this."""
    if action.new.kind is ActionKind.TIMEOUT and action.new.length is not None:
        until = (action.settled_at or action.asked_at) + action.new.length
        return f"You cannot write for {span(action.new.length)}, until {at(until)}."
    return _TO_MEMBER[action.new.kind]


def briefly(action: Action) -> str:
    """An action in two or three words, for a list."""
    endings = {ActionState.UNDONE: " (taken back)", ActionState.UNCERTAIN: " (not certain)"}
    return noun(action) + endings.get(action.state, "")


def what_stays(actions: Sequence[Action], limit: int) -> list[str]:
    """What an overturned appeal did not take back, with why, in a line each: for reviewers.

    Args:
        actions: all of the case.
        limit: UTF-16 units for what Discord, or a rule of ours, said to taking one back.
    """
    undoing = {action.new.undoes: action for action in actions if action.new.undoes is not None and action.why}
    return [
        f"{noun(action)}: {on_one_line(undoing[action.id].why, limit).rstrip('.')}"
        if action.id in undoing
        else stays(action)
        for action in cannot_be_taken_back(actions)
    ]


def stays(action: Action) -> str:
    """An action that was not taken back, and why."""
    return f"{noun(action)}: {_WHY_IT_STAYS.get(action.new.kind, 'Discord did not take it back')}"
