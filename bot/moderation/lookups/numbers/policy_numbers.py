"""Statistics of one policy: agreement by rule, and advice on thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.moderation.lookups.numbers.decided_scores import DecidedScores, judged_alike
from bot.moderation.lookups.numbers.stats import RuleStats, StatsStore
from bot.moderation.lookups.numbers.threshold_advice import ThresholdAdvice, advise
from bot.moderation.trials.drift import JudgeMarks
from guild_policies.versions import StoredPolicy

DAYS = 90  #: days that agreement is counted over


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNumbers:
    """The numbers of a policy."""

    rules: tuple[RuleStats, ...]  #: of the last `DAYS`, under all versions; those with most cases first
    advice: ThresholdAdvice | None  #: under the text in force; None if no version is


class PolicyNumbersLookup:
    """Assembles the statistics of a policy."""

    def __init__(
        self, *, stats: StatsStore, scores: DecidedScores, judges: JudgeMarks, now: Callable[[], datetime]
    ) -> None:
        """`judges` says which judge a server's messages are usually judged by."""
        self._stats = stats
        self._scores = scores
        self._judges = judges
        self._now = now

    async def of(self, policy: StoredPolicy, *, offered: Sequence[float]) -> PolicyNumbers:
        """The statistics, with advice on the thresholds that are offered."""
        since = self._now() - timedelta(days=DAYS)
        return PolicyNumbers(
            rules=await self._stats.rules(policy.guild_id, since=since, policy_id=policy.id),
            advice=await self.advice(policy, offered=offered),
        )

    async def advice(self, policy: StoredPolicy, *, offered: Sequence[float]) -> ThresholdAdvice | None:
        """The effect that other thresholds would have had, based on the current judge's most frequent method."""
        if policy.published is None:
            return None
        scores = await self._scores.of_version(policy.guild_id, policy_id=policy.id, version_id=policy.published.id)
        mark = await self._judges.mark(policy.guild_id)
        in_use = [each for each in scores if mark is None or mark.is_of(each.judge)]
        return advise(judged_alike(in_use), present=policy.settings.threshold, offered=offered)
