"""Messages that join an open case instead of opening a new one: the same text by the same member, pictures that they
post in a burst, and edits and copies of a message."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakValueDictionary

from cachetools import TTLCache

from bot.moderation.cases.case import Case, CaseKind, NewCase
from classifier.folding import fold

SAME_SECONDS = 600.0  #: seconds between two messages with the same text
SAME_KEPT = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherMessage:
    """A further message of a case: the same text by the same member."""

    channel_id: int
    message_id: int
    author_id: int
    edit: int = 0  #: of the version that joined the case first, as in `Evidence`
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MayJoin:
    """The open cases that a message may join."""

    about: int  #: the id of the message that it is another version or a copy of; its own id if it's no copy
    same_text: int | None = None  #: the number of the case in which the same member posted the same text


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The case of a message that needed one."""

    case: Case
    is_new: bool  #: False for a further message, or if the case existed already
    is_further: bool = False


class CaseMessageStore(Protocol):
    """The further messages of cases. Each is also a verdict: `CaseStore.was_judged` knows it, `mark_gone` marks it,
    `latest_for_message` finds its case."""

    async def open_or_join(self, new: NewCase, may_join: MayJoin) -> Opened:
        """Return the existing case for the same message, edit and version, or the one that `case_to_join` picks, or
        open a new one as `CaseOpener` does. A message that joins is stored as a further message of that case, with
        an audit entry and its automatic actions planned. Of several simultaneous calls about one verdict, only one
        opens or joins."""

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, tuple[FurtherMessage, ...]]:
        """The further messages of cases, oldest first. An edit doesn't count as another message."""


class Opening:
    """Opens cases, or adds the same text by the same member to the open one.

    Texts are remembered in memory only, as digests: after a restart, the next message opens a new case.
    """

    def __init__(
        self,
        *,
        messages: CaseMessageStore,
        clock: Callable[[], float],
        seconds: float = SAME_SECONDS,
        kept: int = SAME_KEPT,
    ) -> None:
        self._messages = messages
        self._recent: TTLCache[bytes, int] = TTLCache(maxsize=kept, ttl=seconds, timer=clock)  # numbers of cases
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    async def open(self, new: NewCase, *, copy_of: int | None = None, same: int | None = None) -> Opened:
        """A new case, or the one that this message belongs to. Of two at once, one opens and the other joins.

        Args:
            copy_of: the message repeats the one with this id: as a copy by the same member, or as a webhook's.
            same: the number of a case to join that was opened before this process began, where one is known.
        """
        key, about = _key(new), b"%d:%d:%d" % (new.guild_id, new.evidence.message_id, new.judged.policy_id)
        async with self._turns.setdefault(key, asyncio.Lock()), self._turns.setdefault(about, asyncio.Lock()):
            same_text = self._recent.get(key, same) if new.kind in _JOINED_BY_THE_SAME else None
            may_join = MayJoin(about=copy_of or new.evidence.message_id, same_text=same_text)
            opened = await self._messages.open_or_join(new, may_join)
            if opened.is_new or (opened.is_further and opened.case.number == same_text):
                self._recent[key] = opened.case.number
            return opened


_FROM_A_JUDGE = (CaseKind.VIOLATION, CaseKind.UNDECIDED)
#: Found by counting or comparing pictures: they match if found the same way, whatever text comes with the pictures.
BY_PICTURES = (CaseKind.PICTURE_BURST, CaseKind.SAME_PICTURE)
_JOINED_BY_THE_SAME = (CaseKind.VIOLATION, *BY_PICTURES)


def case_to_join(new: NewCase, open_cases: Sequence[Case], may_join: MayJoin) -> Case | None:
    """Pick the open case that the message belongs to: the newest about the same message, if this version or copy breaks
    no other rule; otherwise the one with the same text by the same member."""
    about = [
        case
        for case in open_cases
        if case.evidence.message_id == may_join.about and case.judged.policy_id == new.judged.policy_id
    ]
    newest = max(about, key=lambda case: case.number, default=None)
    if newest is not None and new.kind in _FROM_A_JUDGE and _says_no_more(new, newest):
        return newest
    return next((case for case in open_cases if case.number == may_join.same_text), None)


def _says_no_more(new: NewCase, case: Case) -> bool:
    """Is this another version or a copy of the message, with nothing found that the case doesn't already name?"""
    if (new.evidence.message_id, new.evidence.edit) == (case.evidence.message_id, case.evidence.edit):
        return False
    if new.evidence.whose != case.evidence.whose:  # another member renamed the thread
        return False
    if case.kind not in _FROM_A_JUDGE or (new.kind is CaseKind.VIOLATION and case.kind is CaseKind.UNDECIDED):
        return False
    return {rule.id for rule in new.judged.rules} <= {rule.id for rule in case.judged.rules}


def digest_of(text: str) -> bytes:
    """A digest that is equal for texts that read alike. The text can't be recovered from it."""
    return hashlib.sha256((fold(text) or text).encode("utf-8", "surrogatepass")).digest()


def _key(new: NewCase) -> bytes:
    evidence = new.evidence
    kind = b"title:" if evidence.message_id < 0 else b""
    who = b"%d:%d:%d:%d:" % (new.guild_id, new.judged.version_id, evidence.whose, evidence.forwarded)
    kind += b"webhook:" if evidence.is_webhooks else b""
    what = new.judged.method if new.kind in BY_PICTURES else evidence.text or ""  # alt texts may differ
    kind += b"pictures:" if new.kind in BY_PICTURES else b""
    return kind + who + digest_of(what)
