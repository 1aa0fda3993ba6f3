"""Maps policies to rows and back. Used only by `sql` and `periods`."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import ScalarSelect, Select, and_, func, insert, literal, select, union_all, update
from sqlalchemy import delete as delete_from
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from guild_policies.scope import PolicySettings, as_json, from_json
from guild_policies.sentences import marked
from guild_policies.store.port import MAX_POLICIES_PER_SERVER, REVISIONS_KEPT, NoSuchPolicy, PolicyChangeKind
from guild_policies.store.tables import (
    policies,
    policy_draft_revisions,
    policy_drafts,
    policy_pauses,
    policy_publications,
    policy_scopes,
    policy_versions,
)
from guild_policies.timeline import FormerScope, Pause, Timeline
from guild_policies.versions import Draft, PolicyVersion, Publication, StoredPolicy, strict_from_json


def free_place(guild_id: int) -> ScalarSelect[int]:
    """The first free place in a server's list of policies; NULL, which the table refuses, if all are taken."""
    places = union_all(*(select(literal(place).label("place")) for place in range(1, MAX_POLICIES_PER_SERVER + 1)))
    every = places.subquery()
    taken = select(policies.c.place).where(policies.c.guild_id == guild_id, policies.c.place.is_not(None))
    return select(func.min(every.c.place)).where(every.c.place.not_in(taken)).scalar_subquery()


async def locked(connection: AsyncConnection, guild_id: int, policy_id: int) -> tuple[StoredPolicy, int]:
    """The policy, locked until the transaction ends, and the highest revision that any draft of it had."""
    touch = update(policies).where(
        policies.c.guild_id == guild_id, policies.c.id == policy_id, policies.c.deleted_at.is_(None)
    )
    touched = await connection.execute(touch.values(draft_revision=policies.c.draft_revision))
    if touched.rowcount == 0:
        raise NoSuchPolicy(marked("This policy does not exist in this server."))
    row = (await connection.execute(stored(guild_id).where(policies.c.id == policy_id))).mappings().one()
    return stored_policy(row), row[policies.c.draft_revision]


async def set_values(connection: AsyncConnection, policy_id: int, **values: object) -> None:
    """Change columns of a policy."""
    await connection.execute(update(policies).where(policies.c.id == policy_id).values(**values))


async def insert_draft(connection: AsyncConnection, draft: Draft) -> None:
    """Store a draft, and its text among the former ones; the oldest of those is deleted."""
    await connection.execute(
        insert(policy_drafts).values(
            policy_id=draft.policy_id,
            text=draft.text,
            revision=draft.revision,
            author_id=draft.author_id,
            updated_at=draft.updated_at,
        )
    )
    revisions = policy_draft_revisions.c
    await connection.execute(
        insert(policy_draft_revisions).values(
            policy_id=draft.policy_id,
            revision=draft.revision,
            text=draft.text,
            author_id=draft.author_id,
            saved_at=draft.updated_at,
        )
    )
    too_old = and_(revisions.policy_id == draft.policy_id, revisions.revision <= draft.revision - REVISIONS_KEPT)
    await connection.execute(delete_from(policy_draft_revisions).where(too_old))


async def insert_version(connection: AsyncConnection, draft: Draft, fingerprint: str, at: datetime) -> PolicyVersion:
    """Make a draft the next version."""
    taken = select(func.coalesce(func.max(policy_versions.c.number), 0))
    taken = taken.where(policy_versions.c.policy_id == draft.policy_id)
    number: int = (await connection.execute(taken)).scalar_one() + 1
    result = await connection.execute(
        insert(policy_versions).values(
            policy_id=draft.policy_id,
            number=number,
            text=draft.text,
            fingerprint=fingerprint,
            author_id=draft.author_id,
            created_at=at,
        )
    )
    (version_id,) = result.inserted_primary_key or (0,)
    return PolicyVersion(
        id=version_id,
        policy_id=draft.policy_id,
        number=number,
        text=draft.text,
        fingerprint=fingerprint,
        author_id=draft.author_id,
        created_at=at,
    )


async def put_in_force(
    connection: AsyncConnection,
    version: PolicyVersion,
    kind: PolicyChangeKind,
    actor_id: int,
    at: datetime,
    *,
    overruled: str = "",
) -> None:
    """Put a version in force, and add it to the history."""
    await set_values(connection, version.policy_id, published_number=version.number)
    await connection.execute(
        insert(policy_publications).values(
            policy_id=version.policy_id,
            version_id=version.id,
            kind=kind.value,
            actor_id=actor_id,
            at=at,
            overruled=overruled,
        )
    )


def stored(guild_id: int) -> Select[tuple[object, ...]]:
    """A server's policies with their version in force and their draft, oldest first."""
    in_force = and_(
        policy_versions.c.policy_id == policies.c.id, policy_versions.c.number == policies.c.published_number
    )
    return (
        select(policies, policy_versions, policy_drafts)
        .outerjoin_from(policies, policy_versions, in_force)
        .outerjoin(policy_drafts, policy_drafts.c.policy_id == policies.c.id)
        .where(policies.c.guild_id == guild_id, policies.c.deleted_at.is_(None))
        .order_by(policies.c.id)
    )


