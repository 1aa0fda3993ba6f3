"""Appeals in memory. See `tests.fakes.stores`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.moderation.appeals.appeal import (
    UNDECIDED,
    Answer,
    Appeal,
    AppealKey,
    AppealSearch,
    AppealState,
    Asked,
    Fresh,
    NewAppeal,
    Review,
)
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.audit import AuditAction
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.audit.entries_of_members import appeal_changed, appeal_told
from bot.storage.cases.case_rows import storable
from bot.storage.members.appeal_rows import answered, cleaned
from tests.fakes.stores_audit import MemoryAuditLog


class MemoryAppealStore:
    """`bot.moderation.appeals.appeal.AppealStore` as a dictionary."""

    def __init__(self, *, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._now = now
        self._audit = audit
        self._appeals: dict[AppealKey, Appeal] = {}
        self._purged: set[AppealKey] = set()

    async def open(self, new: NewAppeal) -> Appeal | None:
        """Store an appeal. None if this attempt exists already."""
        if new.key in self._appeals:
            return None
        at = self._now()
        new = cleaned(new)
        appeal = Appeal(
            key=new.key,
            member_id=new.member_id,
            state=AppealState.OPEN,
            answers=new.answers,
            against=new.against,
            opened_at=at,
            waiting_since=at,
        )
        return self._keep(appeal, AuditAction.APPEAL_OPENED, actor_id=new.member_id)

    async def get(self, key: AppealKey) -> Appeal | None:
        """The appeal with this key."""
        return self._appeals.get(key)

    async def of_case(self, guild_id: int, number: int) -> tuple[Appeal, ...]:
        """The appeals of a case, by attempt."""
        found = (each for each in self._of(guild_id) if each.key.case_number == number)
        return tuple(sorted(found, key=lambda each: each.key.attempt))

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, Appeal]:
        """The newest appeal of each of these cases. Cases without appeals are left out."""
        found = sorted(self._of(guild_id), key=lambda each: each.key.attempt)
        return {each.key.case_number: each for each in found if each.key.case_number in numbers}

    async def search(self, guild_id: int, wanted: AppealSearch, *, limit: int = 25) -> tuple[Appeal, ...]:
        """Matching appeals, newest first."""
        found = [
            each
            for each in self._of(guild_id)
            if wanted.member_id in (None, each.member_id)
            and wanted.case_number in (None, each.key.case_number)
            and (not wanted.states or each.state in wanted.states)
            and (wanted.since is None or each.opened_at >= wanted.since)
            and (wanted.until is None or each.opened_at < wanted.until)
        ]
        found.sort(key=lambda each: (each.opened_at, each.key.case_number, each.key.attempt), reverse=True)
        return tuple(found[:limit])

    async def ask(self, key: AppealKey, asked: Asked) -> Appeal | None:
        """OPEN -> ASKED, with the question. None if it isn't open."""
        appeal = self._appeals.get(key)
        if appeal is None or appeal.state is not AppealState.OPEN:
            return None
        asked = replace(asked, question=storable(asked.question or ""))
        appeal = replace(
            appeal,
            state=AppealState.ASKED,
            asked=(*appeal.asked, asked),
            asking_reached=None,
            waiting_since=asked.at,
            reminded_at=None,
        )
        return self._keep(appeal, AuditAction.APPEAL_ASKED, actor_id=asked.by)

    async def answer(self, key: AppealKey, text: str) -> Appeal | None:
        """ASKED -> OPEN, with the member's answer to the newest question. None if no question is open."""
        appeal = self._appeals.get(key)
        if appeal is None or appeal.state is not AppealState.ASKED:
            return None
        at = self._now()
        appeal = replace(
            appeal, state=AppealState.OPEN, asked=answered(appeal, text, at=at), waiting_since=at, reminded_at=None
        )
        return self._keep(appeal, AuditAction.APPEAL_ANSWERED, actor_id=appeal.member_id)

    async def decide(self, key: AppealKey, state: AppealState, review: Review) -> tuple[Appeal, bool] | None:
        """UPHELD or OVERTURNED, once: (appeal, True). If it was decided before, (the appeal as it is, False)."""
        appeal = self._appeals.get(key)
        if appeal is None:
            return None
        if appeal.state not in UNDECIDED:
            return appeal, False
        appeal = replace(appeal, state=state, review=replace(review, reason=storable(review.reason or "")))
        self._appeals[key] = appeal
        entry = appeal_changed(key, AuditAction.APPEAL_DECIDED, state.value, at=review.at, actor_id=review.reviewer_id)
        self._audit.add([entry])
        return appeal, True

    async def note_fresh(self, key: AppealKey, fresh: Fresh) -> None:
        """Store the judge's answer today. Does nothing if the texts were purged already."""
        if key not in self._purged:
            self._set(key, fresh=fresh)

    async def note_told(self, key: AppealKey, told: NoticeState) -> None:
        """Record whether the member was told the outcome."""
        appeal = self._set(key, told=told)
        if appeal is not None:
            self._audit.add([appeal_told(appeal, told, at=self._now())])

    async def note_asking(self, key: AppealKey, reached: NoticeState) -> None:
        """Record whether the newest question reached the member."""
        self._set(key, asking_reached=reached)

    async def note_reminder(self, key: AppealKey) -> None:
        """Record that reviewers were reminded now."""
        self._set(key, reminded_at=self._now())

    async def card_posted(self, key: AppealKey, *, channel_id: int, message_id: int) -> None:
        """Its card is in the moderators' channel."""
        self._set(key, card_channel_id=channel_id, card_message_id=message_id)

    async def card_lost(self, key: AppealKey) -> None:
        """Its card was deleted and has to be posted again."""
        self._set(key, card_channel_id=None, card_message_id=None)

    async def servers_with_unfinished(self, *, before: datetime) -> frozenset[int]:
        """The servers that have one."""
        found = (each for each in self._appeals.values() if each.told is None and _has_work(each, before))
        return frozenset(each.key.guild_id for each in found)

    async def unfinished(self, guild_id: int, *, before: datetime, limit: int = 1_000) -> tuple[Appeal, ...]:
        """Appeals without a card, without the judge's answer, or whose member wasn't told the outcome."""
        found = [each for each in self._of(guild_id) if each.told is None and _has_work(each, before)]
        return tuple(sorted(found, key=lambda each: (each.opened_at, each.key.case_number))[:limit])

    async def waiting(self, guild_id: int, *, before: datetime) -> tuple[Appeal, ...]:
        """Undecided appeals that have been waiting since `before` without a reminder after it; oldest first."""
        found = [
            each
            for each in self._of(guild_id)
            if each.state in UNDECIDED and (each.reminded_at or each.waiting_since) < before
        ]
        return tuple(sorted(found, key=lambda each: (each.waiting_since, each.key.case_number)))

    async def servers_with_waiting(self) -> frozenset[int]:
        """The servers with an undecided appeal."""
        return frozenset(each.key.guild_id for each in self._appeals.values() if each.state in UNDECIDED)

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the words of appeals decided before this."""
        old = [
            each
            for each in self._of(guild_id)
            if each.review and each.review.at < before and each.key not in self._purged
        ]
        del old[limit:]
        for appeal in old:
            self._purged.add(appeal.key)
            self._keep(_without_texts(appeal), AuditAction.TEXTS_PURGED, actor_id=None)
        return len(old)

    def _of(self, guild_id: int) -> tuple[Appeal, ...]:
        return tuple(each for each in self._appeals.values() if each.key.guild_id == guild_id)

    def _keep(self, appeal: Appeal, action: AuditAction, *, actor_id: int | None) -> Appeal:
        self._appeals[appeal.key] = appeal
        self._audit.add([appeal_changed(appeal.key, action, at=self._now(), actor_id=actor_id)])
        return appeal

    def _set(self, key: AppealKey, **changes: object) -> Appeal | None:
        appeal = self._appeals.get(key)
        if appeal is not None:
            self._appeals[key] = appeal = replace(appeal, **changes)  # type: ignore[arg-type]  # our own fields
        return appeal


def _has_work(appeal: Appeal, before: datetime) -> bool:
    if appeal.review is not None and appeal.review.at < before:
        return True
    lacks_verdict = appeal.review is None and appeal.fresh is None
    return appeal.opened_at < before and (appeal.card_message_id is None or lacks_verdict)


def _without_texts(appeal: Appeal) -> Appeal:
    return replace(
        appeal,
        answers=tuple(Answer(question=each.question, text=None) for each in appeal.answers),
        asked=tuple(replace(each, question=None, answer=None) for each in appeal.asked),
        fresh=None,
        review=appeal.review and replace(appeal.review, reason=None),
    )
