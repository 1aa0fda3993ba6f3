"""The results of an admin's request: values that say what happened, shared by the services about policies."""

from __future__ import annotations

from dataclasses import dataclass

from bot.languages.translation import _, say
from guild_policies.diff import Change
from guild_policies.examples import PinReport
from guild_policies.findings import Finding
from guild_policies.sentences import Refusal
from guild_policies.versions import Draft, PolicyVersion, StoredPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The draft is stored. The findings are advice."""

    policy: StoredPolicy
    draft: Draft
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The version is in force from the next message on, unless the policy is paused."""

    policy: StoredPolicy
    version: PolicyVersion
    findings: tuple[Finding, ...]
    report: PinReport | None = None  #: of the pinned examples under it; None after a rollback


@dataclass(frozen=True, slots=True, kw_only=True)
class PinsFail:
    """Nothing was published: pinned examples do not hold, and no reason was given to publish anyway."""

    policy: StoredPolicy
    draft: Draft
    report: PinReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The text cannot be judged; nothing was saved. `text` is returned to its author."""

    findings: tuple[Finding, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Somebody else changed the policy meanwhile; nothing was saved. `text` is returned to its author."""

    current: StoredPolicy
    text: str
    since: tuple[Change, ...] | None = None  #: what changed since the author began; None if unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nothing was done; `why` is one sentence for the admin."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarded:
    """The draft was discarded. This is the last copy."""

    policy: StoredPolicy
    draft: Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The policy was paused or resumed, or its settings changed."""

    policy: StoredPolicy  #: as it is now


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """The policy was deleted. This is its last state."""

    policy: StoredPolicy


def refused(refusal: Refusal) -> Refused:
    """What a policy's store or its settings refused, in the language of whoever asked."""
    return Refused(why=refusal.told(say))


def no_such(name: str) -> Refused:
    """There is no policy with this name."""
    return Refused(
        why=_("There is no policy named “{policy}” in this server. /policy list shows them all.", policy=name[:50])
    )
