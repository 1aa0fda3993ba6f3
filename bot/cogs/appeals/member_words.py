"""Texts for the member that a case is about: what was done, how it was decided, and what stays in force. Names no
moderator."""

from __future__ import annotations

from bot.cogs.interactions.wording import at
from bot.languages.translation import _, length, marked
from bot.moderation.cases.action import Action, ActionKind, ActionState
from bot.moderation.cases.case import Case, CaseKind, CaseState

_NAMES = {
    ActionKind.WARN: marked("Warning"),
    ActionKind.DELETE: marked("Message deleted"),
    ActionKind.TIMEOUT: marked("Timeout"),
    ActionKind.KICK: marked("Kick"),
    ActionKind.BAN: marked("Ban"),
    ActionKind.REMOVE_TIMEOUT: marked("Timeout ended"),
    ActionKind.UNBAN: marked("Ban lifted"),
}
_AFTERWARDS = {
    ActionState.UNDONE: marked("{action} (undone)"),
    ActionState.CHANGED: marked("{action} (changed later)"),
    ActionState.REFUSED: marked("{action} (not done)"),
    ActionState.UNCERTAIN: marked("{action} (not certain)"),
}
_STATES = {
    CaseState.OPEN: marked("no decision yet"),
    CaseState.VIOLATION: marked("decision: violation"),
    CaseState.NOT_A_VIOLATION: marked("decision: not a violation"),
    CaseState.MENDED: marked("you edited the message in time"),
}
_DONE_TO_YOU = {
    ActionKind.WARN: marked("This is a warning."),
    ActionKind.DELETE: marked("Your message was deleted."),
    ActionKind.KICK: marked("You are kicked from the server. You can join again with an invite."),
    ActionKind.BAN: marked("You are banned from the server. The ban has no end date."),
    ActionKind.REMOVE_TIMEOUT: marked("Your timeout was ended early. You can write again."),
    ActionKind.UNBAN: marked("Your ban was lifted. You can join again with an invite."),
}
#: Reports are not mentioned: members who report are promised that the author does not hear of it.
_HOW_IT_CAME_UP = {
    CaseKind.VIOLATION: marked("An automated system found this in your message, and a moderator decided."),
    CaseKind.UNDECIDED: marked("An automated system could not judge your message. A moderator looked and decided."),
    CaseKind.AUTOMOD: marked("Discord's AutoMod found this in your message, and a moderator decided."),
    CaseKind.PICTURE_BURST: marked(
        "An automated system counted the pictures that you posted in several channels within a minute, and a moderator "
        "decided."
    ),
    CaseKind.SAME_PICTURE: marked(
        "An automated system found that your picture looks like one that moderators decided about before, and a "
        "moderator decided."
    ),
}
_BY_A_PERSON = marked("A moderator looked at it and decided.")
_BY_ITSELF = marked(
    "An automated system found this in your message and acted on its own, as this server set it up. A moderator can "
    "look at it and change it."
)
_WHY_IT_STAYS = {
    ActionKind.WARN: marked("Warning: it was already sent, but it no longer counts"),
    ActionKind.DELETE: marked("Message deleted: Discord cannot restore a deleted message"),
    ActionKind.KICK: marked("Kick: you can join again with an invite"),
}


def action_name(action: Action) -> str:
    """The name of an action: ``Timeout (1 hour)``."""
    name = _(_NAMES[action.new.kind])
    if action.new.length is None:
        return name
    # Translators: what was done and for how long: Timeout (1 hour).
    return _("{action} ({length})", action=name, length=length(action.new.length))


def action_in_brief(action: Action) -> str:
    """The same, with its result: ``Ban (not done)``."""
    name = action_name(action)
    return _(_AFTERWARDS[action.state], action=name) if action.state in _AFTERWARDS else name


def how_it_stands(case: Case) -> str:
    """The decision, in a few words."""
    return _(_STATES[case.state])


def done_to_you(action: Action) -> str:
    """What was done, or is about to be done, to the reader."""
    new = action.new
    if new.kind is ActionKind.TIMEOUT and new.length is not None and action.end is not None:
        time_out = {"length": length(new.length), "moment": at(action.end)}
        if new.changes is not None:
            return _("Your timeout was changed. You cannot write for {length}, until {moment}.", **time_out)
        return _("You cannot write for {length}, until {moment}.", **time_out)
    if new.kind is ActionKind.REMOVE_TIMEOUT and action.until is not None:
        return _(
            "This timeout was ended early. You stay timed out until {moment} for another reason.",
            moment=at(action.until),
        )
    return _(_DONE_TO_YOU[new.kind])


def how_decided(case: Case, action: Action) -> str:
    """Whether a machine detected it, and whether a person decided, for the affected member."""
    if action.new.by is None:
        return _(_BY_ITSELF)
    return _(_HOW_IT_CAME_UP.get(case.kind, _BY_A_PERSON))


def stays(action: Action) -> str:
    """An action that wasn't undone although the decision was reversed, and why."""
    if action.new.kind in _WHY_IT_STAYS:
        return _(_WHY_IT_STAYS[action.new.kind])
    name = action_name(action)
    if action.end is None:
        return _("{action}: still in force. Another moderator has to lift it", action=name)
    return _("{action}: in force until {moment}. Another moderator has to lift it", action=name, moment=at(action.end))
