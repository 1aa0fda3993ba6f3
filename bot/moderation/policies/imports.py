"""Policies that were imported from another server's export, and newer versions of them: a three-way merge.

The imported text is stored, so that a newer version can be compared with it: their changes since are taken, changes
made here stay, and the admin only chooses where both changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from bot.moderation.policies.reading import beside_the_loop
from guild_policies.text.merging import Merged, Side, merge
from guild_policies.text.origin import Origin, source_of
from guild_policies.versions import StoredPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFrom:
    """The latest import of a policy."""

    guild_id: int
    policy_id: int
    origin: Origin
    text: str  #: as it was imported
    imported_by: int
    imported_at: datetime


class PolicySources(Protocol):
    """Stores where policies of all servers were imported from."""

    async def keep(self, guild_id: int, policy_id: int, origin: Origin, text: str, *, actor_id: int) -> None:
        """Store it, replacing the previous import; with an audit entry."""

    async def of_policy(self, guild_id: int, policy_id: int) -> ImportedFrom | None:
        """The latest import of this policy."""

    async def of_source(self, guild_id: int, source: str) -> tuple[ImportedFrom, ...]:
        """The policies of a server imported from this source, latest import first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newer:
    """A file with another version of an imported policy."""

    policy: StoredPolicy
    before: ImportedFrom


class PolicyImports:
    """Recognises newer versions, and merges them."""

    def __init__(self, sources: PolicySources) -> None:
        self._sources = sources

    async def newer(self, guild_id: int, origin: Origin, known: Sequence[StoredPolicy]) -> Newer | None:
        """The policy of this server imported from the same source, if any.

        Args:
            known: the server's policies.
        """
        by_id = {policy.id: policy for policy in known}
        for each in await self._sources.of_source(guild_id, origin.source):
            if each.policy_id in by_id:
                return Newer(policy=by_id[each.policy_id], before=each)
        return None

    async def before(self, policy: StoredPolicy) -> ImportedFrom | None:
        """The latest import of a policy."""
        return await self._sources.of_policy(policy.guild_id, policy.id)

    async def merged(self, newer: Newer, theirs: str, choices: Sequence[Side] = ()) -> Merged:
        """Their newer text, merged with this server's text."""
        base, ours = newer.before.text, text_here(newer.policy)
        return await beside_the_loop(partial(merge, base, ours, theirs, choices), base + ours + theirs)

    async def remember(self, policy: StoredPolicy, origin: Origin, text: str, *, actor_id: int) -> None:
        """Store where a policy was imported from, unless that is the policy itself."""
        if origin.source != source_of(policy.guild_id, policy.created_at):
            await self._sources.keep(policy.guild_id, policy.id, origin, text, actor_id=actor_id)


def text_here(policy: StoredPolicy) -> str:
    """The text that editors work on: the draft, or the version in force if there is no draft."""
    latest = policy.draft or policy.published
    return latest.text if latest is not None else ""
