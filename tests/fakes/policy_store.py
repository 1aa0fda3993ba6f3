"""The policy store that lives in memory: for tests, and for the demo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from guild_policies.scope import PolicySettings, changes
from guild_policies.store.checks import (
    check_discard,
    check_pause,
    check_roll_back,
    check_save,
    check_settings,
    checked_draft,
    checked_name,
    checked_reason,
    checked_text,
    name_key,
)
from guild_policies.store.port import (
    MAX_POLICIES_PER_SERVER,
    REVISIONS_KEPT,
    TIME_UP,
    NameTaken,
    NoSuchPolicy,
    NothingToDo,
    PolicyChange,
    PolicyChangeKind,
    TooManyPolicies,
    change_to,
)
from guild_policies.timeline import FormerScope, Pause, Timeline
from guild_policies.versions import Draft, PolicyVersion, Publication, StoredPolicy, StrictStart


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A policy with all its versions."""

    policy: StoredPolicy
    last_revision: int
    drafts: tuple[Draft, ...]  #: the last ones, including the current one
    versions: tuple[PolicyVersion, ...] = ()
    history: tuple[Publication, ...] = ()
    pauses: tuple[Pause, ...] = ()
    former_scopes: tuple[FormerScope, ...] = ()
    deleted_at: datetime | None = None

    @property
    def deleted(self) -> bool:
        """Is it off every list?"""
        return self.deleted_at is not None


