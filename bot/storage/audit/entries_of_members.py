"""The texts of audit entries about notices, appeals and reports. Ids and numbers only, never members' words."""

from __future__ import annotations

from datetime import datetime

from bot.moderation.appeals.appeal import Appeal, AppealKey
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import Action
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.members.report import Mute, NewReport
from bot.moderation.members.report_outcome import AwaitedOutcome


def notice_noted(action: Action, state: NoticeState, *, at: datetime) -> AuditEntry:
    """A member was told of an action, or could not be."""
    kind = AuditAction.NOTICE_SENT if state is NoticeState.DELIVERED else AuditAction.NOTICE_FAILED
    detail = f"action {action.id}: {action.new.kind.value}"
    return _of_case(action.new.guild_id, action.new.case_number, kind, detail, at=at)


def appeal_changed(
    key: AppealKey, action: AuditAction, detail: str = "", *, at: datetime, actor_id: int | None
) -> AuditEntry:
    """Something happened to an appeal."""
    words = f"attempt {key.attempt}" + (f": {detail}" if detail else "")
    return _of_case(key.guild_id, key.case_number, action, words, at=at, actor_id=actor_id)


def appeal_told(appeal: Appeal, told: NoticeState, *, at: datetime) -> AuditEntry:
    """The member was told the outcome, or couldn't be told."""
    detail = f"{appeal.state.value}, {told.value}"
    return appeal_changed(appeal.key, AuditAction.APPEAL_TOLD, detail, at=at, actor_id=None)


def reported(new: NewReport, case_number: int, *, at: datetime) -> AuditEntry:
    """A member's report is about this case."""
    return _of_case(
        new.guild_id,
        case_number,
        AuditAction.MESSAGE_REPORTED,
        f"message {new.message_id}",
        at=at,
        actor_id=new.reporter_id,
    )


def reporter_told(awaited: AwaitedOutcome, state: NoticeState, *, at: datetime) -> AuditEntry:
    """A reporter was told the outcome, or couldn't be told. Doesn't name the reporter again."""
    return _of_case(awaited.guild_id, awaited.case_number, AuditAction.REPORTER_TOLD, state.value, at=at)


def muted(mute: Mute, *, at: datetime) -> AuditEntry:
    """A moderator muted a member's reports for a time."""
    detail = f"until {mute.until.isoformat(timespec='minutes')}"
    return _of_member(mute.guild_id, mute.member_id, AuditAction.REPORTER_MUTED, detail, at=at, actor_id=mute.by)


def unmuted(guild_id: int, member_id: int, *, by: int, at: datetime) -> AuditEntry:
    """A moderator unmuted a member's reports."""
    return _of_member(guild_id, member_id, AuditAction.REPORTER_UNMUTED, "", at=at, actor_id=by)


def _of_case(
    guild_id: int, number: int, action: AuditAction, detail: str, *, at: datetime, actor_id: int | None = None
) -> AuditEntry:
    return AuditEntry(
        guild_id=guild_id, actor_id=actor_id, action=action, subject=f"case:{number}", detail=detail, at=at
    )


def _of_member(
    guild_id: int, member_id: int, action: AuditAction, detail: str, *, at: datetime, actor_id: int
) -> AuditEntry:
    return AuditEntry(
        guild_id=guild_id, actor_id=actor_id, action=action, subject=f"member:{member_id}", detail=detail, at=at
    )
