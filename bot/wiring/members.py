"""What the members' side is made of: notices, appeals, reports and their own record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.moderation.appeals.appeal import AppealStore
from bot.moderation.appeals.cards import AppealCards
from bot.moderation.appeals.direct_messages import Messenger
from bot.moderation.appeals.file import AppealBoard, AppealFiles
from bot.moderation.appeals.follow_up import AppealFollowUp
from bot.moderation.appeals.hearing import AppealHearing
from bot.moderation.appeals.search import AppealLookup
from bot.moderation.appeals.submission import AppealSubmission
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.action import ActionStore
from bot.moderation.cases.case import CaseStore
from bot.moderation.judging.check import Check
from bot.moderation.members.record import MemberCases, Records
from bot.moderation.members.report import ReportStore
from bot.moderation.members.reporting import Reporting
from bot.moderation.review.actions import Act
from bot.moderation.servers.options import OptionStore
from bot.moderation.servers.server import ServerStore
from guild_policies.store.port import PolicyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberServices:
    """Everything that members do, and that is done with what they say."""

    submission: AppealSubmission
    hearing: AppealHearing
    appeal_files: AppealFiles
    lookup: AppealLookup
    follow_up: AppealFollowUp
    records: Records
    reporting: Reporting


def build_members(
    *,
    appeals: AppealStore,
    reports: ReportStore,
    cases: CaseStore,
    actions: ActionStore,
    options: OptionStore,
    servers: ServerStore,
    policies: PolicyStore,
    member_cases: MemberCases,
    board: AppealBoard,
    messenger: Messenger,
    cards: CardPosting,
    act: Act,
    check: Check,
    now: Callable[[], datetime],
) -> MemberServices:
    """Wire them. Nothing is read or written here."""
    files = AppealFiles(appeals=appeals, cases=cases, actions=actions, policies=policies)
    desk = AppealCards(files=files, board=board, appeals=appeals, servers=servers, check=check)
    hearing = AppealHearing(
        appeals=appeals,
        cases=cases,
        actions=actions,
        options=options,
        files=files,
        desk=desk,
        cards=cards,
        act=act,
        messenger=messenger,
        now=now,
    )
    return MemberServices(
        submission=AppealSubmission(
            appeals=appeals,
            cases=cases,
            actions=actions,
            options=options,
            servers=servers,
            desk=desk,
            cards=cards,
            now=now,
        ),
        hearing=hearing,
        appeal_files=files,
        lookup=AppealLookup(appeals=appeals, files=files),
        follow_up=AppealFollowUp(
            appeals=appeals, options=options, servers=servers, desk=desk, hearing=hearing, board=board, now=now
        ),
        records=Records(member_cases=member_cases, actions=actions, appeals=appeals),
        reporting=Reporting(reports=reports, cases=cases, servers=servers, cards=cards, check=check, now=now),
    )
