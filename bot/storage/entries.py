"""The words of the audit entries, so that every store writes the same ones. Ids and numbers only, no member's words."""

from __future__ import annotations

from datetime import datetime

from bot.moderation.audit import AuditAction, AuditEntry
from bot.moderation.cases import Case, CaseKind, Decision
from bot.moderation.servers import ServerSettings
from guild_policies.store import PolicyChange, PolicyChangeKind

_POLICY_ACTIONS = {
    PolicyChangeKind.CREATED: AuditAction.POLICY_CREATED,
    PolicyChangeKind.DRAFT_SAVED: AuditAction.DRAFT_SAVED,
    PolicyChangeKind.PUBLISHED: AuditAction.POLICY_PUBLISHED,
    PolicyChangeKind.ROLLED_BACK: AuditAction.POLICY_ROLLED_BACK,
}


def settings_saved(settings: ServerSettings, *, actor_id: int, at: datetime) -> AuditEntry:
    """An admin ran ``/setup``."""
    role = "none" if settings.reviewer_role_id is None else str(settings.reviewer_role_id)
    return AuditEntry(
        guild_id=settings.guild_id,
        actor_id=actor_id,
        action=AuditAction.SETTINGS_SAVED,
        subject="settings",
        detail=f"cards in channel {settings.review_channel_id}, reviewer role {role}, "
        f"texts kept {settings.retention_days} days",
        at=at,
    )


def policy_changed(change: PolicyChange) -> AuditEntry:
    """A policy was made, edited, published or rolled back."""
    in_force = change.version_number is not None
    detail = f"version {change.version_number}" if in_force else f"draft revision {change.draft_revision}"
    return AuditEntry(
        guild_id=change.guild_id,
        actor_id=change.actor_id,
        action=_POLICY_ACTIONS[change.kind],
        subject=f"policy:{change.policy_id}",
        detail=detail,
        at=change.at,
    )


def case_opened(case: Case) -> AuditEntry:
    """A judge's answer became a case."""
    judged = case.judged
    found = ", ".join(rule.id for rule in judged.rules) if case.kind is CaseKind.VIOLATION else "could not judge"
    return of_case(
        case,
        AuditAction.CASE_OPENED,
        f"policy {judged.policy_id} version {judged.version_number}: {found}",
        at=case.opened_at,
    )


def case_decided(case: Case, decision: Decision) -> AuditEntry:
    """A moderator decided."""
    return of_case(case, AuditAction.CASE_DECIDED, decision.state.value, at=decision.at, actor_id=decision.moderator_id)


def card_posted(case: Case, *, at: datetime) -> AuditEntry:
    """The card stands in the moderators' channel."""
    detail = f"message {case.card_message_id} in channel {case.card_channel_id}"
    return of_case(case, AuditAction.CARD_POSTED, detail, at=at)


def of_case(
    case: Case, action: AuditAction, detail: str = "", *, at: datetime, actor_id: int | None = None
) -> AuditEntry:
    """An entry about a case, by the bot itself where no actor is named."""
    return AuditEntry(
        guild_id=case.guild_id,
        actor_id=actor_id,
        action=action,
        subject=f"case:{case.number}",
        detail=detail,
        at=at,
    )
