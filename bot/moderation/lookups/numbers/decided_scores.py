"""Scores of cases beside what moderators decided in the end: the counts behind words for scores and threshold advice.

Only scores that can be compared count together: of one text of a policy, one judge and one way of judging. A new
version with another text begins with no counts, and so does a new model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

ENOUGH = 50  #: decisions, below which nothing is said about scores
LOOKED_AT = 1_000  #: decided cases of each judge and method, the newest ones


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedScore:
    """A case that a judge opened and a moderator decided. An appeal that reversed the decision has changed it."""

    number: int  #: of the case
    score: float
    violation: bool
    judge: str
    method: str  #: as in `bot.moderation.cases.case.Judged`

    @property
    def way(self) -> tuple[str, str]:
        """Scores of one way can be compared: the judge, and how it came to its answer."""
        return self.judge, self.method.rpartition(":")[2]


class DecidedScores(Protocol):
    """The scores of decided cases."""

    async def of_version(
        self, guild_id: int, *, policy_id: int, version_id: int, limit: int = LOOKED_AT
    ) -> tuple[DecidedScore, ...]:
        """Of all versions of the policy that mean the same as this one; the newest cases first. `limit` counts for each
        judge and method alone, so that a busy hour of one of them does not push the others out."""


def judged_alike(scores: Sequence[DecidedScore]) -> tuple[DecidedScore, ...]:
    """Those that were judged in the most frequent way; of two that are equally frequent, the way of the newer case."""
    if not scores:
        return ()
    ((usual, _),) = Counter(each.way for each in scores).most_common(1)
    return tuple(each for each in scores if each.way == usual)
