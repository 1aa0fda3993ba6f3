"""Audit entries: append-only, who did what, when, and to which version of what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class AuditAction(StrEnum):
    """What was done. The values are stored and never change their meaning."""

    SETTINGS_SAVED = "settings_saved"
    POLICY_CREATED = "policy_created"
    DRAFT_SAVED = "draft_saved"
    POLICY_PUBLISHED = "policy_published"
    POLICY_ROLLED_BACK = "policy_rolled_back"
    DRAFT_DISCARDED = "draft_discarded"
    POLICY_PAUSED = "policy_paused"
    POLICY_RESUMED = "policy_resumed"
    POLICY_SETTINGS_CHANGED = "policy_settings_changed"
    POLICY_DELETED = "policy_deleted"
    POLICY_IMPORTED = "policy_imported"
    PIN_ADDED = "pin_added"
    PIN_REMOVED = "pin_removed"
    TRY_OUT_STARTED = "try_out_started"
    TRY_OUT_ENDED = "try_out_ended"
    BACKTEST_STARTED = "backtest_started"
    BACKTEST_ENDED = "backtest_ended"
    CASE_OPENED = "case_opened"
    CASE_DECIDED = "case_decided"
    CASE_OVERRULED = "case_overruled"
    CASE_MENDED = "case_mended"
    EDIT_OFFERED = "edit_offered"
    CASE_REOPENED = "case_reopened"
    RULE_NAMED = "rule_named"
    CASE_CLAIMED = "case_claimed"
    CASE_SKIPPED = "case_skipped"
    NOTE_ADDED = "note_added"
    ACTION_PLANNED = "action_planned"
    ACTION_ASKED = "action_asked"
    ACTION_SETTLED = "action_settled"
    ACTION_REHEARSED = "action_rehearsed"
    CONSEQUENCE_SET = "consequence_set"
    OPTIONS_SAVED = "options_saved"
    NOTICE_SENT = "notice_sent"
    NOTICE_FAILED = "notice_failed"
    APPEAL_OPENED = "appeal_opened"
    APPEAL_ASKED = "appeal_asked"
    APPEAL_ANSWERED = "appeal_answered"
    APPEAL_DECIDED = "appeal_decided"
    APPEAL_TOLD = "appeal_told"
    MESSAGE_REPORTED = "message_reported"
    REPORTER_TOLD = "reporter_told"
    REPORTER_MUTED = "reporter_muted"
    REPORTER_UNMUTED = "reporter_unmuted"
    CASES_EXPORTED = "cases_exported"
    AUDIT_EXPORTED = "audit_exported"
    SAMPLE_DRAWN = "sample_drawn"
    SAMPLE_ANSWERED = "sample_answered"
    QUESTIONS_ASKED = "questions_asked"
    QUESTION_ANSWERED = "question_answered"
    CARD_POSTED = "card_posted"
    CARD_LOST = "card_lost"
    CARD_GROUPED = "card_grouped"
    CARD_HELD = "card_held"
    CONTROL_ASKED = "control_asked"
    CONTROL_SETTLED = "control_settled"
    MESSAGE_JOINED = "message_joined"
    MESSAGE_GONE = "message_gone"
    MESSAGE_EDITED = "message_edited"
    AUTHOR_FOUND = "author_found"
    TEXTS_PURGED = "texts_purged"
    ERASURE_ASKED = "erasure_asked"
    TEXTS_ERASED = "texts_erased"
    SERVER_LEFT = "server_left"
    SERVER_BACK = "server_back"
    SERVER_DELETED = "server_deleted"
    SERVER_EXPORTED = "server_exported"
    SERVER_IMPORTED = "server_imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit log. Holds ids and numbers, never a member's words."""

    guild_id: int
    actor_id: int | None  #: None for the bot itself
    action: AuditAction
    subject: str  #: ``case:12``, ``policy:3`` or ``settings``
    detail: str = ""  #: such as ``version 4`` or ``draft revision 2 -> 3``
    at: datetime


class AuditLog(Protocol):
    """The read side. The stores write entries in the transaction of the change itself."""

    async def entries(self, guild_id: int, *, subject: str | None = None, limit: int = 50) -> tuple[AuditEntry, ...]:
        """Entries of a server, newest first."""
