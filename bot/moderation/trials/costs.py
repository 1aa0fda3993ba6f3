"""The cost of each policy: its length, and its share of the judge's time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.in_force import PolicyInForce
from bot.moderation.policies.reading import beside_the_loop
from classifier import Judgement, Verdict
from guild_policies.lint.fits_the_length_limit import tokens_read
from guild_policies.store.port import PolicyStore
from guild_policies.text.parse import parse
from guild_policies.versions import StoredPolicy

DAYS_KEPT = 70  #: days kept; a month's report is made in the month after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Verdicts under one version on one day, and the seconds that the judge computed for them."""

    guild_id: int
    policy_id: int
    version_id: int
    day: date
    verdicts: int
    seconds: float


class CostStore(Protocol):
    """Stores sums by day and version. Every method is one transaction."""

    async def add(self, spent: tuple[Spent, ...]) -> None:
        """Add to the sums."""

    async def since(self, guild_id: int, day: date) -> tuple[Spent, ...]:
        """A server's sums of this day and later."""

    async def forget(self, *, before: date) -> int:
        """Delete the sums of earlier days, of all servers. Returns how many rows were deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCost:
    """The cost of a policy."""

    policy: StoredPolicy
    tokens: int  #: approximate; of the version in force, or of the draft if there is none
    verdicts: int
    seconds: float  #: of the judge's computing time
    share: float | None  #: share of the judge's computing time for this server; None if there was none


class Costs:
    """Counts verdicts and reports their cost: a `bot.moderation.judging.message_judge.JudgementSubscriber`.

    The counts are kept in memory until `flush`: a crash loses a minute of them, and no message waits for the database.
    """

    def __init__(self, *, store: CostStore, policies: PolicyStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._policies = policies
        self._now = now
        self._sums: dict[tuple[int, int, int, date], list[float]] = defaultdict(lambda: [0, 0.0])

    def judged(self, seen: MessageSeen, policy: PolicyInForce, judgement: Judgement) -> None:
        """Count a verdict."""
        if isinstance(judgement, Verdict):
            version = policy.version
            sums = self._sums[seen.guild_id, version.policy_id, version.id, self._now().date()]
            sums[0] += 1
            sums[1] += judgement.provenance.seconds_computed

    def passed(self, seen: MessageSeen, judgements: Mapping[int, Judgement]) -> None:
        """Does nothing: `judged` was called for each judgement."""

    async def flush(self) -> int:
        """Store the counts and delete old ones. Returns how many sums were stored. If the database fails, they are kept
        for the next call."""
        sums, self._sums = self._sums, defaultdict(lambda: [0, 0.0])
        spent = tuple(
            Spent(
                guild_id=guild_id,
                policy_id=policy_id,
                version_id=version_id,
                day=day,
                verdicts=int(count),
                seconds=seconds,
            )
            for (guild_id, policy_id, version_id, day), (count, seconds) in sums.items()
        )
        try:
            if spent:
                await self._store.add(spent)
        except BaseException:
            for key, (count, seconds) in sums.items():
                self._sums[key][0] += count
                self._sums[key][1] += seconds
            raise
        await self._store.forget(before=self._now().date() - timedelta(days=DAYS_KEPT))
        return len(spent)

    async def of(self, guild_id: int, *, days: int = 7) -> tuple[PolicyCost, ...]:
        """The cost of each of the server's policies in the last days, in the order of the list. Deleted policies count
        towards the total and are left out."""
        policies = await self._policies.list(guild_id)
        seconds: dict[int, float] = defaultdict(float)
        verdicts: dict[int, int] = defaultdict(int)
        for spent in await self._store.since(guild_id, self._now().date() - timedelta(days=days - 1)):
            seconds[spent.policy_id] += spent.seconds
            verdicts[spent.policy_id] += spent.verdicts
        whole = sum(seconds.values())
        return tuple(
            [
                PolicyCost(
                    policy=policy,
                    tokens=await _tokens(policy),
                    verdicts=verdicts[policy.id],
                    seconds=seconds[policy.id],
                    share=seconds[policy.id] / whole if whole else None,
                )
                for policy in policies
            ]
        )


async def _tokens(policy: StoredPolicy) -> int:
    version = policy.published or policy.draft
    text = version.text if version else ""
    return await beside_the_loop(lambda: tokens_read(parse(text)), text)
