"""Processes the pictures of messages: bursts at once, everything that needs a download in the background.

It doesn't judge, and takes no automatic action: findings become cases for a person. Each part is off until an admin
switches it on. A message only counts as done when its pictures were processed, so that interrupted ones are read from
history after the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.languages.translation import marked
from bot.log_context import logged_with
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.attached_file import AttachedFile
from bot.moderation.cases.case import Case, CaseKind, CaseState, CaseStore, Judged, NewCase
from bot.moderation.cases.further_messages import SAME_SECONDS, Opened, Opening
from bot.moderation.messages.message_seen import MessageSeen, evidence_of
from bot.moderation.pictures.bursts import Deletions, PictureBursts
from bot.moderation.pictures.picture import (
    MOST_BYTES,
    MOST_COPIES,
    DecidedPicture,
    PictureRead,
    PictureReader,
    PictureSource,
    PictureStore,
    Unusable,
    is_pictures_only,
    match,
    pictures_of,
)
from bot.moderation.servers.cache import AnswerCache
from bot.moderation.servers.options import OptionStore, PictureOptions
from classifier.errors import described

_log = logging.getLogger(__name__)

AT_ONCE = 2  #: pictures fetched or decoded at a time
MOST_LOOKS = 1_000  #: messages whose pictures may wait to be fetched; pictures of further ones are skipped
SOURCE = marked("Pictures")  #: shown in place of the policy's name
BURST = "picture_burst"
SAME = "same_picture"  #: goes before the number of the case
_BURST_WHY = marked(
    "One member posted nothing but pictures in several channels within a minute. Nothing looked at what is on them."
)
_SAME_WHY = marked(
    "A picture of this message looks like one of case {number}, which a moderator decided as a violation. Only the "
    "pictures were compared, and two that differ may look alike to the comparison."
)
PICTURE_WHYS = (_SAME_WHY, _BURST_WHY)  #: kept in English, see `bot.languages.kept_sentences`


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureStores:
    """The stores that picture checks read and write."""

    pictures: PictureStore
    cases: CaseStore
    options: OptionStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The ports to fetch and read pictures."""

    source: PictureSource
    reader: PictureReader


@dataclass(frozen=True, slots=True, kw_only=True)
class _Burst:
    case: Case
    first: MessageSeen  # the case's message if it was just opened; otherwise the message that joined it


