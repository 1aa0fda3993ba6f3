"""Verdicts of the last minutes by text and policy version, so that a raid costs one judgement."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cachetools import TTLCache

from bot.moderation.messages.message_seen import MessageSeen
from classifier import Verdict

SECONDS = 300.0
KEPT = 4_096


class VerdictCache:
    """Holds digests, never texts. Of no use for edits of one message: those differ in text and are judged again."""

    def __init__(self, clock: Callable[[], float], *, seconds: float = SECONDS, kept: int = KEPT) -> None:
        self._verdicts: TTLCache[bytes, Verdict] = TTLCache(maxsize=kept, ttl=seconds, timer=clock)

    def find(self, version_id: int, seen: MessageSeen) -> Verdict | None:
        """The verdict on the same text under the same version, if it is recent."""
        return self._verdicts.get(_key(version_id, seen))

    def keep(self, version_id: int, seen: MessageSeen, verdict: Verdict) -> None:
        """Remember a verdict."""
        self._verdicts[_key(version_id, seen)] = verdict


def _key(version_id: int, seen: MessageSeen) -> bytes:
    written = [seen.text, *(f"{part.kind}:{part.text}" for part in seen.parts)]
    text = "\0".join(written).encode("utf-8", "surrogatepass")
    return hashlib.sha256(b"%d:%d:" % (version_id, seen.forwarded) + text).digest()
