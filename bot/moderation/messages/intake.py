"""Which messages are judged at all, and which answer may be used again."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum

from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.servers.server import ServerSettings
from classifier import Verdict

SAME_TEXT_SECONDS = 300.0
SAME_TEXT_KEPT = 4_096


class Skip(StrEnum):
    """Why a message is not judged."""

    OWN = "own"  #: posted by this bot
    BOT = "bot"  #: posted by another bot or a webhook, and no policy judges those
    SYSTEM = "system"  #: written by Discord: joins, pins, boosts
    EMPTY = "empty"  #: nothing to read: an image, white space
    NOT_SET_UP = "not_set_up"  #: the server has not run /setup
    REVIEW_CHANNEL = "review_channel"  #: the moderators' own channel
    NO_POLICY = "no_policy"  #: no policy is in force
    OUT_OF_SCOPE = "out_of_scope"  #: every policy in force exempts the place or the author
    ALREADY_JUDGED = "already_judged"  #: this text of this message, under these very versions


def reason_to_skip(
    seen: MessageSeen, settings: ServerSettings | None, *, own_id: int, judges_bots: bool = False
) -> Skip | None:
    """Why this message is not judged, as far as the message and the settings tell; None where it is.

    Args:
        judges_bots: a policy in force asks for the messages of other bots.
    """
    checks = (
        (Skip.OWN, seen.author_id == own_id),
        (Skip.SYSTEM, seen.is_system),
        (Skip.BOT, seen.author_is_bot and not judges_bots),
        (Skip.EMPTY, seen.is_empty),
        (Skip.NOT_SET_UP, settings is None),
        (Skip.REVIEW_CHANNEL, settings is not None and settings.review_channel_id in seen.place.nearest_first),
    )
    return next((reason for reason, holds in checks if holds), None)


class SameText:
    """Verdicts of the last minutes by text and policy version, so that a raid costs one judgement.

    Holds digests, never texts. Not for edits of one message: those differ in text and are judged anew.
    """

    def __init__(
        self, clock: Callable[[], float], *, seconds: float = SAME_TEXT_SECONDS, kept: int = SAME_TEXT_KEPT
    ) -> None:
        self._clock = clock
        self._seconds = seconds
        self._kept = kept
        self._verdicts: OrderedDict[bytes, tuple[float, Verdict]] = OrderedDict()

    def find(self, version_id: int, seen: MessageSeen) -> Verdict | None:
        """The verdict on the same text under the same version, if it is recent."""
        at, verdict = self._verdicts.get(self._key(version_id, seen), (0.0, None))
        return verdict if verdict and self._clock() - at <= self._seconds else None

    def keep(self, version_id: int, seen: MessageSeen, verdict: Verdict) -> None:
        """Remember a verdict."""
        key = self._key(version_id, seen)
        self._verdicts[key] = (self._clock(), verdict)
        self._verdicts.move_to_end(key)
        if len(self._verdicts) > self._kept:
            self._verdicts.popitem(last=False)

    @staticmethod
    def _key(version_id: int, seen: MessageSeen) -> bytes:
        written = [seen.text, *(f"{part.kind}:{part.text}" for part in seen.parts)]
        text = "\0".join(written).encode("utf-8", "surrogatepass")
        return hashlib.sha256(b"%d:%d:" % (version_id, seen.forwarded) + text).digest()
