"""What was done about a case, in plain words: on its card, in its history, and to the moderator who did it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.wording import at, how_many
from bot.moderation.cases.action import UNDONE_BY, Action, ActionKind, ActionState

_DONE = {
    ActionKind.WARN: "warned the member",
    ActionKind.DELETE: "deleted the message",
    ActionKind.TIMEOUT: "timed the member out",
    ActionKind.KICK: "kicked the member",
    ActionKind.BAN: "banned the member",
    ActionKind.REMOVE_TIMEOUT: "ended the timeout",
    ActionKind.UNBAN: "unbanned the member",
}
_NOUNS = {
    ActionKind.WARN: "Warning",
    ActionKind.DELETE: "Deletion",
    ActionKind.TIMEOUT: "Timeout",
    ActionKind.KICK: "Kick",
    ActionKind.BAN: "Ban",
    ActionKind.REMOVE_TIMEOUT: "End of the timeout",
    ActionKind.UNBAN: "Unban",
}
#: What an action takes, of Bylaw and of whoever wants it: the permission, and Discord's name for it.
NEEDED = {
    ActionKind.DELETE: ("manage_messages", "Manage Messages"),
    ActionKind.TIMEOUT: ("moderate_members", "Time out members"),
    ActionKind.REMOVE_TIMEOUT: ("moderate_members", "Time out members"),
    ActionKind.KICK: ("kick_members", "Kick Members"),
    ActionKind.BAN: ("ban_members", "Ban Members"),
    ActionKind.UNBAN: ("ban_members", "Ban Members"),
}
UNDO_LABELS = {ActionKind.TIMEOUT: "Undo timeout", ActionKind.BAN: "Undo ban"}
CHANGE_LABEL = "Change timeout"
_LINES = {
    ActionState.DONE: "✅ {did}, {who}",
    ActionState.ENDED: "✅ {did}, {who}; over",
    ActionState.UNDONE: "↩️ {did}, {who}; taken back",
    ActionState.CHANGED: "↪️ {did}, {who}; changed later",
    ActionState.ALREADY: "☑️ {what} was not needed, {who}",
    ActionState.PLANNED: "⏳ {what} is about to be done, {who}",
    ActionState.PENDING: "⏳ {what} is under way, {who}",
    ActionState.REHEARSED: "👁️ Dry run, nothing happened. It would have {would}",
    ActionState.REFUSED: "❌ {what} was not done, {who}",
    ActionState.UNCERTAIN: "❓ {what}: nobody knows whether it was done, {who}",
}
_ENDINGS = {
    ActionState.UNDONE: " (taken back)",
    ActionState.CHANGED: " (changed later)",
    ActionState.REFUSED: " (not done)",
    ActionState.UNCERTAIN: " (not certain)",
}
_MOMENT = re.compile(r"<t:[0-9]+:[a-zA-Z]>")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?]) (?=[A-Z0-9<])")
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def span(length: timedelta) -> str:
    """A length in its largest whole unit: ``7 days``, ``90 minutes``."""
    seconds = int(length.total_seconds())
    word, size = next(unit for unit in _UNITS if seconds % unit[1] == 0)
    return how_many(seconds // size, word, f"{word}s")


def done(action: Action) -> str:
    """What an action does, as something that happened: ``timed the member out for 1 hour``."""
    length = action.new.length
    if action.new.changes is not None and length is not None:
        return f"changed the timeout to {span(length)}"
    if action.new.kind is ActionKind.REMOVE_TIMEOUT and action.until is not None:
        return f"ended the timeout, which leaves one until {at(action.until)}"
    return _DONE[action.new.kind] + (f" for {span(length)}" if length is not None else "")


def noun(action: Action) -> str:
    """What an action is called: ``Timeout of 1 hour``."""
    length = action.new.length
    return _NOUNS[action.new.kind] + (f" of {span(length)}" if length is not None else "")


def briefly(action: Action) -> str:
    """An action in two or three words, for a list: ``Ban (not done)``."""
    return noun(action) + _ENDINGS.get(action.state, "")


def by_whom(action: Action) -> str:
    """Who wanted it."""
    return "by Bylaw itself" if action.new.by is None else f"by <@{action.new.by}>"


def line(action: Action, limit: int, *, why_limit: int | None = None) -> str:
    """An action on one line, with what Discord said to it.

    Args:
        limit: UTF-16 units for the moderator's reason.
        why_limit: the same for what Discord, or a rule of ours, said; as many where that is left out.
    """
    who = f"{by_whom(action)}, {at(action.asked_at, 'R')}"
    why = shortened(action.why, limit if why_limit is None else why_limit)
    reason = on_one_line(action.new.reason, limit) if action.new.reason else ""
    said = _LINES[action.state].format(did=_capital(done(action)), would=done(action), what=noun(action), who=who)
    parts = (part for part in (said, f"Reason: {reason}" if reason else "", why) if part)
    whole = ". ".join(part.rstrip(".") for part in parts)
    return whole if whole.endswith("…") else f"{whole}."


def shortened(why: str, limit: int) -> str:
    """What Discord, or a rule of ours, said. Where it is too long, whole sentences are left out: the last one, which
    says what to do, is kept where it fits. A single sentence is cut where it is too long, and never within a moment or
    a mention. The first moment is never left out: until when something lasts is what people look for."""
    if len(why) <= limit:
        return why
    moment = _MOMENT.search(why)
    for whole in _shorter(_SENTENCE_ENDS.split(why)):
        if len(whole) <= limit and (moment is None or moment[0] in whole):
            return whole
    kept = _cut(why, limit)
    if moment is None or _MOMENT.search(kept) or len(moment[0]) + 2 > limit:
        return kept
    return f"{_cut(why[: moment.start()], limit - len(moment[0]) - 1)} {moment[0]}"


def _shorter(sentences: list[str]) -> Iterator[str]:
    """The first sentences and the last one, and then without the last one: from the longest to the shortest."""
    counts = range(len(sentences) - 1, 0, -1)
    yield from (" ".join([*sentences[:count], sentences[-1]]) for count in counts[1:])
    yield from (" ".join(sentences[:count]) for count in counts)


def _cut(text: str, limit: int) -> str:
    kept = text[: limit - 1]
    if kept.rfind("<") > kept.rfind(">"):
        kept = kept[: kept.rfind("<")]
    return f"{kept.rstrip()}…"


def can_be_undone(action: Action) -> bool:
    """Is there a button for taking it back?"""
    return action.new.kind in UNDONE_BY and action.state in {ActionState.DONE, ActionState.UNCERTAIN}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
