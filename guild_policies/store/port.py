"""The port to the store of policies: its methods, its refusals, and the changes that it reports.

One contract suite (``tests/contract/test_policy_store*.py``) holds every store to the port's promises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from guild_policies.scope import PolicySettings
from guild_policies.sentences import Refusal, marked
from guild_policies.timeline import Timeline
from guild_policies.versions import Draft, PolicyVersion, Publication, StoredPolicy, StrictStart

MAX_POLICIES_PER_SERVER = 10
MAX_NAME_LENGTH = 50
MAX_TEXT_LENGTH = 40_000  #: characters; lint asks for less
TIME_UP = "its time was up"  #: detail of the change when a temporary policy is paused at its end
MAX_REASON_LENGTH = 500  #: characters of the reason for publishing against pinned examples
REVISIONS_KEPT = 50  #: texts of former drafts of a policy, so that an author can be shown what changed meanwhile


class PolicyChangeKind(StrEnum):
    """What was done to a policy. The values may be stored; they never change their meaning."""

    CREATED = "created"
    DRAFT_SAVED = "draft_saved"
    PUBLISHED = "published"
    ROLLED_BACK = "rolled_back"
    DRAFT_DISCARDED = "draft_discarded"
    PAUSED = "paused"
    RESUMED = "resumed"
    SETTINGS_CHANGED = "settings_changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """One change, as a store reports it to its `record` hook: inside the transaction, before the commit. If the hook
    raises, nothing is changed.
    """

    guild_id: int
    policy_id: int
    policy_name: str
    kind: PolicyChangeKind
    version_number: int | None = None  #: that came into force
    draft_revision: int | None = None  #: that was saved or published
    version_before: int | None = None  #: that had been in force
    draft_before: int | None = None  #: the revision of the draft that had been there
    detail: str = ""  #: further details for the audit entry: settings before and after, why pins were overruled
    actor_id: int
    at: datetime


def change_to(
    before: StoredPolicy,
    kind: PolicyChangeKind,
    *,
    actor_id: int,
    at: datetime,
    revision: int | None = None,
    version: int | None = None,
    detail: str = "",
) -> PolicyChange:
    """The change to report, given the policy as it was before."""
    return PolicyChange(
        guild_id=before.guild_id,
        policy_id=before.id,
        policy_name=before.name,
        kind=kind,
        version_number=version,
        draft_revision=revision,
        version_before=before.published.number if before.published else None,
        draft_before=before.draft.revision if before.draft else None,
        detail=detail,
        actor_id=actor_id,
        at=at,
    )


class PolicyStoreRefusal(Refusal):
    """The store changed nothing, and says why. Base of the refusals below."""


class BadName(PolicyStoreRefusal):
    """The name is empty, longer than `MAX_NAME_LENGTH` or holds characters that cannot be seen."""


class BadText(PolicyStoreRefusal):
    """The text is longer than `MAX_TEXT_LENGTH` or holds characters that no database keeps."""


class NameTaken(PolicyStoreRefusal):
    """The server has a policy of this name already."""


class TooManyPolicies(PolicyStoreRefusal):
    """The server has `MAX_POLICIES_PER_SERVER` policies already."""


class NoSuchPolicy(PolicyStoreRefusal):
    """There is no such policy, or no such version of it, in this server."""


class NothingToPublish(PolicyStoreRefusal):
    """There is no draft, or it equals the version in force."""


class NothingToDo(PolicyStoreRefusal):
    """The policy is already in that state: paused, running, without a draft, or with the same settings."""


class ChangedMeanwhile(PolicyStoreRefusal):
    """Somebody else changed the policy first. `current` is the policy as it is now; the call changed nothing."""

    def __init__(self, current: StoredPolicy) -> None:
        super().__init__(marked("Somebody else changed the policy in the meantime. Look at it, then try again."))
        self.current = current


class StoreUnavailable(PolicyStoreRefusal):
    """The database cannot be reached, is busy or is broken. The same call may be tried again."""


class PolicyStore(Protocol):
    """Policies, drafts and versions of all servers. Every method is one transaction.

    A policy of another server does not exist: methods that change something raise `NoSuchPolicy` for it, and the others
    return nothing. Any method may raise `StoreUnavailable`.
    """

    async def create(
        self, *, guild_id: int, name: str, text: str, actor_id: int, ends_at: datetime | None = None
    ) -> StoredPolicy:
        """Make a policy with `text` as its first draft. Spaces around the name are dropped. With `ends_at` it is a
        temporary one, which applies to nothing that is posted from then on.
        Raises `BadName`, `BadText`, `NameTaken`, `TooManyPolicies`."""

    async def find(self, guild_id: int, name: str) -> StoredPolicy | None:
        """The policy of this name, compared without regard to case."""

    async def list(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """All policies of a server, oldest first."""

    async def published(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """The policies of a server that are in force, oldest first: published, and neither paused, deleted nor past
        their end."""

    async def save_draft(
        self, *, guild_id: int, policy_id: int, text: str, actor_id: int, seen_revision: int | None
    ) -> Draft:
        """Keep `text` as the draft. `seen_revision` is the draft's revision that the author started from, None
        where there was no draft. No two drafts of a policy ever have the same revision, published ones included.
        Raises `BadText`, `ChangedMeanwhile`, `NoSuchPolicy`."""

    async def draft_at(self, guild_id: int, policy_id: int, revision: int) -> Draft | None:
        """The draft as it was at a revision, if that is one of the last `REVISIONS_KEPT`."""

    async def discard_draft(self, *, guild_id: int, policy_id: int, seen_revision: int, actor_id: int) -> StoredPolicy:
        """Discard the draft of `seen_revision`; returns the policy without it. Raises `ChangedMeanwhile`,
        `NothingToDo`, `NoSuchPolicy`."""

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
        """Turn the draft of `seen_revision` into the next version and put it in force; the draft is then gone. A paused
        policy stays paused. `fingerprint` is that of the compiled text, `overruled` says why it is published although
        pinned examples do not hold. A current strict start continues, unless `strict` replaces it. A draft that
        somebody else published in the meantime counts as changed. Raises `BadText`, `ChangedMeanwhile`,
        `NothingToPublish`, `NoSuchPolicy`."""

    async def roll_back(
        self, *, guild_id: int, policy_id: int, to_number: int, seen_number: int, actor_id: int
    ) -> PolicyVersion:
        """Put an older version in force again, unless a version other than `seen_number` is in force now. A draft is
        kept. Raises `ChangedMeanwhile`, `NoSuchPolicy`; `NothingToPublish` where that version is in force."""

    async def set_paused(self, *, guild_id: int, policy_id: int, paused: bool, actor_id: int) -> StoredPolicy:
        """Stop judging by the policy, or start again. Raises `NothingToDo`, `NoSuchPolicy`."""

    async def past_end(self, serves: Callable[[int], bool]) -> tuple[StoredPolicy, ...]:
        """Temporary policies of these servers whose end has passed and that were not ended yet."""

    async def strict(self, serves: Callable[[int], bool]) -> tuple[StoredPolicy, ...]:
        """Policies of these servers with a current strict start."""

    async def relax(self, *, guild_id: int, policy_id: int, actor_id: int, detail: str) -> StoredPolicy:
        """End a strict start; `detail` is kept with the change. Raises `NothingToDo` if there is none,
        `NoSuchPolicy`."""

    async def end(self, *, guild_id: int, policy_id: int, actor_id: int) -> StoredPolicy:
        """Pause a temporary policy as of its end, or as of now if that is sooner. Its end is removed, so that resuming
        it makes it permanent. Raises `NothingToDo` if it has no end, `NoSuchPolicy`."""

    async def set_settings(
        self, *, guild_id: int, policy_id: int, settings: PolicySettings, seen: PolicySettings, actor_id: int
    ) -> StoredPolicy:
        """Replace the settings, unless they differ from `seen` now. Raises `ChangedMeanwhile`, `NothingToDo`,
        `NoSuchPolicy`."""

    async def delete(self, *, guild_id: int, policy_id: int, actor_id: int) -> StoredPolicy:
        """Remove the policy from every list and free its name. Its versions stay for the cases that were judged by
        them; its draft is deleted. Returns the policy as it was. Raises `NoSuchPolicy`."""

    async def version(self, guild_id: int, version_id: int) -> PolicyVersion | None:
        """One version by its id, if it is this server's; also of a deleted policy."""

    async def history(self, guild_id: int, policy_id: int) -> tuple[Publication, ...]:
        """Every time a version came into force, newest first; also of a deleted policy."""

    async def timelines(self, guild_id: int) -> tuple[Timeline, ...]:
        """The timelines of all policies of a server that were ever published, oldest first, deleted ones included."""
