"""Where the verdict on a message comes from: the cache, the judge, or the lite judge."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from cachetools import TTLCache

from bot.moderation.judging.backlog import Backlog, WhenBehind
from bot.moderation.messages.content import content_of
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.policies.in_force import PolicyInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from classifier import Judge, Lane, Looked, Verdict, Way, judge_content

CACHED_SECONDS = 300.0
CACHED = 4_096  #: verdicts


class VerdictCache:
    """Verdicts of the last minutes by text and policy version, so that a raid costs one judgement.

    Holds digests, never texts. Of no use for edits of one message: those differ in text and are judged again.
    """

    def __init__(self, clock: Callable[[], float], *, seconds: float = CACHED_SECONDS, kept: int = CACHED) -> None:
        self._verdicts: TTLCache[bytes, Verdict] = TTLCache(maxsize=kept, ttl=seconds, timer=clock)

    def find(self, version_id: int, seen: MessageSeen) -> Verdict | None:
        """The verdict on the same text under the same version, if it is recent."""
        return self._verdicts.get(_key(version_id, seen))

    def keep(self, version_id: int, seen: MessageSeen, verdict: Verdict) -> None:
        """Remember a verdict."""
        self._verdicts[_key(version_id, seen)] = verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer about a message under one policy."""

    looked: Looked
    cached: bool  #: it was given before, about the same text


class VerdictSource:
    """Answers about messages, in the way that a server chose for times when it is behind."""

    def __init__(
        self, *, judge: Judge, lite: Judge, requests: JudgeRequests, backlog: Backlog, cache: VerdictCache
    ) -> None:
        """`lite` is asked instead of `judge` in servers that are behind and chose `WhenBehind.LITE`."""
        self._judge = judge
        self._lite = lite
        self._requests = requests
        self._backlog = backlog
        self._cache = cache

    async def find(self, seen: MessageSeen, policy: PolicyInForce, lane: Lane) -> Found:
        """The answer about a message. Verdicts are cached, other answers are not."""
        cached = self._cache.find(policy.version.id, seen)
        if cached is not None:
            return Found(looked=Looked(judgement=cached), cached=True)
        request = self._requests.make_for_post(
            policy.text, content_of(seen), effort=policy.settings.effort, lane=lane, server=seen.guild_id
        )
        when_behind = self._backlog.way_of(seen.guild_id)
        if when_behind is WhenBehind.PROBE:
            request = replace(request, way=Way.PROBE)
        looked = await judge_content(self._lite if when_behind is WhenBehind.LITE else self._judge, request)
        if isinstance(looked.judgement, Verdict):
            self._cache.keep(policy.version.id, seen, looked.judgement)
        return Found(looked=looked, cached=False)


def _key(version_id: int, seen: MessageSeen) -> bytes:
    written = [seen.text, *(f"{part.kind}:{part.text}" for part in seen.parts)]
    text = "\0".join(written).encode("utf-8", "surrogatepass")
    return hashlib.sha256(b"%d:%d:" % (version_id, seen.forwarded) + text).digest()
