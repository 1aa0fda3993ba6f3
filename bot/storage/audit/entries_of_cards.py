"""The texts of audit entries about further messages and shared cards."""

from __future__ import annotations

from datetime import datetime

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import CardState
from bot.moderation.cases.raid_control import ControlState, RaidControl

_GROUPED = {CardState.GROUPED: AuditAction.CARD_GROUPED, CardState.HELD: AuditAction.CARD_HELD}


def message_joined(guild_id: int, number: int, message_id: int, *, at: datetime) -> AuditEntry:
    """A further message with the same text joined the case."""
    return _of_case(guild_id, number, AuditAction.MESSAGE_JOINED, f"message {message_id}", at=at)


def further_gone(guild_id: int, number: int, message_id: int, *, at: datetime) -> AuditEntry:
    """A further message of the case was deleted."""
    return _of_case(guild_id, number, AuditAction.MESSAGE_GONE, f"further message {message_id}", at=at)


def card_grouped(guild_id: int, number: int, group_id: int, state: CardState, *, at: datetime) -> AuditEntry:
    """The case is on a shared card, or is held back."""
    return _of_case(guild_id, number, _GROUPED[state], f"group {group_id}", at=at)


def control_asked(control: RaidControl) -> AuditEntry:
    """A moderator asked for a pause of invites or direct messages, or for slow mode, on a raid's card."""
    new = control.new
    where = f" of {new.seconds} seconds in channel {new.channel_id}" if new.channel_id else ""
    until = control.until.isoformat(timespec="seconds")
    detail = f"raid control {control.id}: {new.kind.value}{where} until {until}"
    return _of_control(control, AuditAction.CONTROL_ASKED, detail, at=control.asked_at, actor_id=new.by)


def control_settled(control: RaidControl, *, before: ControlState, actor_id: int | None, at: datetime) -> AuditEntry:
    """The result of a control: Discord's answer, or its end."""
    detail = f"raid control {control.id}: {before.value} -> {control.state.value}"
    return _of_control(control, AuditAction.CONTROL_SETTLED, detail, at=at, actor_id=actor_id)


def control_reason_purged(control: RaidControl, *, at: datetime) -> AuditEntry:
    """The retention time of a control's reason is over."""
    detail = f"reason of raid control {control.id}"
    return _of_control(control, AuditAction.TEXTS_PURGED, detail, at=at, actor_id=None)


def _of_control(
    control: RaidControl, action: AuditAction, detail: str, *, at: datetime, actor_id: int | None
) -> AuditEntry:
    new = control.new
    subject = f"case:{new.case_number}"
    return AuditEntry(guild_id=new.guild_id, actor_id=actor_id, action=action, subject=subject, detail=detail, at=at)


def _of_case(guild_id: int, number: int, action: AuditAction, detail: str, *, at: datetime) -> AuditEntry:
    return AuditEntry(guild_id=guild_id, actor_id=None, action=action, subject=f"case:{number}", detail=detail, at=at)
