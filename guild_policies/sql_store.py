"""The policy store over SQL: SQLite by default, PostgreSQL for several processes.

Every change begins with a write to the policy's own row. That takes the lock before anything is read, on SQLite (the
whole database) as on PostgreSQL (the row), so what is then compared cannot change until the transaction ends. Two
admins who publish at once are so put in a row, and the second one meets what the first one left.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import Select, and_, func, insert, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from guild_policies.store import (
    MAX_POLICIES_PER_SERVER,
    NameTaken,
    NoSuchPolicy,
    PolicyChange,
    PolicyChangeKind,
    StoreUnavailable,
    TooManyPolicies,
)
from guild_policies.store_checks import check_roll_back, check_save, checked_draft, checked_name, checked_text, name_key
from guild_policies.tables import policies, policy_drafts, policy_publications, policy_versions
from guild_policies.versions import Draft, PolicyVersion, Publication, StoredPolicy

#: What is written in the same transaction as the change, such as the audit entry.
Record = Callable[[AsyncConnection, PolicyChange], Awaitable[None]]

#: On PostgreSQL two new policies of a server may want the same place in its list. Each time that one loses it another
#: one was made, so it cannot lose more often than there are places.
_TRIES = MAX_POLICIES_PER_SERVER + 1


class _Clash(Exception):
    """A new policy hurts a constraint: its name, its place or the limit."""


class SqlPolicyStore:
    """Keeps the promises of `guild_policies.store.PolicyStore` in a database."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], record: Record) -> None:
        self._engine = engine
        self._now = now
        self._record = record

    async def create(self, *, guild_id: int, name: str, text: str, actor_id: int) -> StoredPolicy:
        """Make a policy with `text` as its first draft."""
        name, text = checked_name(name), checked_text(text)
        for _ in range(_TRIES):
            try:
                async with self._transaction() as connection:
                    return await self._insert(connection, guild_id, name, text, actor_id)
            except _Clash:
                await self._refuse_for_good(guild_id, name)
        raise StoreUnavailable("Other policies are being made right now. Try again in a moment.")

    async def find(self, guild_id: int, name: str) -> StoredPolicy | None:
        """The policy of this name."""
        found = await self._all(_stored(guild_id).where(policies.c.name_key == name_key(name)))
        return found[0] if found else None

    async def list(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """All policies of a server, oldest first."""
        return await self._all(_stored(guild_id))

    async def published(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """The policies of a server that are in force, oldest first."""
        return await self._all(_stored(guild_id).where(policies.c.published_number.is_not(None)))

    async def save_draft(
        self, *, guild_id: int, policy_id: int, text: str, actor_id: int, seen_revision: int | None
    ) -> Draft:
        """Keep `text` as the draft."""
        text = checked_text(text)
        async with self._transaction() as connection:
            policy, last_revision = await _locked(connection, guild_id, policy_id)
            check_save(policy, seen_revision)
            at, revision = self._now(), last_revision + 1
            draft = Draft(policy_id=policy_id, text=text, revision=revision, author_id=actor_id, updated_at=at)
            await connection.execute(delete_from(policy_drafts).where(policy_drafts.c.policy_id == policy_id))
            await _insert_draft(connection, draft)
            await _set(connection, policy_id, draft_revision=revision)
            await self._tell(connection, policy, PolicyChangeKind.DRAFT_SAVED, actor_id, at, revision=revision)
        return draft

    async def publish(
        self, *, guild_id: int, policy_id: int, seen_revision: int, fingerprint: str, actor_id: int
    ) -> PolicyVersion:
        """Turn the draft into the next version and put it in force."""
        async with self._transaction() as connection:
            policy, last_revision = await _locked(connection, guild_id, policy_id)
            draft = checked_draft(policy, seen_revision=seen_revision, last_revision=last_revision)
            at = self._now()
            version = await _insert_version(connection, draft, fingerprint, at)
            await connection.execute(delete_from(policy_drafts).where(policy_drafts.c.policy_id == policy_id))
            await _put_in_force(connection, version, PolicyChangeKind.PUBLISHED, actor_id, at)
            await self._tell(
                connection, policy, PolicyChangeKind.PUBLISHED, actor_id, at,
                revision=draft.revision, version=version.number,
            )  # fmt: skip
        return version

    async def roll_back(
        self, *, guild_id: int, policy_id: int, to_number: int, seen_number: int, actor_id: int
    ) -> PolicyVersion:
        """Put an older version in force again."""
        async with self._transaction() as connection:
            policy, _ = await _locked(connection, guild_id, policy_id)
            wanted = select(policy_versions).where(
                policy_versions.c.policy_id == policy_id, policy_versions.c.number == to_number
            )
            row = (await connection.execute(wanted)).mappings().one_or_none()
            if row is None:
                raise NoSuchPolicy("This policy has no such version.")
            version = _version(row)
            check_roll_back(policy, version, seen_number)
            at = self._now()
            await _put_in_force(connection, version, PolicyChangeKind.ROLLED_BACK, actor_id, at)
            await self._tell(connection, policy, PolicyChangeKind.ROLLED_BACK, actor_id, at, version=to_number)
        return version

    async def version(self, guild_id: int, version_id: int) -> PolicyVersion | None:
        """One version by its id, if it is this server's."""
        wanted = select(policy_versions).join(policies, policies.c.id == policy_versions.c.policy_id)
        wanted = wanted.where(policies.c.guild_id == guild_id, policy_versions.c.id == version_id)
        async with self._transaction(bylaw_reads_only=True) as connection:
            row = (await connection.execute(wanted)).mappings().one_or_none()
        return None if row is None else _version(row)

    async def history(self, guild_id: int, policy_id: int) -> tuple[Publication, ...]:
        """Every time a version came into force, newest first."""
        wanted = (
            select(policy_publications, policy_versions)
            .join(policy_versions, policy_versions.c.id == policy_publications.c.version_id)
            .join(policies, policies.c.id == policy_publications.c.policy_id)
            .where(policies.c.guild_id == guild_id, policies.c.id == policy_id)
            .order_by(policy_publications.c.id.desc())
        )
        async with self._transaction(bylaw_reads_only=True) as connection:
            rows = (await connection.execute(wanted)).mappings().all()
        return tuple(map(_publication, rows))

    @asynccontextmanager
    async def _transaction(self, **options: bool) -> AsyncIterator[AsyncConnection]:
        """All or nothing. By the option ``bylaw_reads_only`` the bot's engine knows that no lock is needed."""
        try:
            async with self._engine.execution_options(**options).begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:  # asyncpg raises OSError where it cannot connect
            raise StoreUnavailable("The database does not answer. Try again in a moment.") from error

    async def _all(self, wanted: Select[tuple[object, ...]]) -> tuple[StoredPolicy, ...]:
        async with self._transaction(bylaw_reads_only=True) as connection:
            rows = (await connection.execute(wanted)).mappings().all()
        return tuple(map(_stored_policy, rows))

    async def _insert(
        self, connection: AsyncConnection, guild_id: int, name: str, text: str, actor_id: int
    ) -> StoredPolicy:
        """The insert comes first and finds the place itself, so that it takes the lock and reads under it."""
        at = self._now()
        taken = select(func.coalesce(func.max(policies.c.place), 0)).where(policies.c.guild_id == guild_id)
        new = insert(policies).values(
            guild_id=guild_id, name=name, name_key=name_key(name), place=taken.scalar_subquery() + 1,
            draft_revision=1, published_number=None, created_at=at,
        )  # fmt: skip
        try:
            (policy_id,) = (await connection.execute(new)).inserted_primary_key or (0,)
        except IntegrityError as error:
            raise _Clash from error
        draft = Draft(policy_id=policy_id, text=text, revision=1, author_id=actor_id, updated_at=at)
        await _insert_draft(connection, draft)
        policy = StoredPolicy(id=policy_id, guild_id=guild_id, name=name, published=None, draft=draft, created_at=at)
        await self._tell(connection, policy, PolicyChangeKind.CREATED, actor_id, at, revision=1)
        return policy

    async def _refuse_for_good(self, guild_id: int, name: str) -> None:
        """Raise the refusal that a clash stands for; return where it was only a race, and worth another try."""
        if await self.find(guild_id, name) is not None:
            raise NameTaken("There is a policy of this name already.")
        if len(await self.list(guild_id)) >= MAX_POLICIES_PER_SERVER:
            raise TooManyPolicies(f"A server has at most {MAX_POLICIES_PER_SERVER} policies.")

    async def _tell(
        self,
        connection: AsyncConnection,
        policy: StoredPolicy,
        kind: PolicyChangeKind,
        actor_id: int,
        at: datetime,
        *,
        revision: int | None = None,
        version: int | None = None,
    ) -> None:
        await self._record(connection, PolicyChange(
            guild_id=policy.guild_id, policy_id=policy.id, policy_name=policy.name, kind=kind, version_number=version,
            draft_revision=revision, actor_id=actor_id, at=at,
        ))  # fmt: skip


async def _locked(connection: AsyncConnection, guild_id: int, policy_id: int) -> tuple[StoredPolicy, int]:
    """The policy, locked until the transaction ends, and the newest revision that a draft of it ever had."""
    touch = update(policies).where(policies.c.guild_id == guild_id, policies.c.id == policy_id)
    touched = await connection.execute(touch.values(draft_revision=policies.c.draft_revision))
    if touched.rowcount == 0:
        raise NoSuchPolicy("This server has no such policy.")
    row = (await connection.execute(_stored(guild_id).where(policies.c.id == policy_id))).mappings().one()
    return _stored_policy(row), row[policies.c.draft_revision]


async def _set(connection: AsyncConnection, policy_id: int, **values: int) -> None:
    await connection.execute(update(policies).where(policies.c.id == policy_id).values(**values))


async def _insert_draft(connection: AsyncConnection, draft: Draft) -> None:
    await connection.execute(insert(policy_drafts).values(
        policy_id=draft.policy_id, text=draft.text, revision=draft.revision, author_id=draft.author_id,
        updated_at=draft.updated_at,
    ))  # fmt: skip


async def _insert_version(connection: AsyncConnection, draft: Draft, fingerprint: str, at: datetime) -> PolicyVersion:
    taken = select(func.coalesce(func.max(policy_versions.c.number), 0))
    taken = taken.where(policy_versions.c.policy_id == draft.policy_id)
    number: int = (await connection.execute(taken)).scalar_one() + 1
    result = await connection.execute(insert(policy_versions).values(
        policy_id=draft.policy_id, number=number, text=draft.text, fingerprint=fingerprint, author_id=draft.author_id,
        created_at=at,
    ))  # fmt: skip
    (version_id,) = result.inserted_primary_key or (0,)
    return PolicyVersion(
        id=version_id, policy_id=draft.policy_id, number=number, text=draft.text, fingerprint=fingerprint,
        author_id=draft.author_id, created_at=at,
    )  # fmt: skip


async def _put_in_force(
    connection: AsyncConnection, version: PolicyVersion, kind: PolicyChangeKind, actor_id: int, at: datetime
) -> None:
    await _set(connection, version.policy_id, published_number=version.number)
    await connection.execute(insert(policy_publications).values(
        policy_id=version.policy_id, version_id=version.id, kind=kind.value, actor_id=actor_id, at=at
    ))  # fmt: skip


def _stored(guild_id: int) -> Select[tuple[object, ...]]:
    """A server's policies with their version in force and their draft, oldest first."""
    in_force = and_(
        policy_versions.c.policy_id == policies.c.id, policy_versions.c.number == policies.c.published_number
    )
    return (
        select(policies, policy_versions, policy_drafts)
        .outerjoin_from(policies, policy_versions, in_force)
        .outerjoin(policy_drafts, policy_drafts.c.policy_id == policies.c.id)
        .where(policies.c.guild_id == guild_id)
        .order_by(policies.c.id)
    )


def _stored_policy(row: RowMapping) -> StoredPolicy:
    draft = None
    if row[policy_drafts.c.policy_id] is not None:
        draft = Draft(
            policy_id=row[policy_drafts.c.policy_id],
            text=row[policy_drafts.c.text],
            revision=row[policy_drafts.c.revision],
            author_id=row[policy_drafts.c.author_id],
            updated_at=row[policy_drafts.c.updated_at],
        )
    return StoredPolicy(
        id=row[policies.c.id],
        guild_id=row[policies.c.guild_id],
        name=row[policies.c.name],
        published=None if row[policy_versions.c.id] is None else _version(row),
        draft=draft,
        created_at=row[policies.c.created_at],
    )


def _publication(row: RowMapping) -> Publication:
    return Publication(
        version=_version(row),
        kind=row[policy_publications.c.kind],
        actor_id=row[policy_publications.c.actor_id],
        at=row[policy_publications.c.at],
    )


def _version(row: RowMapping) -> PolicyVersion:
    return PolicyVersion(
        id=row[policy_versions.c.id],
        policy_id=row[policy_versions.c.policy_id],
        number=row[policy_versions.c.number],
        text=row[policy_versions.c.text],
        fingerprint=row[policy_versions.c.fingerprint],
        author_id=row[policy_versions.c.author_id],
        created_at=row[policy_versions.c.created_at],
    )
