"""**History** on a card: the member's other cases, and everything that happened with this one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.cogs.cards.card_texts import author
from bot.cogs.interactions import action_words
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, listed
from bot.cogs.interactions.wording import at, rule, state
from bot.moderation.cards.face import CardFace
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import Case, CaseKind, CaseState
from bot.moderation.cases.note import NoteKind

TEXT_LIMIT = 200  #: UTF-16 units for a note or a reason
CASES_SHOWN = 10

_WHAT = {
    AuditAction.CASE_OPENED: "opened",
    AuditAction.CASE_DECIDED: "decided",
    AuditAction.CASE_OVERRULED: "decided again",
    AuditAction.RULE_NAMED: "rule named",
    AuditAction.CASE_MENDED: "mended: the author edited the message in time",
    AuditAction.EDIT_OFFERED: "the author was asked to edit the message",
    AuditAction.CASE_CLAIMED: "claimed",
    AuditAction.CASE_SKIPPED: "skipped: left to others",
    AuditAction.CARD_POSTED: "card posted",
    AuditAction.CARD_LOST: "card was deleted",
    AuditAction.CONTROL_ASKED: "raid control asked for",
    AuditAction.CONTROL_SETTLED: "raid control settled",
    AuditAction.MESSAGE_GONE: "message was deleted",
    AuditAction.MESSAGE_EDITED: "message was edited",
    AuditAction.MESSAGE_REPORTED: "reported by a member",
    AuditAction.AUTHOR_FOUND: "message turned out to be a copy of the member's",
    AuditAction.TEXTS_PURGED: "text deleted, its retention time was over",
}
#: Their words come from the actions and the notes themselves, which know more than the log.
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
    NoteKind.NOTE: "note",
    NoteKind.REOPENED: "reopened",
    NoteKind.DIFFERS: "compared with similar cases",
}
_STATES = {each.value: state(each) for each in CaseState}
_KINDS = {
    CaseKind.UNDECIDED: "could not judge",
    CaseKind.REPORT: "reported by members",
    CaseKind.AUTOMOD: "Discord's AutoMod",
    CaseKind.MANUAL: "done by hand",
    CaseKind.PICTURE_BURST: "pictures in many channels",
    CaseKind.SAME_PICTURE: "same picture as a decided case",
}


def history_of(face: CardFace, entries: Sequence[AuditEntry], others: Sequence[Case]) -> Reply:
    """The answer to a click on History.

    Args:
        entries: of the case, in any order.
        others: of the member, newest first.
    """
    case = face.case
    lines = [f"**Other cases of** {author(case.evidence)}"]
    lines += [f"- {_case_line(each)}" for each in others[:CASES_SHOWN]] or ["- none"]
    if len(others) > CASES_SHOWN:
        lines.append("- and more: /case list shows them all")
    lines += ["", f"**What happened with case {case.number}**", *history_lines(face, entries)]
    return listed("", lines, "-# For moderators.", f"history of case {case.number}")


def history_lines(face: CardFace, entries: Sequence[AuditEntry]) -> list[str]:
    """What happened with a case, oldest first, a line each, with who did it."""
    found: list[tuple[datetime, str]] = [
        (entry.at, f"- {at(entry.at)} {entry_words(entry)}") for entry in entries if entry.action not in _TOLD_ELSEWHERE
    ]
    found += [
        (action.asked_at, f"- {at(action.asked_at)} {action_words.line(action, TEXT_LIMIT)}") for action in face.actions
    ]
    for note in face.notes:
        text = on_one_line(note.text, TEXT_LIMIT) if note.text else "(text deleted)"
        what = _NOTES[note.kind]
        found.append((note.at, f"- {at(note.at)} {what} by <@{note.author_id}>: {text}"))
    return [line for _, line in sorted(found, key=lambda pair: pair[0])]


def entry_words(entry: AuditEntry) -> str:
    """What an entry about a case says."""
    what = _WHAT.get(entry.action, entry.action.value.replace("_", " "))
    if entry.action in {AuditAction.CASE_DECIDED, AuditAction.CASE_OVERRULED}:
        to = entry.detail.rsplit(" ", 1)[-1]
        what = f"{what}: {_STATES[to]}" if to in _STATES else what
    if entry.action in {AuditAction.CONTROL_ASKED, AuditAction.CONTROL_SETTLED}:
        what = f"{what}: {entry.detail.partition(': ')[2].replace('_', ' ')}"
    if (
        entry.actor_id is None or entry.action is AuditAction.MESSAGE_REPORTED
    ):  # /reports show names them to others only
        return what
    return f"{what} by <@{entry.actor_id}>"


def _case_line(case: Case) -> str:
    rules = case.rules
    what = rule(rules[0].id, rules[0].title) if rules else _KINDS.get(case.kind, "flagged")
    decided = f", by <@{case.decision.moderator_id}>" if case.decision and case.decision.moderator_id else ""
    return f"Case {case.number}, {at(case.opened_at, 'd')}: {what}. {state(case.state)}{decided}"
