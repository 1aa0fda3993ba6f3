"""Words about appeals for reviewers: the states of appeals, and what stays after a decision was reversed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.cogs.interactions.action_words import noun, shortened, why
from bot.cogs.interactions.wording import at
from bot.languages.translation import _, marked
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.appeals.eligibility import not_taken_back, other_in_force
from bot.moderation.cases.action import Action, ActionKind

#: English, translated when shown.
APPEAL_STATES = {
    AppealState.OPEN: marked("waiting for a reviewer"),
    AppealState.ASKED: marked("waiting for the member's answer"),
    AppealState.UPHELD: marked("the decision was kept"),
    AppealState.OVERTURNED: marked("the decision was reversed"),
}

_WHY_IT_STAYS = {
    ActionKind.WARN: marked("Warning: it cannot be unsaid, but it no longer counts"),
    ActionKind.DELETE: marked("Deletion: Discord cannot restore a deleted message"),
    ActionKind.KICK: marked("Kick: the member can join again with an invite"),
}


def state_of(state: AppealState) -> str:
    """The state of an appeal, in a few words."""
    return _(APPEAL_STATES[state])


def what_stays(actions: Sequence[Action], limit: int, *, now: datetime) -> list[str]:
    """The actions that remain although the decision was reversed, and why, one per line: for reviewers.

    Args:
        actions: all of the case.
        limit: UTF-16 units for why one couldn't be undone.
    """
    undoing = {action.new.undoes: action for action in actions if action.new.undoes is not None and action.why}
    return [
        f"{noun(action)}: {shortened(why(undoing[action.id]), limit).rstrip('.。')}"
        if action.id in undoing
        else stays(action)
        for action in not_taken_back(actions, now=now)
        if other_in_force(action, actions) is None
    ]


def other_sanctions(actions: Sequence[Action], *, now: datetime) -> list[str]:
    """What is in force although the decision was reversed, because another case or somebody else wants it: in whole
    sentences, with its end."""
    found = (other_in_force(action, actions) for action in not_taken_back(actions, now=now))
    return [why(undoing) for undoing in found if undoing is not None]


def stays(action: Action) -> str:
    """An action that wasn't undone, and why."""
    if action.new.kind in _WHY_IT_STAYS:
        return _(_WHY_IT_STAYS[action.new.kind])
    name = noun(action)
    if action.end is None:
        return _("{action}: still in force. Another moderator has to lift it", action=name)
    return _("{action}: in force until {moment}. Another moderator has to lift it", action=name, moment=at(action.end))
