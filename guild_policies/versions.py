"""Drafts, immutable versions, and a policy with its place in both.

A version may start strict: it flags more than it will later, and no action is automatic, until its team has seen
enough. Until then every violation opens a case, whatever the policy's threshold, and the judge thinks harder. The
settings do not change, so removing the strict start is all that ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from classifier import Effort
from guild_policies.scope import DEFAULT_THRESHOLD, BadSettings, PolicySettings
from guild_policies.sentences import marked

MAX_STRICT_DAYS = 30
MAX_STRICT_DECISIONS = 1_000
#: During a strict start every violation opens a case: no judge calls a lower score a violation.
STRICT_THRESHOLD = DEFAULT_THRESHOLD

_HARDER = {None: Effort.MEDIUM, Effort.LOW: Effort.MEDIUM, Effort.MEDIUM: Effort.HIGH, Effort.HIGH: Effort.HIGH}


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
class StrictStart:
    """How long a version starts strict: until a moment, or until this many of its cases are decided, if that is sooner.

    Raises:
        BadSettings: longer than `MAX_STRICT_DAYS`, or a number of decisions that makes no sense.
    """

    since: datetime
    until: datetime
    decisions: int | None = None

    def __post_init__(self) -> None:
        if not timedelta(0) < self.until - self.since <= timedelta(days=MAX_STRICT_DAYS):
            raise BadSettings(marked("Choose between 1 and {most} days for the strict start."), most=MAX_STRICT_DAYS)
        if self.decisions is not None and not 1 <= self.decisions <= MAX_STRICT_DECISIONS:
            raise BadSettings(
                marked("Choose between 1 and {most} decisions for the strict start."), most=MAX_STRICT_DECISIONS
            )

    def is_over(self, *, now: datetime, decided: int) -> bool:
        """Whether it has ended: its time is up, or enough of its cases are decided."""
        return now >= self.until or (self.decisions is not None and decided >= self.decisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """A policy of a server: its name, the version in force and the draft, if there are any."""

    id: int
    guild_id: int
    name: str  #: short and unique in the server, compared without regard to case
    published: PolicyVersion | None
    draft: Draft | None
    created_at: datetime
    paused: bool = False  #: it judges nothing until it is resumed
    settings: PolicySettings = field(default_factory=PolicySettings)  #: the present ones, whichever version is in force
    strict: StrictStart | None = None  #: of the version in force; None if it has none or it is over
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


def stricter(settings: PolicySettings) -> PolicySettings:
    """The settings that apply during a strict start."""
    return replace(settings, threshold=min(settings.threshold, STRICT_THRESHOLD), effort=_HARDER[settings.effort])


def strict_as_json(strict: StrictStart) -> dict[str, Any]:
    """Plain values, for a database."""
    return {"since": strict.since.isoformat(), "until": strict.until.isoformat(), "decisions": strict.decisions}


def strict_from_json(values: Mapping[str, Any]) -> StrictStart:
    """What `strict_as_json` wrote."""
    return StrictStart(
        since=datetime.fromisoformat(values["since"]),
        until=datetime.fromisoformat(values["until"]),
        decisions=values["decisions"],
    )
