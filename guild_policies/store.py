"""Where policies are kept: the port, its refusals, and the in-memory store that ships beside it."""

from __future__ import annotations

from typing import Protocol

from guild_policies.versions import Draft, PolicyVersion, Publication, StoredPolicy

MAX_POLICIES_PER_SERVER = 10
MAX_NAME_LENGTH = 50


class PolicyStoreRefusal(Exception):
    """The store did nothing, and says why. Base of the refusals below."""


class NameTaken(PolicyStoreRefusal):
    """The server has a policy of this name already."""


class TooManyPolicies(PolicyStoreRefusal):
    """The server has `MAX_POLICIES_PER_SERVER` policies already."""


class NoSuchPolicy(PolicyStoreRefusal):
    """There is no such policy, or no such version of it, in this server."""


class NothingToPublish(PolicyStoreRefusal):
    """There is no draft, or it equals the version in force."""


class ChangedMeanwhile(PolicyStoreRefusal):
    """Somebody else was first. `current` is the policy as it is now; nothing of it was touched."""

    def __init__(self, current: StoredPolicy) -> None:
        super().__init__("the policy was changed by somebody else meanwhile")
        self.current = current


class PolicyStore(Protocol):
    """Policies, drafts and versions of all servers. Every method is one transaction."""

    async def create(self, *, guild_id: int, name: str, text: str, actor_id: int) -> StoredPolicy:
        """Make a policy with `text` as its first draft. Raises `NameTaken`, `TooManyPolicies`."""

    async def find(self, guild_id: int, name: str) -> StoredPolicy | None:
        """The policy of this name, compared without regard to case."""

    async def list(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """All policies of a server, oldest first."""

    async def published(self, guild_id: int) -> tuple[StoredPolicy, ...]:
        """The policies of a server that are in force, oldest first."""

    async def save_draft(
        self, *, guild_id: int, policy_id: int, text: str, actor_id: int, seen_revision: int | None
    ) -> Draft:
        """Keep `text` as the draft. `seen_revision` is the draft's revision that the author started from, None
        where there was no draft. Raises `ChangedMeanwhile`, `NoSuchPolicy`."""

    async def publish(
        self, *, guild_id: int, policy_id: int, seen_revision: int, fingerprint: str, actor_id: int
    ) -> PolicyVersion:
        """Turn the draft of `seen_revision` into the next version and put it in force; the draft is gone then.
        `fingerprint` is that of the compiled text. Raises `ChangedMeanwhile`, `NothingToPublish`, `NoSuchPolicy`."""

    async def roll_back(
        self, *, guild_id: int, policy_id: int, to_number: int, seen_number: int, actor_id: int
    ) -> PolicyVersion:
        """Put an older version in force again, unless another than `seen_number` is in force by now. A draft stays.
        Raises `ChangedMeanwhile`, `NoSuchPolicy`."""

    async def version(self, guild_id: int, version_id: int) -> PolicyVersion | None:
        """One version by its id, if it is this server's."""

    async def history(self, guild_id: int, policy_id: int) -> tuple[Publication, ...]:
        """Every time a version came into force, newest first."""
