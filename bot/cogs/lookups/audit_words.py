"""An entry of the audit log in words."""

from __future__ import annotations

import re

from bot.cogs.interactions.quoting import on_one_line
from bot.languages.translation import _, marked
from bot.moderation.cases.audit import AuditAction, AuditEntry

DETAIL_LIMIT = 90  #: UTF-16 units

_WHAT = {
    AuditAction.SETTINGS_SAVED: marked("settings saved"),
    AuditAction.POLICY_CREATED: marked("policy created"),
    AuditAction.DRAFT_SAVED: marked("draft saved"),
    AuditAction.POLICY_PUBLISHED: marked("policy published"),
    AuditAction.POLICY_ROLLED_BACK: marked("policy rolled back"),
    AuditAction.DRAFT_DISCARDED: marked("draft discarded"),
    AuditAction.POLICY_PAUSED: marked("policy paused"),
    AuditAction.POLICY_RESUMED: marked("policy resumed"),
    AuditAction.POLICY_SETTINGS_CHANGED: marked("policy settings changed"),
    AuditAction.POLICY_DELETED: marked("policy deleted"),
    AuditAction.POLICY_IMPORTED: marked("policy imported"),
    AuditAction.PIN_ADDED: marked("pin added"),
    AuditAction.PIN_REMOVED: marked("pin removed"),
    AuditAction.TRY_OUT_STARTED: marked("try out started"),
    AuditAction.TRY_OUT_ENDED: marked("try out ended"),
    AuditAction.BACKTEST_STARTED: marked("backtest started"),
    AuditAction.BACKTEST_ENDED: marked("backtest ended"),
    AuditAction.CASE_OPENED: marked("case opened"),
    AuditAction.CASE_DECIDED: marked("case decided"),
    AuditAction.CASE_OVERRULED: marked("case overruled"),
    AuditAction.CASE_MENDED: marked("case mended"),
    AuditAction.EDIT_OFFERED: marked("edit offered"),
    AuditAction.CASE_REOPENED: marked("case reopened"),
    AuditAction.RULE_NAMED: marked("rule named"),
    AuditAction.CASE_CLAIMED: marked("case claimed"),
    AuditAction.CASE_SKIPPED: marked("case skipped"),
    AuditAction.NOTE_ADDED: marked("note added"),
    AuditAction.ACTION_PLANNED: marked("action planned"),
    AuditAction.ACTION_ASKED: marked("action asked"),
    AuditAction.ACTION_SETTLED: marked("action settled"),
    AuditAction.ACTION_REHEARSED: marked("action rehearsed"),
    AuditAction.CONSEQUENCE_SET: marked("consequence set"),
    AuditAction.OPTIONS_SAVED: marked("options saved"),
    AuditAction.NOTICE_SENT: marked("notice sent"),
    AuditAction.NOTICE_FAILED: marked("notice failed"),
    AuditAction.APPEAL_OPENED: marked("appeal opened"),
    AuditAction.APPEAL_ASKED: marked("appeal asked"),
    AuditAction.APPEAL_ANSWERED: marked("appeal answered"),
    AuditAction.APPEAL_DECIDED: marked("appeal decided"),
    AuditAction.APPEAL_TOLD: marked("appeal told"),
    AuditAction.MESSAGE_REPORTED: marked("message reported"),
    AuditAction.REPORTER_TOLD: marked("reporter told"),
    AuditAction.REPORTER_MUTED: marked("reporter muted"),
    AuditAction.REPORTER_UNMUTED: marked("reporter unmuted"),
    AuditAction.CASES_EXPORTED: marked("cases exported"),
    AuditAction.AUDIT_EXPORTED: marked("audit exported"),
    AuditAction.SAMPLE_DRAWN: marked("sample drawn"),
    AuditAction.SAMPLE_ANSWERED: marked("sample answered"),
    AuditAction.QUESTIONS_ASKED: marked("questions asked"),
    AuditAction.QUESTION_ANSWERED: marked("question answered"),
    AuditAction.CARD_POSTED: marked("card posted"),
    AuditAction.CARD_LOST: marked("card lost"),
    AuditAction.CARD_GROUPED: marked("card grouped"),
    AuditAction.CARD_HELD: marked("card held"),
    AuditAction.CONTROL_ASKED: marked("control asked"),
    AuditAction.CONTROL_SETTLED: marked("control settled"),
    AuditAction.MESSAGE_JOINED: marked("message joined"),
    AuditAction.MESSAGE_GONE: marked("message gone"),
    AuditAction.MESSAGE_EDITED: marked("message edited"),
    AuditAction.AUTHOR_FOUND: marked("author found"),
    AuditAction.TEXTS_PURGED: marked("texts purged"),
    AuditAction.ERASURE_ASKED: marked("erasure asked"),
    AuditAction.TEXTS_ERASED: marked("texts erased"),
    AuditAction.SERVER_LEFT: marked("server left"),
    AuditAction.SERVER_BACK: marked("server back"),
    AuditAction.SERVER_DELETED: marked("server deleted"),
    AuditAction.SERVER_EXPORTED: marked("server exported"),
    AuditAction.SERVER_IMPORTED: marked("server imported"),
}
#: Names of subjects, by their first word.
_ABOUT = {
    "case": marked("case {id}"),
    "policy": marked("policy {id}"),
    "member": marked("member {id}"),
    "message": marked("message {id}"),
    "question": marked("question {id}"),
    "sample": marked("sample {id}"),
}
_ABOUT_ALL = {
    "cases": marked("the cases"),
    "server": marked("the server"),
    "settings": marked("the settings"),
    "audit": marked("the audit log"),
}
_ITS_POLICY = re.compile(r"\Apolicy [0-9]+(?= version )")
_A_MEMBER = marked("a member")


def entry_line(entry: AuditEntry, policy: str = "") -> str:
    """An entry on one line: who, what, on which subject. Its detail is in English.

    Args:
        policy: the name of the policy that it is about, shown in place of the policy's id.
    """
    who = "Bylaw" if entry.actor_id is None else f"<@{entry.actor_id}>"
    if entry.action is AuditAction.MESSAGE_REPORTED:
        who = _(_A_MEMBER)
    detail, subject = entry.detail, entry.subject
    if policy and subject.startswith("policy:"):
        subject = f"policy:{policy}"
    elif policy:
        detail = _ITS_POLICY.sub(lambda _found: f"policy {policy}", detail)
    shown = on_one_line(detail, DETAIL_LIMIT)
    return f"{who}: **{_(_WHAT[entry.action])}**, {_about(subject)}" + (f" · {shown}" if shown else "")


def _about(subject: str) -> str:
    kind, separator, name = subject.partition(":")
    if kind in _ABOUT and separator:
        return _(_ABOUT[kind], id=on_one_line(name if kind == "policy" else name.replace(":", " "), DETAIL_LIMIT))
    if subject in _ABOUT_ALL:
        return _(_ABOUT_ALL[subject])
    return on_one_line(subject.replace(":", " "), DETAIL_LIMIT)
