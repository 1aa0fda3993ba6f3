"""Scores of cases with moderators' final decisions: the data for the likelihoods on cards and for threshold advice.

Only comparable scores are counted together: same policy text, same judge and same method. A new version with another
text starts with no counts, and so does a new model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

ENOUGH = 50  #: least number of decisions to say anything about scores
LOOKED_AT = 1_000  #: decided cases of each judge and method, the newest ones


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedScore:
    """A case that the judge opened and a moderator decided. A reversal on appeal counts as the decision."""

    number: int  #: of the case
    score: float
    violation: bool
    judge: str
    method: str  #: as in `bot.moderation.cases.case.Judged`

    @property
    def way(self) -> tuple[str, str]:
        """The judge and its method. Scores with the same value can be compared."""
        return self.judge, self.method.rpartition(":")[2]


class DecidedScores(Protocol):
    """The scores of decided cases."""

    async def of_version(
        self, guild_id: int, *, policy_id: int, version_id: int, limit: int = LOOKED_AT
    ) -> tuple[DecidedScore, ...]:
        """Scores of all versions of the policy with the same text as this one, newest cases first. `limit` applies to
        each judge and method separately, so that a busy hour of one doesn't push out the others."""


def judged_alike(scores: Sequence[DecidedScore]) -> tuple[DecidedScore, ...]:
    """The scores with the most frequent judge and method; if there is a tie, those of the newest case."""
    if not scores:
        return ()
    ((usual, _),) = Counter(each.way for each in scores).most_common(1)
    return tuple(each for each in scores if each.way == usual)
