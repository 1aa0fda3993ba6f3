"""The ground of a decision: the rule or reason that a moderator names if the judge named no rule."""

from __future__ import annotations

from dataclasses import dataclass

MAX_WORDS = 400  #: characters; the same limit as for an action's reason


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule:
    """A rule of a policy version, as worded when a moderator named it."""

    policy_id: int
    policy_name: str
    version_id: int
    version_number: int
    id: str
    title: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a moderator named: a rule, or without one a reason in their own words."""

    rule: NamedRule | None = None
    words: str | None = None  #: None if none were written, and once the retention time is over
