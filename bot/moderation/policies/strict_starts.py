"""Strict starts of versions: their end, and a report of what they flagged."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.moderation.servers.server import ServerStore
from guild_policies.store.port import PolicyStore, PolicyStoreRefusal
from guild_policies.versions import StoredPolicy, StrictStart

ENDED = "its strict start ended"


class ScoredDecision(Protocol):
    """A decided case with its score."""

    @property
    def score(self) -> float:
        """The judge's score."""

    @property
    def violation(self) -> bool:
        """Moderators agreed with the judge."""


class DecisionsOf(Protocol):
    """Looks decisions up."""

    async def of_version(self, guild_id: int, *, policy_id: int, version_id: int) -> Sequence[ScoredDecision]:
        """Decisions on cases flagged by this version, or by another one with the same meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrictReport:
    """The report on a strict start that is over."""

    policy: StoredPolicy
    strict: StrictStart
    review_channel_id: int
    confirmed: int  #: cases that moderators decided as violations
    dismissed: int
    extra_confirmed: int  #: of those, with a score below the policy's own threshold: only found by the strict start
    extra_dismissed: int


class StrictStarts:
    """Ends strict starts that are over."""

    def __init__(
        self, *, policies: PolicyStore, servers: ServerStore, decisions: DecisionsOf, now: Callable[[], datetime]
    ) -> None:
        self._policies = policies
        self._servers = servers
        self._decisions = decisions
        self._now = now

    def beginning_now(self, *, days: int, decisions: int | None) -> StrictStart:
        """Begin a strict start now.

        Raises:
            guild_policies.scope.BadSettings: it would last too long, or not at all.
        """
        now = self._now()
        return StrictStart(since=now, until=now + timedelta(days=days), decisions=decisions)

    async def reports(self, serves: Callable[[int], bool]) -> AsyncIterator[StrictReport]:
        """Reports on strict starts that are over. Call `relax` for each once its report was posted."""
        for policy in await self._policies.strict(serves):
            strict, settings = policy.strict, await self._servers.get(policy.guild_id)
            if strict is None or policy.published is None:
                continue
            decided = await self._decisions.of_version(
                policy.guild_id, policy_id=policy.id, version_id=policy.published.id
            )
            if not strict.is_over(now=self._now(), decided=len(decided)):
                continue
            if settings is None:  # nobody to tell it to
                await self.relax(policy)
                continue
            extra = [each for each in decided if each.score < policy.settings.threshold]
            yield StrictReport(
                policy=policy,
                strict=strict,
                review_channel_id=settings.review_channel_id,
                confirmed=sum(each.violation for each in decided),
                dismissed=sum(not each.violation for each in decided),
                extra_confirmed=sum(each.violation for each in extra),
                extra_dismissed=sum(not each.violation for each in extra),
            )

    async def relax(self, policy: StoredPolicy) -> None:
        """Apply the policy's own settings. Does nothing if somebody else did it first."""
        starter = policy.published.author_id if policy.published else 0
        try:
            await self._policies.relax(guild_id=policy.guild_id, policy_id=policy.id, actor_id=starter, detail=ENDED)
        except PolicyStoreRefusal:
            return  # deleted or ended meanwhile; or the database is unavailable, and the next run retries it
