"""What joins an open case and opens no new one: the same text by the same member, and edits and copies of a message."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakValueDictionary

from cachetools import TTLCache

from bot.moderation.cases.case import Case, CaseKind, CaseOpener, NewCase
from classifier.folding import fold

SAME_SECONDS = 600.0  #: between one message and the next of the same text
SAME_KEPT = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherMessage:
    """Another message of a case: the same text by the same member."""

    channel_id: int
    message_id: int
    author_id: int
    edit: int = 0  #: of the version that joined the case first, as in `Evidence`
    gone: bool = False


class CaseMessageStore(Protocol):
    """The further messages of cases. Each is also a verdict: `CaseStore.was_judged` knows it, `mark_gone` marks it,
    `latest_for_message` finds its case."""

    async def join(self, number: int, new: NewCase) -> Case | None:
        """Keep the message of `new` as a further one of the case of this number, with an audit entry, its automatic
        actions planned; the case. None where that case is not open, or where the message was judged already."""

    async def open_about(self, guild_id: int, message_id: int, policy_id: int) -> Case | None:
        """The newest open case that a policy opened about a message; None where there is none."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[FurtherMessage, ...]]:
        """The further messages of cases, oldest first. An edit of one of them is not another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What became of a message that needs a case."""

    case: Case
    is_new: bool  #: False for a further message, and where the case was there before
    is_further: bool = False


class Opening:
    """Opens cases, or lets the same text by the same member join the open one.

    Texts are remembered in memory only, as digests: after a restart, the next message opens a new case.
    """

    def __init__(
        self,
        *,
        cases: CaseOpener,
        messages: CaseMessageStore,
        clock: Callable[[], float],
        seconds: float = SAME_SECONDS,
        kept: int = SAME_KEPT,
    ) -> None:
        self._cases = cases
        self._messages = messages
        self._recent: TTLCache[bytes, int] = TTLCache(maxsize=kept, ttl=seconds, timer=clock)  # numbers of cases
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    async def open(self, new: NewCase, *, copy_of: int | None = None) -> Opened:
        """A new case, or the one that this message belongs to. Of two at once, one opens and the other joins.

        Args:
            copy_of: the message is a copy of the one of this id, by the same member.
        """
        key, about = _key(new), b"%d:%d:%d" % (new.guild_id, new.evidence.message_id, new.judged.policy_id)
        async with self._turns.setdefault(key, asyncio.Lock()), self._turns.setdefault(about, asyncio.Lock()):
            return await self._open_about(new, copy_of) or await self._open(new, key)

    async def _open_about(self, new: NewCase, copy_of: int | None) -> Opened | None:
        """The open case of the same message, where this is another version or a copy that breaks no other rule."""
        if new.kind not in _FROM_A_JUDGE:
            return None
        case = await self._messages.open_about(new.guild_id, copy_of or new.evidence.message_id, new.judged.policy_id)
        if case is None or not _says_no_more(new, case):
            return None
        joined = await self._messages.join(case.number, new)
        return None if joined is None else Opened(case=joined, is_new=False, is_further=True)

    async def _open(self, new: NewCase, key: bytes) -> Opened:
        number = self._recent.get(key)
        if new.kind is CaseKind.VIOLATION and number is not None:
            joined = await self._messages.join(number, new)
            if joined is not None:
                self._recent[key] = number
                return Opened(case=joined, is_new=False, is_further=True)
        case, is_new = await self._cases.open(new)
        if is_new:
            self._recent[key] = case.number
        return Opened(case=case, is_new=is_new)


_FROM_A_JUDGE = (CaseKind.VIOLATION, CaseKind.UNDECIDED)


def _says_no_more(new: NewCase, case: Case) -> bool:
    """Is this another version or a copy of the message, and all that was found in it said by the case already?"""
    if (new.evidence.message_id, new.evidence.edit) == (case.evidence.message_id, case.evidence.edit):
        return False
    if new.evidence.author_id != case.evidence.author_id:  # somebody else renamed the thread
        return False
    if case.kind not in _FROM_A_JUDGE or (new.kind is CaseKind.VIOLATION and case.kind is CaseKind.UNDECIDED):
        return False
    return {rule.id for rule in new.judged.rules} <= {rule.id for rule in case.judged.rules}


def digest_of(text: str) -> bytes:
    """What texts that read alike have in common. Nobody can read the text off it."""
    return hashlib.sha256((fold(text) or text).encode("utf-8", "surrogatepass")).digest()


def _key(new: NewCase) -> bytes:
    evidence = new.evidence
    kind = b"title:" if evidence.message_id < 0 else b""
    who = b"%d:%d:%d:%d:" % (new.guild_id, new.judged.version_id, evidence.author_id, evidence.forwarded)
    return kind + who + digest_of(evidence.text or "")