def stored_policy(row: RowMapping) -> StoredPolicy:
    """The policy that a row of `stored` holds."""
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
        published=None if row[policy_versions.c.id] is None else version_of(row),
        draft=draft,
        created_at=row[policies.c.created_at],
        paused=row[policies.c.paused],
        settings=from_json(row[policies.c.settings]),
        ends_at=row[policies.c.ends_at],
        strict=None if row[policies.c.strict] is None else strict_from_json(row[policies.c.strict]),
    )


def draft_of(row: RowMapping) -> Draft:
    """The former draft that a row holds."""
    revisions = policy_draft_revisions.c
    return Draft(
        policy_id=row[revisions.policy_id],
        text=row[revisions.text],
        revision=row[revisions.revision],
        author_id=row[revisions.author_id],
        updated_at=row[revisions.saved_at],
    )


def publication_of(row: RowMapping) -> Publication:
    """The line of the history that a row holds."""
    return Publication(
        version=version_of(row),
        kind=row[policy_publications.c.kind],
        actor_id=row[policy_publications.c.actor_id],
        at=row[policy_publications.c.at],
        overruled=row[policy_publications.c.overruled],
    )


def version_of(row: RowMapping) -> PolicyVersion:
    """The version that a row holds."""
    return PolicyVersion(
        id=row[policy_versions.c.id],
        policy_id=row[policy_versions.c.policy_id],
        number=row[policy_versions.c.number],
        text=row[policy_versions.c.text],
        fingerprint=row[policy_versions.c.fingerprint],
        author_id=row[policy_versions.c.author_id],
        created_at=row[policy_versions.c.created_at],
    )


async def write_pause(connection: AsyncConnection, policy_id: int, *, paused: bool, at: datetime) -> None:
    """Begin a pause, or end the current one."""
    if paused:
        await connection.execute(insert(policy_pauses).values(policy_id=policy_id, paused_at=at))
        return
    lasting = (policy_pauses.c.policy_id == policy_id, policy_pauses.c.resumed_at.is_(None))
    await connection.execute(update(policy_pauses).where(*lasting).values(resumed_at=at))


async def write_former_scope(
    connection: AsyncConnection, policy_id: int, before: PolicySettings, after: PolicySettings, *, at: datetime
) -> None:
    """Store the scope that applied until now, if a different one replaces it."""
    if before.scope != after.scope:
        await connection.execute(insert(policy_scopes).values(policy_id=policy_id, settings=as_json(before), until=at))


async def timelines_of(connection: AsyncConnection, guild_id: int) -> tuple[Timeline, ...]:
    """The timelines of all policies of a server that were ever published, oldest first."""
    starts = await _starts(connection, guild_id)
    pauses, scopes = await _pauses(connection, guild_id), await _former_scopes(connection, guild_id)
    wanted = select(
        policies.c.id,
        policies.c.name,
        policies.c.settings,
        policies.c.deleted_at,
        policies.c.ends_at,
        policies.c.strict,
    )
    rows = await connection.execute(wanted.where(policies.c.guild_id == guild_id).order_by(policies.c.id))
    return tuple(
        Timeline(
            policy_id=row.id,
            name=row.name,
            settings=from_json(row.settings),
            starts=tuple(starts[row.id]),
            pauses=tuple(pauses[row.id]),
            former_scopes=tuple(scopes[row.id]),
            deleted_at=row.deleted_at,
            ends_at=row.ends_at,
            strict=row.strict is not None,
        )
        for row in rows
        if row.id in starts
    )


async def _starts(connection: AsyncConnection, guild_id: int) -> dict[int, list[tuple[datetime, int]]]:
    table = policy_publications
    wanted = select(table.c.policy_id, table.c.at, table.c.version_id).join(policies)
    found: defaultdict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for row in await connection.execute(wanted.where(policies.c.guild_id == guild_id).order_by(table.c.id)):
        found[row.policy_id].append((row.at, row.version_id))
    return found


async def _pauses(connection: AsyncConnection, guild_id: int) -> dict[int, list[Pause]]:
    table = policy_pauses
    wanted = select(table.c.policy_id, table.c.paused_at, table.c.resumed_at).join(policies)
    found: defaultdict[int, list[Pause]] = defaultdict(list)
    for row in await connection.execute(wanted.where(policies.c.guild_id == guild_id).order_by(table.c.id)):
        found[row.policy_id].append(Pause(begins=row.paused_at, ends=row.resumed_at))
    return found


async def _former_scopes(connection: AsyncConnection, guild_id: int) -> dict[int, list[FormerScope]]:
    table = policy_scopes
    wanted = select(table.c.policy_id, table.c.settings, table.c.until).join(policies)
    found: defaultdict[int, list[FormerScope]] = defaultdict(list)
    for row in await connection.execute(wanted.where(policies.c.guild_id == guild_id).order_by(table.c.id)):
        found[row.policy_id].append(FormerScope(scope=from_json(row.settings).scope, until=row.until))
    return found