class MemoryPolicyStore:
    """Implements `guild_policies.store.port.PolicyStore` in memory.

    No method awaits anything, so each of them is one transaction.
    """

    def __init__(self, *, now: Callable[[], datetime], record: Callable[[PolicyChange], None]) -> None:
        self._now = now
        self._record = record
        self._kept: dict[int, _Kept] = {}
        self._versions = 0

    async def create(
        self, *, guild_id: int, name: str, text: str, actor_id: int, ends_at: datetime | None = None
    ) -> StoredPolicy:
        """Make a policy with `text` as its first draft."""
        name, text = checked_name(name), checked_text(text)
        if await self.find(guild_id, name) is not None:
            raise NameTaken("There is already a policy with this name.")
        if len(await self.list(guild_id)) >= MAX_POLICIES_PER_SERVER:
            raise TooManyPolicies(
                "A server can have at most {most} policies. Delete one first.", most=MAX_POLICIES_PER_SERVER
            )
        number, at = len(self._kept) + 1, self._now()
        draft = Draft(policy_id=number, text=text, revision=1, author_id=actor_id, updated_at=at)
        policy = StoredPolicy(
            id=number, guild_id=guild_id, name=name, published=None, draft=draft, created_at=at, ends_at=ends_at
        )
        new = _Kept(policy=policy, last_revision=1, drafts=(draft,))
        self._keep(new, PolicyChangeKind.CREATED, actor_id, at, revision=1)
        return policy

    async def find(self, guild_id: int, name: str) -> StoredPolicy | None:
        """The policy with this name."""
        key = name_key(name)
        return next((policy for policy in await self.list(guild_id) if name_key(policy.name) == key), None)

    async def list(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """All policies of a server, oldest first."""
        return tuple(
            kept.policy for kept in self._kept.values() if kept.policy.guild_id == guild_id and not kept.deleted
        )

    async def published(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """The policies of a server that are in force, oldest first."""
        now = self._now()
        return tuple(
            policy
            for policy in await self.list(guild_id)
            if policy.in_force is not None and (policy.ends_at is None or policy.ends_at > now)
        )

    async def save_draft(
        self, *, guild_id: int, policy_id: int, text: str, actor_id: int, seen_revision: int | None
    ) -> Draft:
        """Keep `text` as the draft."""
        text = checked_text(text)
        kept = self._of(guild_id, policy_id)
        check_save(kept.policy, seen_revision)
        at, revision = self._now(), kept.last_revision + 1
        draft = Draft(policy_id=policy_id, text=text, revision=revision, author_id=actor_id, updated_at=at)
        changed = replace(
            kept,
            policy=replace(kept.policy, draft=draft),
            last_revision=revision,
            drafts=(*kept.drafts, draft)[-REVISIONS_KEPT:],
        )
        self._keep(changed, PolicyChangeKind.DRAFT_SAVED, actor_id, at, revision=revision)
        return draft

    async def draft_at(self, guild_id: int, policy_id: int, revision: int) -> Draft | None:
        """The draft as it was at a revision."""
        kept = self._kept.get(policy_id)
        if kept is None or kept.deleted or kept.policy.guild_id != guild_id:
            return None
        return next((draft for draft in kept.drafts if draft.revision == revision), None)

    async def discard_draft(self, *, guild_id: int, policy_id: int, seen_revision: int, actor_id: int) -> StoredPolicy:
        """Discard the draft."""
        kept = self._of(guild_id, policy_id)
        check_discard(kept.policy, seen_revision)
        changed = replace(kept, policy=replace(kept.policy, draft=None))
        self._keep(changed, PolicyChangeKind.DRAFT_DISCARDED, actor_id, self._now())
        return changed.policy

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
        kept = self._of(guild_id, policy_id)
        draft = checked_draft(kept.policy, seen_revision=seen_revision, last_revision=kept.last_revision)
        at = self._now()
        version = PolicyVersion(
            id=self._versions + 1,
            policy_id=policy_id,
            number=len(kept.versions) + 1,
            text=draft.text,
            fingerprint=fingerprint,
            author_id=draft.author_id,
            created_at=at,
        )
        changed = replace(
            kept,
            policy=replace(kept.policy, published=version, draft=None, strict=strict or kept.policy.strict),
            versions=(*kept.versions, version),
            history=(*kept.history, _publication(version, PolicyChangeKind.PUBLISHED, actor_id, at, overruled)),
        )
        self._keep(
            changed,
            PolicyChangeKind.PUBLISHED,
            actor_id,
            at,
            revision=draft.revision,
            version=version.number,
            detail=overruled,
        )
        self._versions += 1
        return version

    async def roll_back(
        self, *, guild_id: int, policy_id: int, to_number: int, seen_number: int, actor_id: int
    ) -> PolicyVersion:
        """Put an older version in force again."""
        kept = self._of(guild_id, policy_id)
        version = next((version for version in kept.versions if version.number == to_number), None)
        if version is None:
            raise NoSuchPolicy("This version of the policy does not exist.")
        check_roll_back(kept.policy, version, seen_number)
        at = self._now()
        changed = replace(
            kept,
            policy=replace(kept.policy, published=version),
            history=(*kept.history, _publication(version, PolicyChangeKind.ROLLED_BACK, actor_id, at)),
        )
        self._keep(changed, PolicyChangeKind.ROLLED_BACK, actor_id, at, version=to_number)
        return version

    async def set_paused(self, *, guild_id: int, policy_id: int, paused: bool, actor_id: int) -> StoredPolicy:
        """Pause or resume the policy."""
        kept = self._of(guild_id, policy_id)
        check_pause(kept.policy, paused=paused)
        at = self._now()
        pauses = (*kept.pauses, Pause(begins=at)) if paused else (*kept.pauses[:-1], replace(kept.pauses[-1], ends=at))
        changed = replace(kept, policy=replace(kept.policy, paused=paused), pauses=pauses)
        kind = PolicyChangeKind.PAUSED if paused else PolicyChangeKind.RESUMED
        self._keep(changed, kind, actor_id, at)
        return changed.policy

    async def past_end(self, serves: Callable[[int], bool]) -> tuple[StoredPolicy, ...]:
        """Temporary policies whose end has passed."""
        now = self._now()
        return tuple(
            kept.policy
            for kept in self._kept.values()
            if not kept.deleted
            and serves(kept.policy.guild_id)
            and kept.policy.ends_at is not None
            and kept.policy.ends_at <= now
        )

    async def strict(self, serves: Callable[[int], bool]) -> tuple[StoredPolicy, ...]:
        """Policies with a strict start in progress."""
        kept = [each for each in self._kept.values() if not each.deleted and serves(each.policy.guild_id)]
        return tuple(each.policy for each in kept if each.policy.strict is not None)

    async def relax(self, *, guild_id: int, policy_id: int, actor_id: int, detail: str) -> StoredPolicy:
        """End a strict start."""
        kept = self._of(guild_id, policy_id)
        if kept.policy.strict is None:
            raise NothingToDo("This policy has no strict start at the moment.")
        changed = replace(kept, policy=replace(kept.policy, strict=None))
        self._keep(changed, PolicyChangeKind.SETTINGS_CHANGED, actor_id, self._now(), detail=detail)
        return changed.policy

    async def end(self, *, guild_id: int, policy_id: int, actor_id: int) -> StoredPolicy:
        """Pause a temporary policy as of its end."""
        kept = self._of(guild_id, policy_id)
        at, ends_at = self._now(), kept.policy.ends_at
        if ends_at is None:
            raise NothingToDo("This policy has no end, or it has already ended.")
        changed = replace(kept, policy=replace(kept.policy, paused=True, ends_at=None))
        if kept.policy.paused:
            self._kept[policy_id] = changed
        else:
            changed = replace(changed, pauses=(*kept.pauses, Pause(begins=min(ends_at, at))))
            self._keep(changed, PolicyChangeKind.PAUSED, actor_id, at, detail=TIME_UP)
        return changed.policy

    async def set_settings(
        self, *, guild_id: int, policy_id: int, settings: PolicySettings, seen: PolicySettings, actor_id: int
    ) -> StoredPolicy:
        """Replace the settings."""
        kept = self._of(guild_id, policy_id)
        check_settings(kept.policy, settings, seen)
        at, before = self._now(), kept.policy.settings.scope
        former = () if before == settings.scope else (FormerScope(scope=before, until=at),)
        policy = replace(kept.policy, settings=settings)
        changed = replace(kept, policy=policy, former_scopes=(*kept.former_scopes, *former))
        detail = changes(kept.policy.settings, settings)
        self._keep(changed, PolicyChangeKind.SETTINGS_CHANGED, actor_id, at, detail=detail)
        return changed.policy

    async def delete(self, *, guild_id: int, policy_id: int, actor_id: int) -> StoredPolicy:
        """Take the policy off every list and free its name."""
        kept = self._of(guild_id, policy_id)
        at = self._now()
        changed = replace(kept, deleted_at=at, drafts=())
        self._keep(changed, PolicyChangeKind.DELETED, actor_id, at)
        return kept.policy

    async def version(self, guild_id: int, version_id: int) -> PolicyVersion | None:
        """One version by its id, if it is this server's."""
        kept = (kept for kept in self._kept.values() if kept.policy.guild_id == guild_id)
        return next((version for one in kept for version in one.versions if version.id == version_id), None)

    async def history(self, guild_id: int, policy_id: int) -> tuple[Publication, ...]:
        """Every time a version came into force, newest first."""
        kept = self._kept.get(policy_id)
        return kept.history[::-1] if kept is not None and kept.policy.guild_id == guild_id else ()

    async def timelines(self, guild_id: int) -> tuple[Timeline, ...]:
        """The lives of all policies that were ever published."""
        return tuple(
            Timeline(
                policy_id=kept.policy.id,
                name=kept.policy.name,
                settings=kept.policy.settings,
                starts=tuple((each.at, each.version.id) for each in kept.history),
                pauses=kept.pauses,
                former_scopes=kept.former_scopes,
                deleted_at=kept.deleted_at,
                ends_at=kept.policy.ends_at,
                strict=kept.policy.strict is not None,
            )
            for kept in self._kept.values()
            if kept.policy.guild_id == guild_id and kept.history
        )

    def _of(self, guild_id: int, policy_id: int) -> _Kept:
        kept = self._kept.get(policy_id)
        if kept is None or kept.deleted or kept.policy.guild_id != guild_id:
            raise NoSuchPolicy("This policy does not exist in this server.")
        return kept

    def _keep(
        self,
        kept: _Kept,
        kind: PolicyChangeKind,
        actor_id: int,
        at: datetime,
        *,
        revision: int | None = None,
        version: int | None = None,
        detail: str = "",
    ) -> None:
        """Record the change first: if that fails, nothing is stored."""
        former = self._kept.get(kept.policy.id)
        before = former.policy if former else replace(kept.policy, published=None, draft=None)
        change = change_to(before, kind, actor_id=actor_id, at=at, revision=revision, version=version, detail=detail)
        self._record(change)
        self._kept[kept.policy.id] = kept


def _publication(
    version: PolicyVersion, kind: PolicyChangeKind, actor_id: int, at: datetime, overruled: str = ""
) -> Publication:
    return Publication(version=version, kind=kind.value, actor_id=actor_id, at=at, overruled=overruled)
