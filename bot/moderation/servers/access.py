"""Who may do what in which server, asked of the settings as they are at this moment."""

from __future__ import annotations

from bot.moderation.servers.permissions import Person, may_review, may_write_policies
from bot.moderation.servers.server import ServerStore


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
