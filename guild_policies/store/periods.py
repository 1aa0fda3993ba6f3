"""When a policy applies, over SQL: pauses, ends and strict starts. The half of `SqlPolicyStore` that is about time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from classifier import OperatorError
from guild_policies.sentences import marked
from guild_policies.store.checks import check_pause
from guild_policies.store.port import (
    TIME_UP,
    NothingToDo,
    PolicyChange,
    PolicyChangeKind,
    StoreUnavailable,
    change_to,
)
from guild_policies.store.rows import locked, set_values, stored, stored_policy, write_pause
from guild_policies.store.tables import policies
from guild_policies.versions import StoredPolicy

#: What is written in the same transaction as the change, such as the audit entry.
Record = Callable[[AsyncConnection, PolicyChange], Awaitable[None]]


class SqlPolicyPeriods:
    """The methods of `guild_policies.store.port.PolicyStore` about times, in a database."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], record: Record) -> None:
        self._engine = engine
        self._now = now
        self._record = record

    async def set_paused(self, *, guild_id: int, policy_id: int, paused: bool, actor_id: int) -> StoredPolicy:
        """Stop judging by the policy, or start again."""
        async with self._transaction() as connection:
            policy, _ = await locked(connection, guild_id, policy_id)
            check_pause(policy, paused=paused)
            at = self._now()
            await set_values(connection, policy_id, paused=paused)
            await write_pause(connection, policy_id, paused=paused, at=at)
            kind = PolicyChangeKind.PAUSED if paused else PolicyChangeKind.RESUMED
            await self._record(connection, change_to(policy, kind, actor_id=actor_id, at=at))
        return replace(policy, paused=paused)

    async def past_end(self, serves: Callable[[int], bool]) -> tuple[StoredPolicy, ...]:
        """Temporary policies whose end has passed."""
        return await self._of_all_servers(serves, policies.c.ends_at <= self._now())

    async def strict(self, serves: Callable[[int], bool]) -> tuple[StoredPolicy, ...]:
        """Policies with a current strict start."""
        return await self._of_all_servers(serves, policies.c.strict.is_not(None))

    async def relax(self, *, guild_id: int, policy_id: int, actor_id: int, detail: str) -> StoredPolicy:
        """End a strict start."""
        async with self._transaction() as connection:
            policy, _ = await locked(connection, guild_id, policy_id)
            if policy.strict is None:
                raise NothingToDo(marked("This policy has no strict start at the moment."))
            await set_values(connection, policy_id, strict=None)
            kind = PolicyChangeKind.SETTINGS_CHANGED
            await self._record(connection, change_to(policy, kind, actor_id=actor_id, at=self._now(), detail=detail))
        return replace(policy, strict=None)

    async def end(self, *, guild_id: int, policy_id: int, actor_id: int) -> StoredPolicy:
        """Pause a temporary policy as of its end."""
        async with self._transaction() as connection:
            policy, _ = await locked(connection, guild_id, policy_id)
            if policy.ends_at is None:
                raise NothingToDo(marked("This policy has no end, or it has already ended."))
            await set_values(connection, policy_id, paused=True, ends_at=None)
            if not policy.paused:
                await write_pause(connection, policy_id, paused=True, at=min(policy.ends_at, self._now()))
                change = change_to(policy, PolicyChangeKind.PAUSED, actor_id=actor_id, at=self._now(), detail=TIME_UP)
                await self._record(connection, change)
        return replace(policy, paused=True, ends_at=None)

    @asynccontextmanager
    async def _transaction(self, **options: bool) -> AsyncIterator[AsyncConnection]:
        """All or nothing. The option ``bylaw_reads_only`` tells the bot's engine that no lock is needed."""
        try:
            async with self._engine.execution_options(**options).begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError, OperatorError) as error:  # of the driver, of connecting, of the bot's engine
            raise StoreUnavailable(marked("The database is not responding. Try again in a moment.")) from error

    async def _all(self, wanted: Select[tuple[object, ...]]) -> tuple[StoredPolicy, ...]:
        async with self._transaction(bylaw_reads_only=True) as connection:
            rows = (await connection.execute(wanted)).mappings().all()
        return tuple(map(stored_policy, rows))

    async def _of_all_servers(
        self, serves: Callable[[int], bool], which: ColumnElement[bool]
    ) -> tuple[StoredPolicy, ...]:
        """Such policies of these servers, without deleted ones."""
        wanted = select(policies.c.guild_id).where(which, policies.c.deleted_at.is_(None)).distinct()
        async with self._transaction(bylaw_reads_only=True) as connection:
            servers = (await connection.execute(wanted)).scalars().all()
        found = [await self._all(stored(guild_id).where(which)) for guild_id in servers if serves(guild_id)]
        return tuple(policy for listed in found for policy in listed)
