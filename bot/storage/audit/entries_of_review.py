"""The texts of audit entries about work on cases. Ids and numbers only, nobody's words."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

from bot.moderation.cases.action import Action, ActionState
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import Case, CaseState, Claim, Decision
from bot.moderation.cases.ground import Ground
from bot.moderation.cases.note import Note
from bot.moderation.policies.consequences import ConsequenceSetting
from bot.moderation.servers.options import Options
from bot.storage.audit.entries import of_case

_OPTIONS = {
    "CardOptions": "cards",
    "NoticeOptions": "notices",
    "AppealOptions": "appeals",
    "ReportOptions": "reports",
    "MendingOptions": "mending",
    "SampleOptions": "sample",
    "ReadingOptions": "reading",
    "BacklogOptions": "backlog",
    "QuestionOptions": "questions",
    "CascadeOptions": "cascade",
    "ReviewOptions": "review",
    "PictureOptions": "pictures",
    "LanguageOptions": "language",
}


def case_overruled(case: Case, decision: Decision, *, before: CaseState) -> AuditEntry:
    """A decision replaces another one, or an open state."""
    detail = f"{before.value} -> {decision.state.value}"
    return of_case(case, AuditAction.CASE_OVERRULED, detail, at=decision.at, actor_id=decision.moderator_id)


def rule_named(case: Case, ground: Ground, *, actor_id: int, at: datetime) -> AuditEntry:
    """A moderator named the rule that was broken, or another reason."""
    rule = ground.rule
    detail = "another reason" if rule is None else f"policy {rule.policy_id} version {rule.version_number}: {rule.id}"
    return of_case(case, AuditAction.RULE_NAMED, detail, at=at, actor_id=actor_id)


def case_reopened(case: Case, note: Note, *, before: CaseState) -> AuditEntry:
    """The decision was undone."""
    detail = f"{before.value} -> {case.state.value}, note {note.id}"
    return of_case(case, AuditAction.CASE_REOPENED, detail, at=note.at, actor_id=note.author_id)


def case_claimed(case: Case, claim: Claim) -> AuditEntry:
    """A moderator is handling the case."""
    return of_case(case, AuditAction.CASE_CLAIMED, at=claim.at, actor_id=claim.moderator_id)


def case_skipped(case: Case, *, moderator_id: int, at: datetime) -> AuditEntry:
    """A moderator leaves the case to others."""
    return of_case(case, AuditAction.CASE_SKIPPED, at=at, actor_id=moderator_id)


def note_added(note: Note) -> AuditEntry:
    """A moderator wrote a note."""
    return _of_number(
        note.guild_id, note.case_number, AuditAction.NOTE_ADDED, f"note {note.id}", at=note.at, actor_id=note.author_id
    )


def note_purged(note: Note, *, at: datetime) -> AuditEntry:
    """The retention time of a note is over."""
    return _of_number(note.guild_id, note.case_number, AuditAction.TEXTS_PURGED, f"note {note.id}", at=at)


def action_asked(action: Action) -> AuditEntry:
    """An action was stored: before Discord is asked, or as a dry run."""
    new = action.new
    what = _what(action)
    if new.undoes is not None:
        what += f", taking back action {new.undoes}"
    if new.changes is not None:
        what += f", changing action {new.changes}"
    verb = AuditAction.ACTION_REHEARSED if action.state is ActionState.REHEARSED else AuditAction.ACTION_ASKED
    return _of_number(new.guild_id, new.case_number, verb, what, at=action.asked_at, actor_id=new.by)


def action_planned(action: Action) -> AuditEntry:
    """An automatic action was stored with the case."""
    new = action.new
    return _of_number(
        new.guild_id, new.case_number, AuditAction.ACTION_PLANNED, _what(action), at=action.asked_at, actor_id=new.by
    )


def _what(action: Action) -> str:
    new = action.new
    length = f" for {int(new.length.total_seconds())} seconds" if new.length is not None else ""
    return f"action {action.id}: {new.kind.value} of member {new.target_id}{length}"


def action_settled(action: Action, *, before: ActionState, at: datetime) -> AuditEntry:
    """The result of an action, or that it was undone."""
    new = action.new
    detail = f"action {action.id}: {before.value} -> {action.state.value}{_ends(action)}"
    return _of_number(new.guild_id, new.case_number, AuditAction.ACTION_SETTLED, detail, at=at)


def _ends(action: Action) -> str:
    """The end of the member's timeout, and of the one before."""
    now = "" if action.until is None else f", timed out until {action.until.isoformat(timespec='seconds')}"
    before = action.earlier_until
    return now + ("" if before is None else f", before that until {before.isoformat(timespec='seconds')}")


def reason_purged(action: Action, *, at: datetime) -> AuditEntry:
    """The retention time of an action's reason is over."""
    new = action.new
    return _of_number(new.guild_id, new.case_number, AuditAction.TEXTS_PURGED, f"reason of action {action.id}", at=at)


def consequence_set(
    guild_id: int,
    policy_id: int,
    setting: ConsequenceSetting,
    *,
    before: ConsequenceSetting | None,
    actor_id: int,
    at: datetime,
) -> AuditEntry:
    """An administrator set an automatic action."""
    return AuditEntry(
        guild_id=guild_id,
        actor_id=actor_id,
        action=AuditAction.CONSEQUENCE_SET,
        subject=f"policy:{policy_id}",
        detail=f"{setting.rule_id}: {_set_to(before)} -> {_set_to(setting)}",
        at=at,
    )


def _set_to(setting: ConsequenceSetting | None) -> str:
    return "off" if setting is None else f"{setting.mode.value} {setting.wished} from {setting.from_score}"


def options_saved(guild_id: int, options: Options, *, before: Options, actor_id: int, at: datetime) -> AuditEntry:
    """An administrator changed options outside ``/setup``: the changes."""
    old, new = ({field.name: _shown(getattr(each, field.name)) for field in fields(each)} for each in (before, options))
    changed = [f"{name} {old[name]} -> {value}" for name, value in new.items() if value != old[name]]
    return AuditEntry(
        guild_id=guild_id,
        actor_id=actor_id,
        action=AuditAction.OPTIONS_SAVED,
        subject="settings",
        detail=f"{_OPTIONS[type(options).__name__]}: {', '.join(changed) or 'nothing changed'}",
        at=at,
    )


def _shown(value: object) -> str:
    """The value as shown in an entry: of texts only the length, everything else in full."""
    if isinstance(value, str) and " " in value:
        return f"{len(value.split())} words"
    if isinstance(value, tuple):
        return f"[{', '.join(_shown(each) for each in value)}]"
    return "none" if value is None or value == "" else str(value)


def _of_number(
    guild_id: int, number: int, action: AuditAction, detail: str, *, at: datetime, actor_id: int | None = None
) -> AuditEntry:
    return AuditEntry(
        guild_id=guild_id, actor_id=actor_id, action=action, subject=f"case:{number}", detail=detail, at=at
    )
