"""Drafts, immutable versions, and a policy with its place in both."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from guild_policies.scope import PolicySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """A text that was published. Nothing of it ever changes."""

    id: int  #: unique over all servers
    policy_id: int
    number: int  #: 1, 2, 3, ... within the policy
    text: str  #: exactly what the admin wrote
    fingerprint: str  #: of the compiled `classifier.PolicyText`
    author_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text being written. `revision` grows with each save, so that two editors notice each other."""

    policy_id: int
    text: str
    revision: int
    author_id: int
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """A policy of a server: its name, the version in force and the draft, if there are any."""

    id: int
    guild_id: int
    name: str  #: short and unique in the server, compared without regard to case
    published: PolicyVersion | None
    draft: Draft | None
    created_at: datetime
    paused: bool = False  #: nothing is judged by it until it is resumed
    settings: PolicySettings = field(default_factory=PolicySettings)  #: the present ones, whichever version is in force
    ends_at: datetime | None = None  #: of a temporary policy: it does not apply to what is posted from then on

    @property
    def in_force(self) -> PolicyVersion | None:
        """The version that messages are judged by now; None for a policy that is paused or was never published."""
        return None if self.paused else self.published


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One line of a policy's history: a version came into force, by publishing or by rolling back."""

    version: PolicyVersion
    kind: str  #: ``published`` or ``rolled_back``
    actor_id: int
    at: datetime
    overruled: str = ""  #: why it was published although pinned examples did not hold
