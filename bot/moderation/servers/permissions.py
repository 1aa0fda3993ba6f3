"""Who may do what. Asked on every click and command, whatever Discord showed or hid."""

from __future__ import annotations

from dataclasses import dataclass

from bot.moderation.servers.server import ServerSettings, ServerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member as far as permissions go, at the moment of the click."""

    id: int
    role_ids: frozenset[int]
    manages_server: bool  #: Discord's Manage Server (or administrator, or owner)
    manages_messages: bool  #: Discord's Manage Messages


def may_change_settings(person: Person) -> bool:
    """The server's settings are for those who may manage it; nobody gives out the editor role by having it."""
    return person.manages_server


def may_write_policies(person: Person, settings: ServerSettings | None = None) -> bool:
    """Policies are for those who may manage the server, and for the policy editor role."""
    if person.manages_server:
        return True
    return settings is not None and settings.policy_editor_role_id in person.role_ids


def may_review(person: Person, settings: ServerSettings | None) -> bool:
    """Cases are for the reviewer role, and for those who may manage messages or the server anyway."""
    if person.manages_server or person.manages_messages:
        return True
    return settings is not None and settings.reviewer_role_id in person.role_ids


class Access:
    """Answers for the edge, which knows the person but not the server's settings."""

    def __init__(self, servers: ServerStore) -> None:
        self._servers = servers

    async def may_review(self, guild_id: int, person: Person) -> bool:
        """May this person look at cases and decide on them?"""
        return may_review(person, await self._servers.get(guild_id))

    async def may_write_policies(self, guild_id: int, person: Person) -> bool:
        """May this person write, publish and set policies?"""
        return may_write_policies(person, await self._servers.get(guild_id))
