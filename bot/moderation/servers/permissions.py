"""Permissions. Checked on every click and command, whatever Discord showed or hid."""

from __future__ import annotations

from dataclasses import dataclass

from bot.moderation.servers.server import ServerSettings, ServerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The facts about a member that permissions need, at the time of the click."""

    id: int
    role_ids: frozenset[int]
    manages_server: bool  #: Discord's Manage Server (or administrator, or owner)
    manages_messages: bool  #: Discord's Manage Messages


def may_change_settings(person: Person) -> bool:
    """May this person change settings? Only those who may manage the server: policy editors can't give out their own
    role."""
    return person.manages_server


def may_write_policies(person: Person, settings: ServerSettings | None = None) -> bool:
    """May this person edit policies? Those who may manage the server, and the policy editor role."""
    if person.manages_server:
        return True
    return settings is not None and settings.policy_editor_role_id in person.role_ids


def may_review(person: Person, settings: ServerSettings | None) -> bool:
    """May this person see cases? The reviewer role, and those who may manage messages or the server."""
    if person.manages_server or person.manages_messages:
        return True
    return settings is not None and settings.reviewer_role_id in person.role_ids


class Access:
    """Answers permission questions for cogs, which know the person but not the server's settings."""

    def __init__(self, servers: ServerStore) -> None:
        self._servers = servers

    async def may_review(self, guild_id: int, person: Person) -> bool:
        """May this person see cases and decide on them?"""
        return may_review(person, await self._servers.get(guild_id))

    async def may_write_policies(self, guild_id: int, person: Person) -> bool:
        """May this person write, publish and set policies?"""
        return may_write_policies(person, await self._servers.get(guild_id))
