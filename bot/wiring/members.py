"""Builds the members' side: appeals, reports and a member's own record."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.moderation.appeals.cards import AppealCards
from bot.moderation.appeals.direct_messages import Messenger
from bot.moderation.appeals.file import AppealBoard, AppealFiles, FindsPrecedents, no_precedents
from bot.moderation.appeals.follow_up import AppealFollowUp
from bot.moderation.appeals.hearing import AppealHearing, HearingStores
from bot.moderation.appeals.notices import Notices
from bot.moderation.appeals.search import AppealLookup
from bot.moderation.appeals.submission import AppealSubmission, SubmissionStores
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case_file import CaseFiles
from bot.moderation.judging.check import Check
from bot.moderation.judging.in_flight import MessagesInFlight
from bot.moderation.members.record import Records
from bot.moderation.members.report_outcomes import OutcomeStores, ReportOutcomes
from bot.moderation.members.reporting import Reporting
from bot.moderation.review.actions import Act
from bot.moderation.servers.interface_language import InterfaceLanguages
from bot.wiring.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberServices:
    """The services of the members' side."""

    submission: AppealSubmission
    hearing: AppealHearing
    appeal_files: AppealFiles
    lookup: AppealLookup
    follow_up: AppealFollowUp
    records: Records
    reporting: Reporting
    outcomes: ReportOutcomes
    appeal_cards: AppealCards


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersEdge:
    """The members' ports to Discord: the board of appeals, and the messenger."""

    board: AppealBoard
    messenger: Messenger


def interface_languages(
    stores: Stores, *, preferred: Callable[[int], str] = lambda _: "", now: Callable[[], datetime]
) -> InterfaceLanguages:
    """Build the service that chooses languages.

    Args:
        preferred: the locale that a server has set in Discord; empty if it is not known.
    """
    return InterfaceLanguages(
        options=stores.options,
        members=stores.member_languages,
        preferred=preferred,
        now=now,
        clock=time.monotonic,
    )


def build_notices(stores: Stores, files: CaseFiles, messenger: Messenger) -> Notices:
    """Build the service that tells members about actions."""
    return Notices(
        notices=stores.notices,
        messenger=messenger,
        options=stores.options,
        servers=stores.servers,
        appeals=stores.appeals,
        files=files,
        receipts=stores.receipts,
    )


def build_members(
    stores: Stores,
    *,
    discord: MembersEdge,
    cards: CardPosting,
    act: Act,
    check: Check,
    precedents: FindsPrecedents = no_precedents,
    in_flight: MessagesInFlight,
    now: Callable[[], datetime],
) -> MemberServices:
    """Build the services. Reads and writes nothing."""
    appeals, cases, actions, options = stores.appeals, stores.cases, stores.actions, stores.options
    files = AppealFiles(appeals=appeals, cases=cases, actions=actions, policies=stores.policies, precedents=precedents)
    appeal_cards = AppealCards(
        files=files, board=discord.board, appeals=appeals, servers=stores.servers, case_cards=cards, check=check
    )
    hearing = AppealHearing(
        stores=HearingStores(appeals=appeals, cases=cases, actions=actions, options=options),
        files=files,
        cards=appeal_cards,
        act=act,
        messenger=discord.messenger,
        now=now,
    )
    submission = AppealSubmission(
        stores=SubmissionStores(appeals=appeals, cases=cases, actions=actions, options=options, servers=stores.servers),
        cards=appeal_cards,
        now=now,
    )
    return MemberServices(
        submission=submission,
        hearing=hearing,
        appeal_files=files,
        lookup=AppealLookup(appeals=appeals, files=files),
        follow_up=AppealFollowUp(appeals=appeals, options=options, cards=appeal_cards, hearing=hearing, now=now),
        records=Records(member_cases=stores.member_cases, actions=actions, appeals=appeals),
        reporting=Reporting(
            reports=stores.reports,
            cases=cases,
            servers=stores.servers,
            cards=cards,
            check=check,
            in_flight=in_flight,
            now=now,
        ),
        outcomes=ReportOutcomes(
            OutcomeStores(outcomes=stores.report_outcomes, actions=actions, options=options),
            messenger=discord.messenger,
        ),
        appeal_cards=appeal_cards,
    )
