"""Where and to whom a policy applies, and how it is judged there: settings of the policy, beside its text.

They are not part of a version: a channel that is exempted today is exempt under whichever version is in force.
Everything here is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from classifier import Effort, Judgement, Outcome, Verdict
from guild_policies.sentences import Refusal, marked

MAX_PLACES = 100  #: named in one list of a scope
MAX_ROLES = 50
MAX_NEWCOMER_DAYS = 365
DEFAULT_THRESHOLD = 0.5


class BadSettings(Refusal, ValueError):
    """Settings that cannot be saved. The message tells an admin what to choose instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where and to whom a policy applies. Places are channels, categories, forums and threads, by id.

    A message is in several places (thread, channel, category), and the nearest one that the scope names decides. So a
    thread inherits from its channel, and a channel from its category.

    Raises:
        BadSettings: more ids than the limits allow, or a number of days that makes no sense.
    """

    only_in: frozenset[int] = frozenset()  #: nowhere else; empty for everywhere
    not_in: frozenset[int] = frozenset()  #: exempt places
    exempt_roles: frozenset[int] = frozenset()  #: members with one of them are not judged
    judges_bots: bool = False  #: other bots and webhooks
    newcomer_days: int | None = (
        None  #: only members who joined, or whose account was made, less than this many days ago
    )

    def __post_init__(self) -> None:
        if max(len(self.only_in), len(self.not_in)) > MAX_PLACES:
            raise BadSettings(
                marked("Choose at most {most} channels. To cover more, choose their category instead."), most=MAX_PLACES
            )
        if len(self.exempt_roles) > MAX_ROLES:
            raise BadSettings(marked("You can exempt at most {most} roles."), most=MAX_ROLES)
        if self.newcomer_days is not None and not 1 <= self.newcomer_days <= MAX_NEWCOMER_DAYS:
            raise BadSettings(marked("Choose between 1 and {most} days for newcomers."), most=MAX_NEWCOMER_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """How a policy is applied. Admins change it, with an audit entry; it is not part of any version.

    Raises:
        BadSettings: the threshold is not between 0 and 1.
    """

    scope: Scope = field(default_factory=Scope)
    effort: Effort | None = None  #: None for what the installation's operator set
    threshold: float = DEFAULT_THRESHOLD  #: a violation with a lower score opens no case

    def __post_init__(self) -> None:
        if not 0.0 <= self.threshold <= 1.0:
            raise BadSettings(marked("Choose a threshold between 0 and 1."))


def flags(judgement: Judgement, threshold: float) -> bool:
    """Whether this judgement is a violation with a score high enough to open a case."""
    if not isinstance(judgement, Verdict) or judgement.outcome is not Outcome.VIOLATION:
        return False
    return judgement.score >= threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message is."""

    channel_id: int  #: of the thread, if it is in one
    parent_id: int | None = None  #: the channel or forum of a thread
    category_id: int | None = None

    @property
    def nearest_first(self) -> tuple[int, ...]:
        """The thread, its channel, its category: as many of them as there are."""
        return tuple(each for each in (self.channel_id, self.parent_id, self.category_id) if each is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote a message, as far as a scope asks."""

    role_ids: frozenset[int] = frozenset()
    is_bot: bool = False
    joined_at: datetime | None = None
    created_at: datetime | None = None  #: of the account


class NotCovered(StrEnum):
    """Why a policy does not apply to a message."""

    EXEMPT_PLACE = "exempt_place"
    ELSEWHERE = "elsewhere"  #: the policy names places, and this is not one of them
    BOT = "bot"
    EXEMPT_ROLE = "exempt_role"
    NO_NEWCOMER = "no_newcomer"


def covers(scope: Scope, place: Place, author: Author, *, at: datetime) -> NotCovered | None:
    """Why the policy does not apply to this author in this place; None where it does.

    When a member joined is not always known. Whoever may be a newcomer counts as one.
    """
    outside = _outside(scope, place.nearest_first)
    if outside is not None:
        return outside
    if author.is_bot and not scope.judges_bots:
        return NotCovered.BOT
    if author.role_ids & scope.exempt_roles:
        return NotCovered.EXEMPT_ROLE
    if scope.newcomer_days is not None and not _may_be_new(author, since=at - timedelta(days=scope.newcomer_days)):
        return NotCovered.NO_NEWCOMER
    return None


def _outside(scope: Scope, nearest_first: tuple[int, ...]) -> NotCovered | None:
    for place_id in nearest_first:
        if place_id in scope.not_in:
            return NotCovered.EXEMPT_PLACE
        if place_id in scope.only_in:
            return None
    return NotCovered.ELSEWHERE if scope.only_in else None


def _may_be_new(author: Author, *, since: datetime) -> bool:
    return any(moment is None or moment > since for moment in (author.joined_at, author.created_at))


def as_json(settings: PolicySettings) -> dict[str, Any]:
    """The settings as plain values, for a database or a file."""
    scope = settings.scope
    return {
        "only_in": sorted(scope.only_in),
        "not_in": sorted(scope.not_in),
        "exempt_roles": sorted(scope.exempt_roles),
        "judges_bots": scope.judges_bots,
        "newcomer_days": scope.newcomer_days,
        "effort": None if settings.effort is None else settings.effort.value,
        "threshold": settings.threshold,
    }


def from_json(values: Mapping[str, Any]) -> PolicySettings:
    """The settings that `as_json` wrote; what is missing has its default."""
    scope = {each.name: values[each.name] for each in fields(Scope) if each.name in values}
    for name in ("only_in", "not_in", "exempt_roles"):
        scope[name] = frozenset(scope.get(name, ()))
    effort = values.get("effort")
    return PolicySettings(
        scope=Scope(**scope),
        effort=None if effort is None else Effort(effort),
        threshold=values.get("threshold", DEFAULT_THRESHOLD),
    )


def changes(before: PolicySettings, after: PolicySettings) -> str:
    """What changed, before and after, in numbers and ids: for the audit log. Empty only for equal settings."""
    old, new = as_json(before), as_json(after)
    return "; ".join(
        f"{_NAMES[name]} {_SHOWN.get(name, str)(old[name])} -> {_SHOWN.get(name, str)(new[name])}"
        for name in old
        if old[name] != new[name]
    )


def _ids(none: str) -> Callable[[list[int]], str]:
    return lambda ids: ", ".join(map(str, ids)) or none


def _days(days: int | None) -> str:
    return "all members" if days is None else f"newcomers of {days} days"


_NAMES = {
    "only_in": "applies in",
    "not_in": "exempt places",
    "exempt_roles": "exempt roles",
    "judges_bots": "judges bots",
    "newcomer_days": "applies to",
    "effort": "effort",
    "threshold": "threshold",
}
_SHOWN: dict[str, Callable[[Any], str]] = {
    "only_in": _ids("everywhere"),
    "not_in": _ids("none"),
    "exempt_roles": _ids("none"),
    "judges_bots": lambda judged: "yes" if judged else "no",
    "newcomer_days": _days,
    "effort": lambda effort: effort or "as installed",
}