class PictureWatch:
    """Is called for every message that may be judged, after its turn, and for cases that members' reports opened."""

    def __init__(
        self, stores: PictureStores, *, sight: Sight, opening: Opening, cards: CardPosting, clock: Callable[[], float]
    ) -> None:
        self._pictures = stores.pictures
        self._cases = stores.cases
        self._options = stores.options
        self._sight = sight
        self._opening = opening
        self._cards = cards
        self._decided: AnswerCache[int, tuple[DecidedPicture, ...]] = AnswerCache(clock)
        self._bursts = PictureBursts()
        self._deletions = Deletions()
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def can_compare(self) -> bool:
        """Is the library that compares pictures installed?"""
        return self._sight.reader.can_compare

    async def passed(self, seen: MessageSeen, cases: Sequence[Case]) -> asyncio.Task[None] | None:
        """A message had its turn. Returns the background task for its pictures, if there is one.

        Args:
            cases: the cases that the judge opened about it.
        """
        if not pictures_of(seen):
            return None
        options = await self._options.get(seen.guild_id, PictureOptions)
        found = [(seen, _about(seen, cases))]
        burst = await self._burst(seen, options)
        if burst is not None:
            cases = (*cases, burst.case)
            found = [(seen, _about(seen, cases))] if seen is burst.first else [*found, (burst.first, (burst.case,))]
        compares = options.compare and self.can_compare
        looks = [
            (message, mine)
            for message, mine in found
            if (compares and (mine or not cases)) or (options.keep_copies and mine)
        ]
        return self._start(self._look_at(looks, options)) if looks else None

    def reported(self, seen: MessageSeen, case: Case) -> None:
        """A member's report opened a case. Returns at once."""
        if pictures_of(seen):
            self._start(self._keep_reported(seen, case))

    def gone(self, message_ids: frozenset[int]) -> None:
        """These messages were deleted."""
        self._deletions.note(message_ids)

    def forget_member(self, member_id: int) -> None:
        """A member had their words erased: forget their messages in memory."""
        self._bursts.forget_member(member_id)

    async def close(self, *, seconds: float) -> None:
        """Give pictures in progress this much time; the rest is processed after the next start."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _burst(self, seen: MessageSeen, options: PictureOptions) -> _Burst | None:
        """The burst that this message is part of, with its case opened or joined; None if there is no burst."""
        if not options.burst_channels or not is_pictures_only(seen) or await self._is_known(seen):
            return None
        messages = self._bursts.note(seen, channels=options.burst_channels)
        if not messages:
            return None
        since = messages[0].posted_at - timedelta(seconds=SAME_SECONDS)
        number = await self._pictures.open_burst(seen.guild_id, seen.whose, since=since)
        opened = []
        for each in messages:  # the first may have a case of another kind, which the others join
            opened.append(await self._open(each, CaseKind.PICTURE_BURST, BURST, _BURST_WHY, same=number))
            number = opened[-1].case.number
        await self._mark_gone(messages)
        return _Burst(case=opened[0].case, first=messages[0] if opened[0].is_new else seen)

    async def _is_known(self, seen: MessageSeen) -> bool:
        """Is this another version of a message that has a case? An edit adds no picture."""
        return bool(seen.edit) and await self._cases.latest_for_message(seen.guild_id, seen.message_id) is not None

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        if len(self._tasks) >= MOST_LOOKS:
            work.close()
            _log.warning("pictures were not looked at: too many wait")
            return None
        task = asyncio.create_task(work, name="pictures")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _keep_reported(self, seen: MessageSeen, case: Case) -> None:
        options = await self._options.get(seen.guild_id, PictureOptions)
        if options.keep_copies or (options.compare and self.can_compare):
            await self._look_at([(seen, (case,))], options)

    async def _look_at(self, looks: Sequence[tuple[MessageSeen, tuple[Case, ...]]], options: PictureOptions) -> None:
        for seen, mine in looks:
            with logged_with(**seen.log_ids):
                try:
                    await self._look(seen, mine, options)
                except Exception as error:  # noqa: BLE001 - one message's pictures must not take anything else down
                    _log.error("pictures were not looked at", extra={"why": described(error)})

    async def _look(self, seen: MessageSeen, mine: tuple[Case, ...], options: PictureOptions) -> None:
        read = await self._read(seen, options)
        if not mine and (same := await self._same(seen, read)) is not None:
            mine = (same,)
        for case in mine:
            await self._keep(case, read, options)

    async def _read(self, seen: MessageSeen, options: PictureOptions) -> list[PictureRead]:
        """What could be read of the pictures, in their order."""
        found = []
        for place, file in enumerate(pictures_of(seen)):
            read = await self._read_one(file, options, copy=place < MOST_COPIES)
            if isinstance(read, Unusable):
                _log.info("a picture was not looked at", extra={"why": read.value})
            else:
                found.append(read)
        return found

    async def _read_one(self, file: AttachedFile, options: PictureOptions, *, copy: bool) -> PictureRead | Unusable:
        if file.size > MOST_BYTES:
            return Unusable.TOO_LARGE
        async with self._at_once:
            data = await self._sight.source.fetch(file)
            if data is None:
                return Unusable.NOT_FETCHED
            if len(data) > MOST_BYTES:
                return Unusable.TOO_LARGE
            return await self._sight.reader.read(
                data, fingerprint=options.compare and self.can_compare, copy=copy and options.keep_copies
            )

    async def _same(self, seen: MessageSeen, read: Sequence[PictureRead]) -> Case | None:
        """The case of this message, if one of its pictures matches one of a decided case."""
        mine = [each.fingerprint for each in read if each.fingerprint is not None]
        if not mine or await self._is_known(seen):
            return None
        found = match(mine, await self._decided.get(seen.guild_id, lambda: self._pictures.decided(seen.guild_id)))
        if found is None:
            return None
        before = await self._cases.get(seen.guild_id, found.number)
        if before is None or before.state is not CaseState.VIOLATION:  # the decision was reversed a moment ago
            return None
        why = _SAME_WHY.format(number=found.number)
        opened = await self._open(seen, CaseKind.SAME_PICTURE, f"{SAME}:{found.number}", why)
        await self._mark_gone((seen,))
        return opened.case if opened.is_new else None

    async def _keep(self, case: Case, read: Sequence[PictureRead], options: PictureOptions) -> None:
        kept = [each for each in read if each.fingerprint is not None or each.copy is not None]
        if kept:
            await self._pictures.keep(case.guild_id, case.number, kept)
            if options.keep_copies:
                self._cards.refresh_soon(case)  # it has a button for them now

    async def _open(
        self, seen: MessageSeen, kind: CaseKind, method: str, why: str, *, same: int | None = None
    ) -> Opened:
        new = NewCase(guild_id=seen.guild_id, kind=kind, evidence=evidence_of(seen), judged=_found(method, why))
        opened = await self._opening.open(new, same=same)
        with logged_with(case=opened.case.number):
            if opened.is_new:
                _log.info("case opened", extra={"method": kind.value})
                await self._cards.show(opened.case)
            elif opened.is_further:
                self._cards.refresh_soon(opened.case)
        return opened

    async def _mark_gone(self, messages: Sequence[MessageSeen]) -> None:
        """Mark messages that were deleted before their case existed."""
        gone = self._deletions.of(messages)
        for case in await self._cases.mark_gone(messages[0].guild_id, gone) if gone else ():
            await self._cards.refresh(case)


def _about(seen: MessageSeen, cases: Sequence[Case]) -> tuple[Case, ...]:
    """The cases about this message itself, not those that it joined."""
    return tuple(case for case in cases if case.evidence.message_id == seen.message_id)


def _found(method: str, why: str) -> Judged:
    """The judgement stored in place of a verdict: no policy was involved."""
    return Judged(
        policy_id=0,
        policy_name=SOURCE,
        version_id=0,
        version_number=0,
        rules=(),
        score=None,
        rationale=why,
        reasoning=None,
        method=method,
        judge="",
        prompt_fingerprint=None,
    )
