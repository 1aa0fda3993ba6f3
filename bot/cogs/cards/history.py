"""**History** on a card: the member's other cases, and everything that happened with this one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.cogs.cards.card_texts import author
from bot.cogs.cards.found_how import rule_of
from bot.cogs.cards.shared.control_history import control_words
from bot.cogs.interactions import action_words
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, listed
from bot.cogs.interactions.wording import at, state
from bot.languages.translation import _, marked
from bot.moderation.cards.face import CardFace
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import Case, CaseKind, CaseState
from bot.moderation.cases.note import NoteKind

TEXT_LIMIT = 200  #: UTF-16 units for a note or a reason
CASES_SHOWN = 10

_WHAT = {
    # Translators: what happened with a case, in a list; "by @ana" may follow.
    AuditAction.CASE_OPENED: marked("opened"),
    AuditAction.CASE_DECIDED: marked("decided"),
    AuditAction.CASE_OVERRULED: marked("decided again"),
    AuditAction.RULE_NAMED: marked("rule named"),
    AuditAction.CASE_MENDED: marked("mended: the author edited the message in time"),
    AuditAction.EDIT_OFFERED: marked("the author was asked to edit the message"),
    AuditAction.CASE_CLAIMED: marked("claimed"),
    AuditAction.CASE_SKIPPED: marked("skipped: left to others"),
    AuditAction.CARD_POSTED: marked("card posted"),
    AuditAction.CARD_LOST: marked("card was deleted"),
    AuditAction.MESSAGE_GONE: marked("message was deleted"),
    AuditAction.MESSAGE_EDITED: marked("message was edited"),
    AuditAction.MESSAGE_REPORTED: marked("reported by a member"),
    AuditAction.AUTHOR_FOUND: marked("message turned out to be a copy of the member's"),
    AuditAction.TEXTS_PURGED: marked("text deleted, its retention time was over"),
}
#: The decision, if the log says it.
_DECIDED = {
    AuditAction.CASE_DECIDED: marked("decided: {state}"),
    AuditAction.CASE_OVERRULED: marked("decided again: {state}"),
}
#: Their texts come from the actions and notes themselves, which have more detail than the log.
_TOLD_ELSEWHERE = frozenset(
    {
        AuditAction.ACTION_PLANNED,
        AuditAction.ACTION_ASKED,
        AuditAction.ACTION_SETTLED,
        AuditAction.ACTION_REHEARSED,
        AuditAction.NOTE_ADDED,
        AuditAction.CASE_REOPENED,
    }
)
_NOTES = {
    NoteKind.NOTE: marked("note by {member}: {text}"),
    NoteKind.REOPENED: marked("reopened by {member}: {text}"),
    NoteKind.DIFFERS: marked("compared with similar cases by {member}: {text}"),
}
_KINDS = {
    CaseKind.UNDECIDED: marked("could not judge"),
    CaseKind.REPORT: marked("reported by members"),
    CaseKind.AUTOMOD: marked("Discord's AutoMod"),
    CaseKind.MANUAL: marked("done by hand"),
    CaseKind.PICTURE_BURST: marked("pictures in many channels"),
    CaseKind.SAME_PICTURE: marked("same picture as a decided case"),
}
_FLAGGED = marked("flagged")


def history_of(face: CardFace, entries: Sequence[AuditEntry], others: Sequence[Case]) -> Reply:
    """The answer to a click on History.

    Args:
        entries: entries of the case, in any order.
        others: of the member, newest first.
    """
    case = face.case
    lines = [_("**Other cases of** {member}", member=author(case.evidence))]
    lines += [f"- {_case_line(each)}" for each in others[:CASES_SHOWN]] or ["- " + _("none")]
    if len(others) > CASES_SHOWN:
        lines.append("- " + _("and more: /case list shows them all"))
    lines += ["", _("**What happened with case {number}**", number=case.number), *history_lines(face, entries)]
    return listed("", lines, "-# " + _("For moderators."), _("history of case {number}", number=case.number))


def history_lines(face: CardFace, entries: Sequence[AuditEntry]) -> list[str]:
    """The history of a case, oldest first, one line each, with who did it."""
    found: list[tuple[datetime, str]] = [
        (entry.at, f"- {at(entry.at)} {entry_words(entry)}") for entry in entries if entry.action not in _TOLD_ELSEWHERE
    ]
    found += [
        (action.asked_at, f"- {at(action.asked_at)} {action_words.line(action, TEXT_LIMIT)}") for action in face.actions
    ]
    for note in face.notes:
        text = on_one_line(note.text, TEXT_LIMIT) if note.text else _("(text deleted)")
        said = _(_NOTES[note.kind], member=f"<@{note.author_id}>", text=text)
        found.append((note.at, f"- {at(note.at)} {said}"))
    return [line for _, line in sorted(found, key=lambda pair: pair[0])]


def entry_words(entry: AuditEntry) -> str:
    """The text of an entry about a case."""
    what = control_words(entry) or _(_WHAT.get(entry.action, entry.action.value.replace("_", " ")))
    to = entry.detail.rsplit(" ", 1)[-1]
    if entry.action in _DECIDED and to in set(CaseState):
        what = _(_DECIDED[entry.action], state=state(CaseState(to)))
    if (
        entry.actor_id is None or entry.action is AuditAction.MESSAGE_REPORTED
    ):  # only /reports show names them, to others
        return what
    return _("{what}, by {member}", what=what, member=f"<@{entry.actor_id}>")


def _case_line(case: Case) -> str:
    rules = case.rules
    what = rule_of(case, rules[0]) if rules else _(_KINDS.get(case.kind, _FLAGGED))
    parts = [_("Case {number}", number=case.number), at(case.opened_at, "d"), what, state(case.state)]
    if case.decision and case.decision.moderator_id:
        parts.append(_("by {member}", member=f"<@{case.decision.moderator_id}>"))
    return " · ".join(parts)
