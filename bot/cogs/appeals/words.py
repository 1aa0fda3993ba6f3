"""Words about appeals for reviewers: the states of appeals, and what stays after a decision was reversed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.cogs.interactions.action_words import noun, shortened
from bot.cogs.interactions.wording import at
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.appeals.eligibility import not_taken_back, other_in_force
from bot.moderation.cases.action import Action, ActionKind

APPEAL_STATES = {
    AppealState.OPEN: "waiting for a reviewer",
    AppealState.ASKED: "waiting for the member's answer",
    AppealState.UPHELD: "the decision was kept",
    AppealState.OVERTURNED: "the decision was reversed",
}

_STILL_IN_FORCE = "it is still in force{until}; another moderator has to lift it"
_WHY_IT_STAYS = {
    ActionKind.WARN: "it cannot be unsaid, but it does not count any more",
    ActionKind.DELETE: "Discord does not bring a deleted message back",
    ActionKind.KICK: "whoever was kicked may join again with an invitation",
}


def what_stays(actions: Sequence[Action], limit: int, *, now: datetime) -> list[str]:
    """What stays although the decision was reversed, with why, in a line each: for reviewers.

    Args:
        actions: all of the case.
        limit: UTF-16 units for what Discord, or a rule of ours, said to taking one back.
    """
    undoing = {action.new.undoes: action for action in actions if action.new.undoes is not None and action.why}
    return [
        f"{noun(action)}: {shortened(undoing[action.id].why, limit).rstrip('.')}"
        if action.id in undoing
        else stays(action)
        for action in not_taken_back(actions, now=now)
        if other_in_force(action, actions) is None
    ]


def other_sanctions(actions: Sequence[Action], *, now: datetime) -> list[str]:
    """What is in force although the decision was reversed, because another case or somebody else asks for it: in whole
    sentences, with until when."""
    found = (other_in_force(action, actions) for action in not_taken_back(actions, now=now))
    return [undoing.why for undoing in found if undoing is not None]


def stays(action: Action) -> str:
    """An action that was not taken back, and why."""
    until = "" if action.end is None else f" until {at(action.end)}"
    return f"{noun(action)}: {_WHY_IT_STAYS.get(action.new.kind, _STILL_IN_FORCE).format(until=until)}"
