"""Coordinates with other processes that run the same bot over one database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bot.cogs.interactions.errors import surviving
from bot.moderation.appeals.follow_up import AppealFollowUp
from bot.moderation.policies.in_force import PoliciesInForce
from bot.moderation.servers.cache import CachedOptions, CachedServers
from bot.settings import Settings
from bot.storage.database.engine import database_url
from bot.storage.database.errors import StorageError
from bot.storage.database.membership import Change, Membership, Told
from bot.storage.database.outage import Outage

_APPEALS = "appeals"  #: the table with this name


@dataclass(frozen=True, slots=True, kw_only=True)
class Caches:
    """The caches of servers' settings and policies."""

    servers: CachedServers
    options: CachedOptions
    in_force: PoliciesInForce

    def changed(self, guild_id: int) -> None:
        """Another process changed something in this server."""
        for each in (self.servers, self.options, self.in_force):
            each.changed(guild_id)

    def forget_all(self) -> None:
        """Drop the whole cache."""
        for each in (self.servers, self.options, self.in_force):
            each.forget_all()


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """The services affected by other processes' changes."""

    caches: Caches
    appeals: AppealFollowUp
    serves: Callable[[int], bool]  #: is this process responsible for this server?


class OtherProcesses:
    """Holds this process's shards, and passes on others' changes. Does nothing with SQLite, which only supports one
    process."""

    def __init__(self, settings: Settings, *, replaced: Callable[[StorageError], None], outage: Outage) -> None:
        """Nothing is opened yet.

        Args:
            outage: told when the connection that holds the shards is lost.
            replaced: called when another process took this one's shards while it had no connection.
        """
        self._settings = settings
        self._replaced = replaced
        self._outage = outage
        self._membership: Membership | None = None
        self._affected: Affected | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Claim this process's shards.

        Raises:
            StorageError: another process has them, or the database can't be reached.
        """
        if database_url(self._settings.database).get_backend_name() != "postgresql":
            return
        told = Told(changed=self._changed, missed=self._missed, replaced=self._replaced, outage=self._outage)
        self._membership = Membership(self._settings.database, self._settings.shards, told)
        await self._membership.open()

    async def close(self) -> None:
        """Release the shards. Safe to call twice."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._membership is not None:
            await self._membership.close()

    def pass_on(self, affected: Affected) -> None:
        """Start passing on changes."""
        self._affected = affected

    async def leads(self) -> bool:
        """Is this process the leader, which does work that belongs to no server, such as scheduled deletions?"""
        return self._membership is None or await self._membership.leads()

    def owns(self, guild_id: int) -> bool:
        """Does this server belong to this process's shards, connected or not?"""
        shards = self._settings.shards
        return shards is None or shards.has(guild_id)

    def _changed(self, change: Change) -> None:
        affected = self._affected
        if affected is None:
            return
        if change.table != _APPEALS:
            affected.caches.changed(change.guild_id)
        elif affected.serves(change.guild_id):
            task = asyncio.create_task(self._take_over(affected.appeals, change.guild_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _missed(self) -> None:
        if self._affected is not None:
            self._affected.caches.forget_all()

    @staticmethod
    async def _take_over(appeals: AppealFollowUp, guild_id: int) -> None:
        async with surviving("showing an appeal"):
            await appeals.take_over(guild_id)
