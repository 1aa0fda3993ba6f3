"""Precedents: decided cases of a server with similar messages, shown with a case so that similar cases are decided
alike.

Two texts are compared by the words and letter triples that they share (`classifier.lite.reading`), which needs no model
and trains nothing. Only cases under the same policy and about the same rule are compared, only while their texts are
stored. The database is queried every time, so erased texts disappear at once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from cachetools import TTLCache

from bot.keys import UNREADABLE
from bot.moderation.cards.face import CardFace, Precedent
from bot.moderation.cases.case import Case, CaseKind, CaseState, RuleBroken
from bot.moderation.servers.options import OptionStore, ReviewOptions
from bot.moderation.servers.server import ServerStore
from classifier.folding import fold
from classifier.lite.reading import Vector, length_of, vector, words_of

#: The least similarity, from 0 to 1. Rewordings mostly lie above 0.65, unrelated chat below 0.45.
FLOOR = 0.6
SHOWN = 3
LOOKED_AT = 200  #: decided cases, the newest ones
LONGEST = 2_000  #: characters of a text that are compared
_KEPT, _SECONDS = 2_000, 600  # texts cached as features; and for how long


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedText:
    """The parts of a decided case that are compared and shown."""

    number: int
    state: CaseState
    rules: tuple[RuleBroken, ...]
    text: str
    card_channel_id: int | None
    card_message_id: int | None


class DecidedTexts(Protocol):
    """Reads what the team decided."""

    async def newest(
        self, guild_id: int, *, policy_id: int, since: datetime, limit: int = LOOKED_AT
    ) -> tuple[DecidedText, ...]:
        """Decided cases under a policy, opened since this time, with their text still stored, newest first. Policy 0
        means cases that members reported."""


class Precedents:
    """Finds precedents, for cards (as a face source) and for moderators who decide."""

    def __init__(
        self,
        *,
        texts: DecidedTexts,
        options: OptionStore,
        servers: ServerStore,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._texts = texts
        self._options = options
        self._servers = servers
        self._now = now
        self._read: TTLCache[bytes, Vector] = TTLCache(maxsize=_KEPT, ttl=_SECONDS, timer=clock)

    def forget(self) -> None:
        """Drop the cache: a member had their words erased."""
        self._read.clear()

    async def put_on(self, faces: Sequence[CardFace]) -> tuple[CardFace, ...]:
        """The same faces, each with the precedents of its case."""
        return tuple([replace(face, precedents=await self.of(face.case)) for face in faces])

    async def of(self, case: Case) -> tuple[Precedent, ...]:
        """The nearest decided cases; none if the server hasn't switched them on."""
        text, guild_id = case.evidence.text, case.guild_id
        if text is None or text == UNREADABLE or not _can_have(case):
            return ()
        settings = await self._servers.get(guild_id)
        if settings is None or not (await self._options.get(guild_id, ReviewOptions)).precedents:
            return ()
        since = self._now() - timedelta(days=settings.retention_days)
        decided = await self._texts.newest(guild_id, policy_id=case.source.policy_id, since=since)
        others = [each for each in decided if each.number != case.number and _same_rule(case, each)]
        return await self._nearest(text, others) if others else ()

    async def _nearest(self, text: str, others: Sequence[DecidedText]) -> tuple[Precedent, ...]:
        """Compare in a thread; caches the texts read."""
        known = {key: self._read.get(key) for key in map(_key, (text, *(each.text for each in others)))}
        found, read = await asyncio.to_thread(nearest, text, others, known)
        self._read.update(read)
        return found


def opposed(case: Case, precedents: Sequence[Precedent]) -> tuple[Precedent, ...]:
    """The precedents that were decided differently from the case, if they are the majority; otherwise none."""
    others = tuple(each for each in precedents if each.state is not case.state)
    return others if case.decision is not None and 2 * len(others) > len(precedents) else ()


def nearest(
    text: str, others: Sequence[DecidedText], known: dict[bytes, Vector | None]
) -> tuple[tuple[Precedent, ...], dict[bytes, Vector]]:
    """The cases similar enough to a text, nearest first, and the features read for that. Pure.

    Args:
        known: texts read before, by `_key`.
    """
    read: dict[bytes, Vector] = {}

    def features(each: str) -> Vector:
        key = _key(each)
        found = known.get(key) or read.get(key)
        if found is None:
            found = read[key] = vector(words_of(fold(each[:LONGEST])))
        return found

    own = features(text)
    scored = [(similarity(own, features(each.text)), each) for each in others]
    near = sorted((pair for pair in scored if pair[0] >= FLOOR), key=lambda pair: (-pair[0], -pair[1].number))
    precedents = tuple(
        Precedent(
            number=each.number,
            state=each.state,
            card_channel_id=each.card_channel_id,
            card_message_id=each.card_message_id,
        )
        for _, each in near[:SHOWN]
    )
    return precedents, read


def similarity(one: Vector, other: Vector) -> float:
    """The cosine of two texts, from 0 to 1; 0 if one has no words."""
    small, large = sorted((one, other), key=len)
    overlap = sum(weight * large.get(feature, 0.0) for feature, weight in small.items())
    lengths = length_of(one) * length_of(other)
    return min(1.0, overlap / lengths) if lengths else 0.0


def _can_have(case: Case) -> bool:
    return bool(case.source.policy_id) or case.kind is CaseKind.REPORT


def _same_rule(case: Case, other: DecidedText) -> bool:
    """Do both share a rule? A case without a rule is compared with all cases of its policy."""
    mine, others = ({rule.id for rule in rules} for rules in (case.rules, other.rules))
    return not mine or not others or bool(mine & others)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
