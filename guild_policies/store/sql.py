"""The policy store over SQL: SQLite by default, PostgreSQL for several processes.

Every change begins with a write to the policy's own row. That takes the lock before anything is read, on SQLite (the
whole database) as on PostgreSQL (the row), so what is then compared cannot change until the transaction ends. So if two
admins publish at once, one goes first and the second one sees the result.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete as delete_from
from sqlalchemy import insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from guild_policies.scope import PolicySettings, as_json, changes
from guild_policies.sentences import marked
from guild_policies.store.checks import (
    check_discard,
    check_new,
    check_roll_back,
    check_save,
    check_settings,
    checked_draft,
    checked_name,
    checked_reason,
    checked_text,
    name_key,
)
from guild_policies.store.periods import SqlPolicyPeriods
from guild_policies.store.port import (
    MAX_POLICIES_PER_SERVER,
    NoSuchPolicy,
    PolicyChangeKind,
    StoreUnavailable,
    change_to,
)
from guild_policies.store.rows import (
    draft_of,
    free_place,
    insert_draft,
    insert_version,
    locked,
    publication_of,
    put_in_force,
    set_values,
    stored,
    timelines_of,
    version_of,
    write_former_scope,
)
from guild_policies.store.tables import (
    policies,
    policy_draft_revisions,
    policy_drafts,
    policy_publications,
    policy_versions,
)
from guild_policies.timeline import Timeline
from guild_policies.versions import Draft, PolicyVersion, Publication, StoredPolicy, StrictStart, strict_as_json

#: On PostgreSQL two new policies of a server may want the same place in its list. Each time that one loses it, another
#: one was created, so it cannot lose more often than there are places.
_TRIES = MAX_POLICIES_PER_SERVER + 1


class _Clash(Exception):
    """A new policy violates a constraint: its name, its place or the limit."""


class SqlPolicyStore(SqlPolicyPeriods):
    """Implements `guild_policies.store.port.PolicyStore` in a database."""

    async def create(
        self, *, guild_id: int, name: str, text: str, actor_id: int, ends_at: datetime | None = None
    ) -> StoredPolicy:
        """Make a policy with `text` as its first draft."""
        name, text = checked_name(name), checked_text(text)
        for _ in range(_TRIES):
            try:
                async with self._transaction() as connection:
                    return await self._insert(connection, guild_id, name, text, actor_id, ends_at)
            except _Clash:
                await self._refuse_for_good(guild_id, name)
        raise StoreUnavailable(marked("Other policies are being created right now. Try again in a moment."))

    async def find(self, guild_id: int, name: str) -> StoredPolicy | None:
        """The policy of this name."""
        found = await self._all(stored(guild_id).where(policies.c.name_key == name_key(name)))
        return found[0] if found else None

    async def list(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """All policies of a server, oldest first."""
        return await self._all(stored(guild_id))

    async def published(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """The policies of a server that are in force, oldest first."""
        return await self._all(
            stored(guild_id).where(
                policies.c.published_number.is_not(None),
                policies.c.paused.is_(False),
                or_(policies.c.ends_at.is_(None), policies.c.ends_at > self._now()),
            )
        )

    async def save_draft(
        self, *, guild_id: int, policy_id: int, text: str, actor_id: int, seen_revision: int | None
    ) -> Draft:
        """Keep `text` as the draft."""
        text = checked_text(text)
        async with self._transaction() as connection:
            policy, last_revision = await locked(connection, guild_id, policy_id)
            check_save(policy, seen_revision)
            at, revision = self._now(), last_revision + 1
            draft = Draft(policy_id=policy_id, text=text, revision=revision, author_id=actor_id, updated_at=at)
            await connection.execute(delete_from(policy_drafts).where(policy_drafts.c.policy_id == policy_id))
            await insert_draft(connection, draft)
            await set_values(connection, policy_id, draft_revision=revision)
            await self._record(
                connection, change_to(policy, PolicyChangeKind.DRAFT_SAVED, actor_id=actor_id, at=at, revision=revision)
            )
        return draft

    async def draft_at(self, guild_id: int, policy_id: int, revision: int) -> Draft | None:
        """The draft as it was at a revision."""
        revisions = policy_draft_revisions
        wanted = select(revisions).join(policies, policies.c.id == revisions.c.policy_id)
        wanted = wanted.where(policies.c.guild_id == guild_id, policies.c.id == policy_id)
        async with self._transaction(bylaw_reads_only=True) as connection:
            found = await connection.execute(wanted.where(revisions.c.revision == revision))
            row = found.mappings().one_or_none()
        return None if row is None else draft_of(row)

    async def discard_draft(self, *, guild_id: int, policy_id: int, seen_revision: int, actor_id: int) -> StoredPolicy:
        """Discard the draft."""
        async with self._transaction() as connection:
            policy, _ = await locked(connection, guild_id, policy_id)
            check_discard(policy, seen_revision)
            await connection.execute(delete_from(policy_drafts).where(policy_drafts.c.policy_id == policy_id))
            await self._record(
                connection, change_to(policy, PolicyChangeKind.DRAFT_DISCARDED, actor_id=actor_id, at=self._now())
            )
        return replace(policy, draft=None)

    async def publish(
        self,
        *,
        guild_id: int,
        policy_id: int,
        seen_revision: int,
        fingerprint: str,
        actor_id: int,
        overruled: str = "",
        strict: StrictStart | None = None,
    ) -> PolicyVersion:
        """Turn the draft into the next version and put it in force."""
        overruled = checked_reason(overruled)
        async with self._transaction() as connection:
            policy, last_revision = await locked(connection, guild_id, policy_id)
            draft = checked_draft(policy, seen_revision=seen_revision, last_revision=last_revision)
            at = self._now()
            version = await insert_version(connection, draft, fingerprint, at)
            await connection.execute(delete_from(policy_drafts).where(policy_drafts.c.policy_id == policy_id))
            await put_in_force(connection, version, PolicyChangeKind.PUBLISHED, actor_id, at, overruled=overruled)
            if strict is not None:
                await set_values(connection, policy_id, strict=strict_as_json(strict))
            change = change_to(
                policy,
                PolicyChangeKind.PUBLISHED,
                actor_id=actor_id,
                at=at,
                revision=draft.revision,
                version=version.number,
                detail=overruled,
            )
            await self._record(connection, change)
        return version

    async def roll_back(
        self, *, guild_id: int, policy_id: int, to_number: int, seen_number: int, actor_id: int
    ) -> PolicyVersion:
        """Put an older version in force again."""
        async with self._transaction() as connection:
            policy, _ = await locked(connection, guild_id, policy_id)
            wanted = select(policy_versions).where(
                policy_versions.c.policy_id == policy_id, policy_versions.c.number == to_number
            )
            row = (await connection.execute(wanted)).mappings().one_or_none()
            if row is None:
                raise NoSuchPolicy(marked("This version of the policy does not exist."))
            version = version_of(row)
            check_roll_back(policy, version, seen_number)
            at = self._now()
            await put_in_force(connection, version, PolicyChangeKind.ROLLED_BACK, actor_id, at)
            await self._record(
                connection, change_to(policy, PolicyChangeKind.ROLLED_BACK, actor_id=actor_id, at=at, version=to_number)
            )
        return version

    async def set_settings(
        self, *, guild_id: int, policy_id: int, settings: PolicySettings, seen: PolicySettings, actor_id: int
    ) -> StoredPolicy:
        """Replace the settings."""
        async with self._transaction() as connection:
            policy, _ = await locked(connection, guild_id, policy_id)
            check_settings(policy, settings, seen)
            at = self._now()
            await set_values(connection, policy_id, settings=as_json(settings))
            await write_former_scope(connection, policy_id, policy.settings, settings, at=at)
            detail = changes(policy.settings, settings)
            kind = PolicyChangeKind.SETTINGS_CHANGED
            await self._record(connection, change_to(policy, kind, actor_id=actor_id, at=at, detail=detail))
        return replace(policy, settings=settings)

    async def delete(self, *, guild_id: int, policy_id: int, actor_id: int) -> StoredPolicy:
        """Remove the policy from every list and free its name."""
        async with self._transaction() as connection:
            policy, _ = await locked(connection, guild_id, policy_id)
            at = self._now()
            for table in (policy_drafts, policy_draft_revisions):
                await connection.execute(delete_from(table).where(table.c.policy_id == policy_id))
            await set_values(connection, policy_id, deleted_at=at, name_key=None, place=None)
            await self._record(connection, change_to(policy, PolicyChangeKind.DELETED, actor_id=actor_id, at=at))
        return policy

    async def version(self, guild_id: int, version_id: int) -> PolicyVersion | None:
        """One version by its id, if it is this server's."""
        wanted = select(policy_versions).join(policies, policies.c.id == policy_versions.c.policy_id)
        wanted = wanted.where(policies.c.guild_id == guild_id, policy_versions.c.id == version_id)
        async with self._transaction(bylaw_reads_only=True) as connection:
            row = (await connection.execute(wanted)).mappings().one_or_none()
        return None if row is None else version_of(row)

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
        return tuple(map(publication_of, rows))

    async def timelines(self, guild_id: int) -> tuple[Timeline, ...]:
        """The timelines of all policies that were ever published."""
        async with self._transaction(bylaw_reads_only=True) as connection:
            return await timelines_of(connection, guild_id)

    async def _insert(
        self,
        connection: AsyncConnection,
        guild_id: int,
        name: str,
        text: str,
        actor_id: int,
        ends_at: datetime | None,
    ) -> StoredPolicy:
        """The insert comes first and finds the place itself, so that it takes the lock and reads under it."""
        at = self._now()
        new = insert(policies).values(
            guild_id=guild_id,
            name=name,
            name_key=name_key(name),
            place=free_place(guild_id),
            draft_revision=1,
            published_number=None,
            paused=False,
            settings=as_json(PolicySettings()),
            created_at=at,
            ends_at=ends_at,
        )
        try:
            (policy_id,) = (await connection.execute(new)).inserted_primary_key or (0,)
        except IntegrityError as error:
            raise _Clash from error
        draft = Draft(policy_id=policy_id, text=text, revision=1, author_id=actor_id, updated_at=at)
        await insert_draft(connection, draft)
        policy = StoredPolicy(
            id=policy_id,
            guild_id=guild_id,
            name=name,
            published=None,
            draft=draft,
            created_at=at,
            ends_at=ends_at,
        )
        before = replace(policy, draft=None)
        await self._record(
            connection, change_to(before, PolicyChangeKind.CREATED, actor_id=actor_id, at=at, revision=1)
        )
        return policy

    async def _refuse_for_good(self, guild_id: int, name: str) -> None:
        """Raise the refusal that explains a clash; return if it was only a race and worth another try."""
        check_new(name, await self.list(guild_id))
