"""The members' side of moderation, wired to fakes: notices, appeals, reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.moderation.appeals.appeal import (
    OUR_QUESTIONS,
    Appeal,
    AppealKey,
    Review,
)
from bot.moderation.appeals.direct_messages import MemoryMessenger, Outcome
from bot.moderation.appeals.file import MemoryAppealBoard
from bot.moderation.appeals.notices import Notices
from bot.moderation.appeals.submission import SentOff, digest_of
from bot.moderation.cards.board import CardRefused
from bot.moderation.cases.action import ActionKind
from bot.moderation.cases.case_file import CaseFiles
from bot.moderation.judging.check import Check
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.wiring.members import MembersEdge, MemberServices, build_members
from tests.fakes.stores_appeals import MemoryAppealStore
from tests.fakes.stores_members import (
    MemoryMemberCases,
    MemoryNoticeStore,
    MemoryReceiptStore,
    MemoryReportStore,
)

ANA, OMAR, RITA = 7, 77, 78
KEY = AppealKey(guild_id=1, case_number=1, attempt=1)
REFUSED = CardRefused(why="No.", permanent=True)


@dataclass(frozen=True, kw_only=True)
class HallStores:
    """Those of `bot.wiring.stores.Stores` that the members' side uses."""

    appeals: MemoryAppealStore
    reports: MemoryReportStore
    cases: Any
    actions: Any
    options: Any
    servers: Any
    policies: Any
    member_cases: MemoryMemberCases
    report_outcomes: Any = None  #: nobody waits here to hear the outcome


@dataclass
class Hall:
    """The members' side, wired to fakes around a desk."""

    desk: Any
    members: MemberServices
    appeals: MemoryAppealStore
    notices: MemoryNoticeStore
    reports: MemoryReportStore
    board: MemoryAppealBoard
    messenger: MemoryMessenger
    notice_desk: Notices

    async def acted(self, kind: ActionKind = ActionKind.BAN) -> Any:
        """Omar acted on Ana's message."""
        seen = self.desk.seen()
        await self.desk.pipeline.see(seen, own_id=1)
        done = await self.desk.act.act(1, 1, kind=kind, moderator_id=OMAR, reason="")
        return done.case

    async def send_off(self, attempt: int = 1, *, texts: tuple[str, ...] = ("It was a joke.", "")) -> Any:
        """Ana sends the form off."""
        return await self.members.submission.send_off(
            1, 1, member_id=ANA, attempt=attempt, digest=digest_of(OUR_QUESTIONS), texts=texts
        )

    async def appealed(self, kind: ActionKind = ActionKind.BAN) -> Appeal:
        """Ana has appealed, and moderators see it."""
        await self.acted(kind)
        sent = await self.send_off()
        assert isinstance(sent, SentOff)
        await self.members.submission.present(sent.appeal)
        return await self.stored()

    async def stored(self) -> Any:
        """The appeal as it stands."""
        return await self.appeals.get(KEY)

    def outcomes(self) -> list[Outcome]:
        """What Ana was told of outcomes."""
        return [letter for _, letter in self.messenger.sent if isinstance(letter, Outcome)]

    def review(self) -> Review:
        """Rita's decision, as it is in the store."""
        return Review(reviewer_id=RITA, at=self.desk.now[0], reason="It was a joke.")


def hall_around(desk: Any, seen_factory: Callable[..., Any]) -> Hall:
    """The members' side around a desk."""

    def clock() -> Any:
        return desk.now[0]

    appeals = MemoryAppealStore(now=clock, audit=desk.audit)
    notices, reports = (
        MemoryNoticeStore(now=clock, audit=desk.audit),
        MemoryReportStore(now=clock, audit=desk.audit),
    )
    board, messenger = MemoryAppealBoard(), MemoryMessenger()
    check = Check(
        judge=desk.judge, in_force=desk.in_force, cases=desk.cases, requests=JudgeRequests(), in_flight=desk.judgements
    )
    stores = HallStores(
        appeals=appeals,
        reports=reports,
        cases=desk.cases,
        actions=desk.actions,
        options=desk.options,
        servers=desk.servers,
        policies=desk.policies,
        member_cases=MemoryMemberCases(desk.cases),
    )
    members = build_members(
        stores,
        discord=MembersEdge(board=board, messenger=messenger),
        cards=desk.card_desk,
        act=desk.act,
        check=check,
        in_flight=desk.in_flight,
        now=clock,
    )
    desk.seen = seen_factory
    files = CaseFiles(cases=desk.cases, audit=desk.audit, policies=desk.policies)
    notice_desk = Notices(
        notices=notices,
        messenger=messenger,
        options=desk.options,
        servers=desk.servers,
        appeals=appeals,
        files=files,
        receipts=MemoryReceiptStore(),
    )
    return Hall(
        desk=desk,
        members=members,
        appeals=appeals,
        notices=notices,
        reports=reports,
        board=board,
        messenger=messenger,
        notice_desk=notice_desk,
    )
