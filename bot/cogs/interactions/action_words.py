"""Describes actions in plain words: on cards, in histories, and in replies to moderators."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.wording import at
from bot.languages.kept_sentences import retold
from bot.languages.translation import _, length, marked
from bot.moderation.cases.action import UNDONE_BY, Action, ActionKind, ActionState
from bot.moderation.policies.consequences import AUTOMATIC_REASON
from bot.moderation.review.whys import WHYS

_DONE = {
    ActionKind.WARN: marked("warned the member"),
    ActionKind.DELETE: marked("deleted the message"),
    ActionKind.TIMEOUT: marked("timed the member out"),
    ActionKind.KICK: marked("kicked the member"),
    ActionKind.BAN: marked("banned the member"),
    ActionKind.REMOVE_TIMEOUT: marked("ended the timeout"),
    ActionKind.UNBAN: marked("unbanned the member"),
}
_NOUNS = {
    ActionKind.WARN: marked("Warning"),
    ActionKind.DELETE: marked("Deletion"),
    ActionKind.TIMEOUT: marked("Timeout"),
    ActionKind.KICK: marked("Kick"),
    ActionKind.BAN: marked("Ban"),
    ActionKind.REMOVE_TIMEOUT: marked("End of the timeout"),
    ActionKind.UNBAN: marked("Unban"),
}
#: The permission that an action needs, of Bylaw and of the moderator, with Discord's English name for it.
NEEDED = {
    ActionKind.DELETE: ("manage_messages", marked("Manage Messages")),
    ActionKind.TIMEOUT: ("moderate_members", marked("Time out members")),
    ActionKind.REMOVE_TIMEOUT: ("moderate_members", marked("Time out members")),
    ActionKind.KICK: ("kick_members", marked("Kick Members")),
    ActionKind.BAN: ("ban_members", marked("Ban Members")),
    ActionKind.UNBAN: ("ban_members", marked("Ban Members")),
}
#: English, translated when the button is made.
UNDO_LABELS = {ActionKind.TIMEOUT: marked("Undo timeout"), ActionKind.BAN: marked("Undo ban")}
_LINES = {
    # Translators: {did}: timed the member out for 1 hour; {who}: by @ana; {when}: 2 hours ago.
    ActionState.DONE: marked("✅ {did}, {who}, {when}"),
    ActionState.ENDED: marked("✅ {did}, {who}, {when}; over"),
    ActionState.UNDONE: marked("↩️ {did}, {who}, {when}; undone"),
    ActionState.CHANGED: marked("↪️ {did}, {who}, {when}; changed later"),
    # Translators: {what}: Timeout of 1 hour; {who}: by @ana; {when}: 2 hours ago.
    ActionState.ALREADY: marked("☑️ {what}: not needed, {who}, {when}"),
    ActionState.PLANNED: marked("⏳ {what}: about to be done, {who}, {when}"),
    ActionState.PENDING: marked("⏳ {what}: under way, {who}, {when}"),
    ActionState.REHEARSED: marked("👁️ Dry run, nothing happened. Bylaw would have done this: {did}"),
    ActionState.REFUSED: marked("❌ {what}: not done, {who}, {when}"),
    ActionState.UNCERTAIN: marked("❓ {what}: nobody knows whether it was done, {who}, {when}"),
}
_ENDINGS = {
    ActionState.UNDONE: marked("{action} (undone)"),
    ActionState.CHANGED: marked("{action} (changed later)"),
    ActionState.REFUSED: marked("{action} (not done)"),
    ActionState.UNCERTAIN: marked("{action} (not certain)"),
}
_MOMENT = re.compile(r"<t:[0-9]+:[a-zA-Z]>")
_FIRST_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?。]) (?![a-zà-ÿ])")
_ENDS = ("…", ".", "!", "?", "。")


def done(action: Action) -> str:
    """An action in the past tense: ``timed the member out for 1 hour``."""
    span = action.new.length
    if action.new.changes is not None and span is not None:
        return _("changed the timeout to {length}", length=length(span))
    if action.new.kind is ActionKind.REMOVE_TIMEOUT and action.until is not None:
        return _("ended the timeout, which leaves one until {moment}", moment=at(action.until))
    if action.new.kind is ActionKind.TIMEOUT and span is not None:
        return _("timed the member out for {length}", length=length(span))
    return _(_DONE[action.new.kind])


def noun(action: Action) -> str:
    """The name of an action: ``Timeout of 1 hour``."""
    name, span = _(_NOUNS[action.new.kind]), action.new.length
    # Translators: what was done and for how long: Timeout of 1 hour.
    return name if span is None else _("{action} of {length}", action=name, length=length(span))


def briefly(action: Action) -> str:
    """An action in two or three words, for a list: ``Ban (not done)``."""
    return _(_ENDINGS[action.state], action=noun(action)) if action.state in _ENDINGS else noun(action)


def by_whom(action: Action) -> str:
    """Who asked for it."""
    # Translators: who did something, behind what was done: deleted the message, by @ana.
    return _("by Bylaw itself") if action.new.by is None else _("by {member}", member=f"<@{action.new.by}>")


def why(action: Action) -> str:
    """Why an action failed, or another remark on it; stored in English."""
    return retold(action.why, WHYS)


def reason_of(action: Action) -> str:
    """A moderator's own reason; or Bylaw's, which is kept in English."""
    return action.new.reason if action.new.by is not None else retold(action.new.reason, (AUTOMATIC_REASON,))


def line(action: Action, limit: int, *, why_limit: int | None = None) -> str:
    """An action on one line, with Discord's answer.

    Args:
        limit: UTF-16 units for the moderator's reason.
        why_limit: the same for the remark on it; the same value if left out.
    """
    did = done(action)
    whole = _(
        _LINES[action.state],
        did=did if action.state is ActionState.REHEARSED else capitalised(did),
        what=noun(action),
        who=by_whom(action),
        when=at(action.asked_at, "R"),
    )
    said = shortened(why(action), limit if why_limit is None else why_limit)
    reason = on_one_line(reason_of(action), limit)
    parts = (whole, _("Reason: {reason}", reason=reason) if reason else "", said)
    return " ".join(ended(part) for part in parts if part)


def capitalised(text: str) -> str:
    """A text whose first letter is a capital, also behind a mark such as a quotation mark."""
    return _FIRST_LETTER.sub(lambda found: found[0].upper(), text, count=1)


def ended(text: str) -> str:
    """A text with a full stop at its end."""
    return text if text.endswith(_ENDS) else text + _(".")


def shortened(why: str, limit: int) -> str:
    """Shorten the remark on an action. If it is too long, whole sentences are left out, but the last one, which says
    what to do, is kept if it fits. A single sentence is cut, but never within a timestamp or a mention. The first
    timestamp is always kept, because people look for when something ends."""
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
    """Is there a button to undo it?"""
    return action.new.kind in UNDONE_BY and action.state in {ActionState.DONE, ActionState.UNCERTAIN}
