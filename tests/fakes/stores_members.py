"""Notices, reports and the cases of a member, in memory. See `tests.fakes.stores`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.keys import Cipher, Signer, new_key
from bot.moderation.appeals.notices import Noted
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import Action
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.moderation.cases.case import Case
from bot.moderation.cases.receipt import Receipt
from bot.moderation.members.report import (
    REPORTS_PER_HOUR,
    Filed,
    FiledBefore,
    Mute,
    NewReport,
    Report,
    TooMany,
)
from bot.moderation.servers.retention import PURGED_AT_A_TIME
from bot.storage.audit.entries_of_members import muted, notice_noted, reported, unmuted
from bot.storage.cases.case_rows import storable
from tests.fakes.stores import MemoryCaseStore
from tests.fakes.stores_audit import MemoryAuditLog

_HOUR = timedelta(hours=1)


class MemoryNoticeStore:
    """`bot.moderation.appeals.notices.NoticeStore` as a dictionary."""

    def __init__(self, *, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._now = now
        self._audit = audit
        self._notices: dict[int, tuple[Action, NoticeState]] = {}
        self._noted_at: dict[int, datetime] = {}

    async def note(self, action: Action, state: NoticeState) -> None:
        """Record whether telling the member about an action worked. A second note replaces the first."""
        self._notices[action.id] = (action, state)
        self._noted_at[action.id] = self._now()
        self._audit.add([notice_noted(action, state, at=self._now())])

    async def of_case(self, guild_id: int, number: int) -> tuple[Noted, ...]:
        """The notices of a case, by action."""
        return tuple(
            Noted(action_id=action_id, state=state, at=self._noted_at[action_id])
            for action_id, (action, state) in sorted(self._notices.items())
            if (action.new.guild_id, action.new.case_number) == (guild_id, number)
        )

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, NoticeState]:
        """The result of the newest notice of each of these cases. Cases without notices are left out."""
        return {
            action.new.case_number: state
            for _, (action, state) in sorted(self._notices.items())
            if action.new.guild_id == guild_id and action.new.case_number in numbers
        }


class MemoryMemberCases:
    """`bot.moderation.members.record.MemberCases` over a case store in memory."""

    def __init__(self, cases: MemoryCaseStore) -> None:
        self._cases = cases

    async def of_member(self, member_id: int, *, guild_id: int | None = None, limit: int = 100) -> tuple[Case, ...]:
        """The newest first."""
        found = [
            case
            for case in self._cases.everything()
            if case.evidence.author_id == member_id and guild_id in (None, case.guild_id)
        ]
        found.sort(key=lambda case: (-case.opened_at.timestamp(), case.guild_id, -case.number))
        return tuple(found[:limit])


class MemoryReportStore:
    """`bot.moderation.members.report.ReportStore` as dictionaries."""

    def __init__(self, *, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._now = now
        self._audit = audit
        self._reports: dict[NewReport, Report] = {}
        self._mutes: dict[tuple[int, int], Mute] = {}

    async def file(self, new: NewReport, *, limit: int = REPORTS_PER_HOUR) -> Filed | FiledBefore | TooMany | Mute:
        """Store a report, unless something prevents it."""
        at = self._now()
        mute = self._mute_of(new.guild_id, new.reporter_id)
        if mute is not None:
            return mute
        if new in self._reports:
            return FiledBefore(case_number=self._reports[new].case_number)
        mine = [
            each.at
            for each in self._reports.values()
            if (each.new.guild_id, each.new.reporter_id) == (new.guild_id, new.reporter_id) and each.at > at - _HOUR
        ]
        if len(mine) >= limit:
            return TooMany(again_at=mine[-limit] + _HOUR)
        self._reports[new] = Report(new=new, case_number=None, words=None, at=at)
        return Filed()

    async def attach(self, new: NewReport, case_number: int) -> None:
        """Attach the report to this case."""
        report = self._reports.get(new)
        if report is not None and report.case_number is None:
            self._reports[new] = replace(report, case_number=case_number)
            self._audit.add([reported(new, case_number, at=self._now())])

    async def add_words(self, guild_id: int, message_id: int, reporter_id: int, words: str) -> Report | None:
        """The reporter says why, of their newest report on this message."""
        mine = [
            each
            for each in self._reports.values()
            if (each.new.guild_id, each.new.message_id, each.new.reporter_id) == (guild_id, message_id, reporter_id)
        ]
        if not mine:
            return None
        report = self._reports[mine[-1].new] = replace(mine[-1], words=storable(words))
        return report

    async def of_case(self, guild_id: int, number: int) -> tuple[Report, ...]:
        """The reports on a case, oldest first."""
        found = self._reports.values()
        return tuple(each for each in found if (each.new.guild_id, each.case_number) == (guild_id, number))

    async def of_cases(self, guild_id: int, numbers: tuple[int, ...]) -> dict[int, int]:
        """How many members reported each of these cases. Cases without reports are left out."""
        counts = {number: await self._count(guild_id, number) for number in numbers}
        return {number: count for number, count in counts.items() if count}

    async def mute(self, mute: Mute) -> None:
        """Refuse this member's reports for a time. Replaces an earlier mute."""
        self._mutes[(mute.guild_id, mute.member_id)] = mute
        self._audit.add([muted(mute, at=self._now())])

    async def unmute(self, guild_id: int, member_id: int, *, by: int) -> bool:
        """Accept their reports again. False if they weren't muted."""
        if self._mute_of(guild_id, member_id) is None:
            return False
        del self._mutes[(guild_id, member_id)]
        self._audit.add([unmuted(guild_id, member_id, by=by, at=self._now())])
        return True

    async def mutes(self, guild_id: int) -> tuple[Mute, ...]:
        """The current mutes, ordered by their end."""
        found = [each for each in self._mutes.values() if each.guild_id == guild_id and each.until > self._now()]
        return tuple(sorted(found, key=lambda each: each.until))

    async def purge_texts(self, guild_id: int, *, before: datetime, limit: int = PURGED_AT_A_TIME) -> int:
        """Delete the words of reports made before this time. Returns how many were purged."""
        old = [
            each
            for each in self._reports.values()
            if each.new.guild_id == guild_id and each.at < before and each.words is not None
        ]
        del old[limit:]
        for report in old:
            self._reports[report.new] = replace(report, words=None)
            self._audit.add(
                [
                    AuditEntry(
                        guild_id=guild_id,
                        actor_id=None,
                        action=AuditAction.TEXTS_PURGED,
                        subject=f"case:{report.case_number}",
                        detail="report",
                        at=self._now(),
                    )
                ]
            )
        return len(old)

    async def _count(self, guild_id: int, number: int) -> int:
        return len({each.new.reporter_id for each in await self.of_case(guild_id, number)})

    def _mute_of(self, guild_id: int, member_id: int) -> Mute | None:
        mute = self._mutes.get((guild_id, member_id))
        return mute if mute is not None and mute.until > self._now() else None


class MemoryReceiptStore:
    """`bot.moderation.cases.receipt.ReceiptStore` as a dictionary."""

    def __init__(self, signer: Signer | None = None) -> None:
        self._signer = signer or Cipher((new_key().encode(),)).signer
        self._receipts: dict[tuple[int, int], Receipt] = {}

    async def issue(self, guild_id: int, number: int, statement: str) -> Receipt:
        """Sign and store a statement about a case, or return the existing one."""
        signature = self._signer.sign(statement.encode())
        receipt = Receipt(statement=statement, signature=signature, public_key=self._signer.public_key)
        return self._receipts.setdefault((guild_id, number), receipt)

    async def of_case(self, guild_id: int, number: int) -> Receipt | None:
        """The receipt of this case, if one was issued."""
        return self._receipts.get((guild_id, number))

    async def public_keys(self) -> tuple[bytes, ...]:
        """The public keys of all stored receipts."""
        return tuple(sorted({receipt.public_key for receipt in self._receipts.values()}))
