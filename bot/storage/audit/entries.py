"""The texts of audit entries, so that all stores write the same ones. Ids and numbers only, never members' words."""

from __future__ import annotations

from datetime import datetime

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import Case, CaseKind, Decision
from bot.moderation.servers.server import ServerSettings
from bot.moderation.trials.backtest import Backtest, NewBacktest
from bot.moderation.trials.try_out import NewTryOut, TryOut
from guild_policies.examples import Pin
from guild_policies.store.port import PolicyChange, PolicyChangeKind

_POLICY_ACTIONS = {
    PolicyChangeKind.CREATED: AuditAction.POLICY_CREATED,
    PolicyChangeKind.DRAFT_SAVED: AuditAction.DRAFT_SAVED,
    PolicyChangeKind.PUBLISHED: AuditAction.POLICY_PUBLISHED,
    PolicyChangeKind.ROLLED_BACK: AuditAction.POLICY_ROLLED_BACK,
    PolicyChangeKind.DRAFT_DISCARDED: AuditAction.DRAFT_DISCARDED,
    PolicyChangeKind.PAUSED: AuditAction.POLICY_PAUSED,
    PolicyChangeKind.RESUMED: AuditAction.POLICY_RESUMED,
    PolicyChangeKind.SETTINGS_CHANGED: AuditAction.POLICY_SETTINGS_CHANGED,
    PolicyChangeKind.DELETED: AuditAction.POLICY_DELETED,
}


def settings_saved(
    settings: ServerSettings, *, before: ServerSettings | None, actor_id: int, at: datetime
) -> AuditEntry:
    """An admin ran ``/setup``: all settings the first time, later only changes."""
    new, old = _settings(settings), _settings(before) if before else {}
    changed = [
        f"{name} {value}" if name not in old else f"{name} {old[name]} -> {value}"
        for name, value in new.items()
        if old.get(name) != value
    ]
    return AuditEntry(
        guild_id=settings.guild_id,
        actor_id=actor_id,
        action=AuditAction.SETTINGS_SAVED,
        subject="settings",
        detail=", ".join(changed) or "nothing changed",
        at=at,
    )


def _settings(settings: ServerSettings) -> dict[str, str]:
    return {
        "cards in channel": str(settings.review_channel_id),
        "reviewer role": _or_none(settings.reviewer_role_id),
        "policy editor role": _or_none(settings.policy_editor_role_id),
        "texts kept for days": str(settings.retention_days),
        "words about appeals": str(len(settings.appeal.split())),
    }


def _or_none(value: object) -> str:
    return "none" if value is None else str(value)


def policy_changed(change: PolicyChange) -> AuditEntry:
    """A policy was created, edited, published, rolled back, or its settings changed: before and after."""
    return AuditEntry(
        guild_id=change.guild_id,
        actor_id=change.actor_id,
        action=_POLICY_ACTIONS[change.kind],
        subject=f"policy:{change.policy_id}",
        detail=_before_and_after(change),
        at=change.at,
    )


def _before_and_after(change: PolicyChange) -> str:
    version = _of("version", change.version_before)
    draft = _of("draft revision", change.draft_before)
    match change.kind:
        case PolicyChangeKind.CREATED | PolicyChangeKind.DRAFT_SAVED:
            return f"{draft} -> {change.draft_revision}"
        case PolicyChangeKind.DRAFT_DISCARDED:
            return f"{draft} -> none"
        case PolicyChangeKind.PUBLISHED:
            told = f"{version} -> {change.version_number}, from draft revision {change.draft_revision}"
            return f"{told}; overruled: {change.detail}" if change.detail else told
        case PolicyChangeKind.ROLLED_BACK:
            return f"{version} -> {change.version_number}"
        case PolicyChangeKind.PAUSED:
            return f"{version}: judging -> paused"
        case PolicyChangeKind.RESUMED:
            return f"{version}: paused -> judging"
        case PolicyChangeKind.SETTINGS_CHANGED:
            return change.detail
        case PolicyChangeKind.DELETED:
            return f"{version}, {draft} -> deleted"


def _of(what: str, number: int | None) -> str:
    return f"{what} {_or_none(number)}"


def pin_changed(pin: Pin, guild_id: int, action: AuditAction, *, actor_id: int, at: datetime) -> AuditEntry:
    """A pinned example was added or removed. Never its words."""
    wanted = "must be clear" if pin.rule_id is None else f"must break {pin.rule_id}"
    now = f"none -> {wanted}" if action is AuditAction.PIN_ADDED else f"{wanted} -> none"
    return _of_policy(guild_id, pin.policy_id, action, f"pin {pin.id}: {now}", actor_id, at)


def backtest_started(new: NewBacktest, *, at: datetime) -> AuditEntry:
    """A backtest of a draft was started."""
    detail = f"draft revision {new.draft_revision}, {len(new.cases)} cases of {new.days} days"
    return _of_policy(new.guild_id, new.policy_id, AuditAction.BACKTEST_STARTED, detail, new.started_by, at)


def backtest_ended(backtest: Backtest, *, actor_id: int | None, at: datetime) -> AuditEntry:
    """A backtest finished or was cancelled."""
    detail = f"draft revision {backtest.draft_revision}: running -> {backtest.state.value}"
    return _of_policy(backtest.guild_id, backtest.policy_id, AuditAction.BACKTEST_ENDED, detail, actor_id, at)


def try_out_started(new: NewTryOut, *, at: datetime) -> AuditEntry:
    """A try-out of a draft was started."""
    where = "everywhere" if new.channel_id is None else f"channel {new.channel_id}"
    detail = f"draft revision {new.draft_revision} in {where}, until {new.ends_at.isoformat(timespec='minutes')}"
    return _of_policy(new.guild_id, new.policy_id, AuditAction.TRY_OUT_STARTED, detail, new.started_by, at)


def try_out_ended(try_out: TryOut, *, actor_id: int | None, at: datetime) -> AuditEntry:
    """A try-out is over."""
    detail = f"draft revision {try_out.draft_revision}: running -> over, {try_out.counts.judged} messages judged"
    return _of_policy(try_out.guild_id, try_out.policy_id, AuditAction.TRY_OUT_ENDED, detail, actor_id, at)


def _of_policy(
    guild_id: int, policy_id: int, action: AuditAction, detail: str, actor_id: int | None, at: datetime
) -> AuditEntry:
    return AuditEntry(
        guild_id=guild_id, actor_id=actor_id, action=action, subject=f"policy:{policy_id}", detail=detail, at=at
    )


_FOUND = {
    CaseKind.UNDECIDED: "could not judge",
    CaseKind.REPORT: "reported by a member",
    CaseKind.AUTOMOD: "found by Discord's AutoMod",
    CaseKind.MANUAL: "done by hand",
    CaseKind.PICTURE_BURST: "pictures in many channels",
    CaseKind.SAME_PICTURE: "same picture as a decided case",
}


def case_opened(case: Case) -> AuditEntry:
    """A judge's answer, a report or something done by hand became a case."""
    judged = case.judged
    found = _FOUND.get(case.kind) or ", ".join(rule.id for rule in judged.rules)
    under = f"policy {judged.policy_id} version {judged.version_number}: {found}" if judged.policy_id else found
    return of_case(case, AuditAction.CASE_OPENED, under, at=case.opened_at)


def case_decided(case: Case, decision: Decision) -> AuditEntry:
    """A moderator decided."""
    return of_case(case, AuditAction.CASE_DECIDED, decision.state.value, at=decision.at, actor_id=decision.moderator_id)


def card_posted(case: Case, *, at: datetime) -> AuditEntry:
    """The card is in the moderators' channel."""
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
