"""Why a moderator decided that something was a violation, where the judge named no rule: a rule, or words."""

from __future__ import annotations

from dataclasses import dataclass

MAX_WORDS = 400  #: characters; as many as a reason of an action has


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule:
    """A rule of a policy version, as it read when a moderator named it."""

    policy_id: int
    policy_name: str
    version_id: int
    version_number: int
    id: str
    title: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a moderator named. Without a rule it is another reason, in their own words."""

    rule: NamedRule | None = None
    words: str | None = None  #: None where none were written, and once the retention time is over
