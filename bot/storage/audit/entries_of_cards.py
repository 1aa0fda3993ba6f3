"""The words of the audit entries about further messages, and about cards that show many cases."""

from __future__ import annotations

from datetime import datetime

from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import CardState

_GROUPED = {CardState.GROUPED: AuditAction.CARD_GROUPED, CardState.HELD: AuditAction.CARD_HELD}


def message_joined(guild_id: int, number: int, message_id: int, *, at: datetime) -> AuditEntry:
    """The same text once more: another message of the case."""
    return _of_case(guild_id, number, AuditAction.MESSAGE_JOINED, f"message {message_id}", at=at)


def further_gone(guild_id: int, number: int, message_id: int, *, at: datetime) -> AuditEntry:
    """A further message of the case was deleted."""
    return _of_case(guild_id, number, AuditAction.MESSAGE_GONE, f"further message {message_id}", at=at)


def card_grouped(guild_id: int, number: int, group_id: int, state: CardState, *, at: datetime) -> AuditEntry:
    """The case is on a shared card, or is held back."""
    return _of_case(guild_id, number, _GROUPED[state], f"group {group_id}", at=at)


def _of_case(guild_id: int, number: int, action: AuditAction, detail: str, *, at: datetime) -> AuditEntry:
    return AuditEntry(guild_id=guild_id, actor_id=None, action=action, subject=f"case:{number}", detail=detail, at=at)
