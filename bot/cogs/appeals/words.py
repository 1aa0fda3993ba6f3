"""Words for members: what was done to them, and how it stands with their appeals. No moderator is named here."""

from __future__ import annotations

from bot.cogs.interactions.action_words import noun, span
from bot.cogs.interactions.wording import at
from bot.moderation.appeals.appeal import AppealState
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


def stays(action: Action) -> str:
    """An action that was not taken back, and why."""
    return f"{noun(action)}: {_WHY_IT_STAYS.get(action.new.kind, 'Discord did not take it back')}"
