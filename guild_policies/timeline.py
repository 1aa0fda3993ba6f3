"""Which version of a policy was in force when. A rule applies to what was posted while it was in force. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from guild_policies.scope import PolicySettings, Scope

LATEST = datetime.max.replace(tzinfo=UTC)  #: after every change


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A time in which a policy judged nothing."""

    begins: datetime
    ends: datetime | None = None  #: None while the policy is still paused

    def covers(self, moment: datetime) -> bool:
        """Whether the policy was paused at this moment."""
        return in_milliseconds(self.begins) <= moment and (self.ends is None or moment < in_milliseconds(self.ends))


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerScope:
    """Where and to whom a policy applied until a moment."""

    scope: Scope
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The history of a policy that was published at least once."""

    policy_id: int
    name: str
    settings: PolicySettings = field(default_factory=PolicySettings)  #: the present ones
    starts: tuple[tuple[datetime, int], ...]  #: when a version came into force, and its id; oldest first
    pauses: tuple[Pause, ...] = ()
    former_scopes: tuple[FormerScope, ...] = ()  #: before the present one; oldest first
    deleted_at: datetime | None = None
    ends_at: datetime | None = None  #: of a temporary policy
    strict: bool = False  #: it has a strict start now

    def version_at(self, moment: datetime, *, set_up_at: datetime | None = None) -> int | None:
        """The id of the version that applies to what was posted at this moment; None if none does.

        Args:
            set_up_at: when the server ran ``/setup`` for the first time: nothing applies to what is older.
        """
        if set_up_at is not None and moment < set_up_at:
            return None
        if self.deleted_at is not None and moment >= in_milliseconds(self.deleted_at):
            return None
        # `LATEST` is later than every end: until somebody ends the policy, it is one of those in force now.
        if self.ends_at is not None and in_milliseconds(self.ends_at) <= moment < LATEST:
            return None
        if any(pause.covers(moment) for pause in self.pauses):
            return None
        return next(
            (version_id for begins, version_id in reversed(self.starts) if in_milliseconds(begins) <= moment), None
        )

    def scopes_at(self, moment: datetime) -> tuple[Scope, ...]:
        """The scopes that must both cover a message of this moment: the one at that time and the present one. What was
        exempt when it was posted stays exempt, and what is exempt now is not judged either."""
        former = next((each.scope for each in self.former_scopes if moment < in_milliseconds(each.until)), None)
        present = self.settings.scope
        return (present,) if former is None or former == present else (former, present)


def in_milliseconds(change: datetime) -> datetime:
    """The first moment after a change in milliseconds, the precision of message ids."""
    return change.replace(microsecond=change.microsecond // 1000 * 1000)
