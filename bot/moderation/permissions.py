"""Who may do what. Asked on every click and command, whatever Discord showed or hid."""

from __future__ import annotations

from dataclasses import dataclass

from bot.moderation.servers import ServerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member as far as permissions go, at the moment of the click."""

    id: int
    role_ids: frozenset[int]
    manages_server: bool  #: Discord's Manage Server (or administrator, or owner)
    manages_messages: bool  #: Discord's Manage Messages


def may_write_policies(person: Person) -> bool:
    """Policies and settings are for those who may manage the server."""
    return person.manages_server


def may_review(person: Person, settings: ServerSettings | None) -> bool:
    """Cases are for the reviewer role, and for those who may manage messages or the server anyway."""
    if person.manages_server or person.manages_messages:
        return True
    return settings is not None and settings.reviewer_role_id in person.role_ids
