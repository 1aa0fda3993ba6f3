"""Words about appeals: what was done to members, what stays, and how it is with their appeals. Names no moderator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.cogs.interactions.action_words import noun, shortened, span
from bot.cogs.interactions.wording import at
from bot.moderation.appeals.appeal import AppealState
from bot.moderation.appeals.eligibility import not_taken_back, other_in_force
from bot.moderation.cases.action import Action, ActionKind
from bot.moderation.cases.case import Case, CaseKind

APPEAL_STATES = {
    AppealState.OPEN: "waiting for a reviewer",
    AppealState.ASKED: "waiting for the member's answer",
    AppealState.UPHELD: "the decision was kept",
    AppealState.OVERTURNED: "the decision was reversed",
}

_TO_MEMBER = {
    ActionKind.WARN: "This is a warning.",
    ActionKind.DELETE: "Your message was deleted.",
    ActionKind.KICK: "You are removed from the server. You may join again with an invitation.",
    ActionKind.BAN: "You are banned from the server. The ban has no end date.",
    ActionKind.REMOVE_TIMEOUT: "Your timeout was ended early. You can write again.",
    ActionKind.UNBAN: "Your ban was lifted. You may join again with an invitation.",
}
#: Reports are not mentioned: members who report are promised that the author does not hear of it.
_HOW_IT_CAME_UP = {
    CaseKind.VIOLATION: "An automated system found this in your message, and a moderator decided.",
    CaseKind.UNDECIDED: "An automated system could not judge your message and passed it on. A moderator decided.",
    CaseKind.AUTOMOD: "Discord's AutoMod found this in your message, and a moderator decided.",
    CaseKind.PICTURE_BURST: (
        "An automated system counted that you posted pictures in several channels within a minute, and a moderator "
        "decided."
    ),
    CaseKind.SAME_PICTURE: (
        "An automated system found that your picture looks like one that moderators decided about before, and a "
        "moderator decided."
    ),
}
_BY_A_PERSON = "A moderator looked at it and decided."
_BY_ITSELF = (
    "An automated system found this in your message and did this by itself, as the server has set it up. "
    "A moderator can look at it and change it."
)
_STILL_IN_FORCE = "it is still in force{until}; another moderator has to lift it"
_WHY_IT_STAYS = {
    ActionKind.WARN: "it cannot be unsaid, but it does not count any more",
    ActionKind.DELETE: "Discord does not bring a deleted message back",
    ActionKind.KICK: "whoever was kicked may join again with an invitation",
}


def done_to_you(action: Action) -> str:
    """What was done, or is about to be, to whoever reads this."""
    if action.new.kind is ActionKind.TIMEOUT and action.new.length is not None and action.end is not None:
        changed = "Your timeout was changed. " if action.new.changes is not None else ""
        return f"{changed}You cannot write for {span(action.new.length)}, until {at(action.end)}."
    if action.new.kind is ActionKind.REMOVE_TIMEOUT and action.until is not None:
        return f"This timeout was ended early. You stay timed out until {at(action.until)} for another reason."
    return _TO_MEMBER[action.new.kind]


def how_decided(case: Case, action: Action) -> str:
    """Whether a machine found what the case is about, and whether a person decided, for whoever it was done to."""
    if action.new.by is None:
        return _BY_ITSELF
    return _HOW_IT_CAME_UP.get(case.kind, _BY_A_PERSON)


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
