"""Adds the likelihood of a verdict to cards, once enough decisions support it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.moderation.cards.face import CardFace, Likelihood
from bot.moderation.cases.case import Case, CaseKind
from bot.moderation.lookups.numbers.decided_scores import ENOUGH, DecidedScore, DecidedScores
from bot.moderation.lookups.numbers.venn_abers import probability
from bot.moderation.servers.cache import AnswerCache

SECONDS = 60.0  #: seconds that counts are cached: a raid's cards share one query
REMEMBERED = 200  #: policy versions

_Key = tuple[int, int, int]


class ScoreWords:
    """The face source of likelihoods: how likely a verdict is right, judging by decisions on similar scores."""

    def __init__(self, decided: DecidedScores, clock: Callable[[], float]) -> None:
        self._decided = decided
        self._counts: AnswerCache[_Key, tuple[DecidedScore, ...]] = AnswerCache(clock, seconds=SECONDS, kept=REMEMBERED)

    async def put_on(self, faces: Sequence[CardFace]) -> tuple[CardFace, ...]:
        """Return the same faces, with the likelihood on those whose score is supported by enough decisions."""
        return tuple([replace(face, likelihood=await self._of(face.case)) for face in faces])

    async def _of(self, case: Case) -> Likelihood | None:
        judged = case.judged
        if case.kind is not CaseKind.VIOLATION or judged.score is None:
            return None
        key = (case.guild_id, judged.policy_id, judged.version_id)
        decided = await self._counts.get(key, lambda: self._ask(key))
        return likelihood(judged.score, decided, of=case)

    async def _ask(self, key: _Key) -> tuple[DecidedScore, ...]:
        guild_id, policy_id, version_id = key
        return await self._decided.of_version(guild_id, policy_id=policy_id, version_id=version_id)


def likelihood(score: float, decided: Sequence[DecidedScore], *, of: Case) -> Likelihood | None:
    """How likely this case is a violation, based on other cases judged in the same way. None if there are fewer than
    `ENOUGH`."""
    way = (of.judged.judge, of.judged.method.rpartition(":")[2])
    alike = [(each.score, each.violation) for each in decided if each.way == way and each.number != of.number]
    if len(alike) < ENOUGH:
        return None
    return Likelihood(probability=probability(score, alike), decisions=len(alike))
