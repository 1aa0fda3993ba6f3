"""Builds the services from stores, ports and the judge."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.metrics.monitoring import bylaw_version
from bot.moderation.appeals.direct_messages import Messenger
from bot.moderation.appeals.edit_letters import EditLetters
from bot.moderation.appeals.file import AppealBoard
from bot.moderation.cards.board import CardBoard
from bot.moderation.cards.faces import Faces
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case_file import CaseFiles
from bot.moderation.cases.further_messages import Opening
from bot.moderation.judging.check import Check
from bot.moderation.judging.in_flight import JudgementsInFlight
from bot.moderation.judging.message_judge import JudgementSubscriber
from bot.moderation.lookups.lists import LookUps
from bot.moderation.members.privacy import Privacy
from bot.moderation.members.record import MemberCases
from bot.moderation.members.redrawing import CardRedrawing
from bot.moderation.mending.offers import EditOffers, MendingStores
from bot.moderation.messages.authors import MemberSource
from bot.moderation.messages.discord_time import DiscordTime
from bot.moderation.messages.history import History
from bot.moderation.messages.intake import Tally
from bot.moderation.messages.proxied import Attribution
from bot.moderation.messages.recent_lines import RecentLines
from bot.moderation.messages.watermarks import Watermarks
from bot.moderation.pictures.picture import NoPictures, PictureSource
from bot.moderation.policies.consequences import Consequences
from bot.moderation.policies.flash import FlashRules
from bot.moderation.policies.imports import PolicyImports
from bot.moderation.policies.in_force import PoliciesInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.policies.language import PolicyLanguage
from bot.moderation.policies.lifecycle import PolicyLife
from bot.moderation.policies.pins import Pins
from bot.moderation.policies.public_rules import PublicRules
from bot.moderation.policies.publishing import Preparation, Publishing
from bot.moderation.policies.strict_starts import StrictStarts
from bot.moderation.raids.controls import RaidControls
from bot.moderation.raids.edge import RaidEdge
from bot.moderation.review.actions import Act
from bot.moderation.review.bulk import Bulk
from bot.moderation.review.decisions import Review
from bot.moderation.review.enforcer import Enforcer
from bot.moderation.review.notes import Notes
from bot.moderation.servers.cache import CachedOptions, CachedServers
from bot.moderation.servers.departures import Departures
from bot.moderation.servers.interface_language import InterfaceLanguages
from bot.moderation.servers.options import OptionStore
from bot.moderation.servers.permissions import Access
from bot.moderation.servers.retention import Retention
from bot.moderation.setup import Setup
from bot.moderation.trials.backtests import Backtests
from bot.moderation.trials.costs import Costs
from bot.moderation.trials.drift import Drift
from bot.moderation.trials.questions import Questions, QuestionStores
from bot.moderation.trials.side_by_side import PolicyTest
from bot.moderation.trials.try_outs import TryOuts
from bot.moderation.trials.wobbles import Wobbles
from bot.settings import Settings
from bot.wiring.cards import build_cards, build_faces, loop_time
from bot.wiring.decision_aids import DecisionAids, build_decision_aids
from bot.wiring.intake import (
    CaseServices,
    Clocks,
    DiscordEdge,
    IntakeServices,
    IntakeStores,
    JudgingServices,
    build_intake,
)
from bot.wiring.lookups import LookUpServices, build_look_ups
from bot.wiring.members import MembersEdge, MemberServices, build_members, build_notices, interface_languages
from bot.wiring.other_processes import Caches
from bot.wiring.pictures import PictureServices, build_pictures
from bot.wiring.stores import Stores, utc_now
from bot.wiring.trials import build_backtests, build_drift
from classifier import Judge, Writer
from classifier.long_content import LongContentJudge


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordPorts:
    """The ports to Discord; tests and benchmarks use fakes."""

    board: CardBoard
    enforcer: Enforcer
    messenger: Messenger
    appeal_board: AppealBoard
    raids: RaidEdge
    history: History
    members: MemberSource
    own_id: Callable[[], int]  #: the bot's user id; 0 before the login
    time: DiscordTime | None = None  #: a clock with Discord's time; otherwise only this machine's clock is used
    attribution: Attribution | None = None  #: how the edge reads messages; otherwise unused
    pictures: PictureSource = field(default_factory=NoPictures)
    languages: InterfaceLanguages | None = None  #: the edge's languages; otherwise servers' own are unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """All services."""

    tally: Tally
    attribution: Attribution
    intake: IntakeServices
    cards: CardPosting
    review: Review
    act: Act
    edit_offers: EditOffers
    bulk: Bulk
    raid_controls: RaidControls
    notes: Notes
    faces: Faces
    aids: DecisionAids
    consequences: Consequences
    files: CaseFiles
    member_cases: MemberCases
    check: Check
    look_ups: LookUps
    questions: LookUpServices
    policies: Publishing
    imports: PolicyImports
    life: PolicyLife
    pins: Pins
    policy_test: PolicyTest
    try_outs: TryOuts
    backtests: Backtests
    drift: Drift
    wobbles: Wobbles
    practice: Questions
    flash: FlashRules
    strict_starts: StrictStarts
    costs: Costs
    public_rules: PublicRules
    setup: Setup
    access: Access
    options: OptionStore
    members: MemberServices
    retention: Retention
    redrawing: CardRedrawing
    privacy: Privacy
    departures: Departures
    discord_time: DiscordTime
    languages: InterfaceLanguages
    caches: Caches
    pictures: PictureServices


def build_services(
    stores: Stores,
    ports: DiscordPorts,
    *,
    settings: Settings,
    judge: Judge,
    subscribers: tuple[JudgementSubscriber, ...] = (),
    now: Callable[[], datetime] = utc_now,
    clock: Callable[[], float] = time.monotonic,
) -> Services:
    """Build the services. Reads and writes nothing.

    Args:
        subscribers: additional subscribers to judgements.
    """
    writer = judge if isinstance(judge, Writer) else None
    judge = LongContentJudge(judge)
    options, servers = CachedOptions(stores.options, clock), CachedServers(stores.servers, clock)
    stores = replace(stores, options=options, servers=servers)
    discord_time = ports.time or DiscordTime(own=now, clock=clock)
    tally = Tally()
    attribution = ports.attribution or Attribution(cases=stores.cases, now=now, clock=clock)
    requests = JudgeRequests(
        effort=settings.effort, deadline_s=settings.deadline_seconds, think_from=settings.think_from
    )
    marks = Watermarks(stores.watermarks)
    in_force = PoliciesInForce(stores.policies, options=options, clock=clock, set_up_at=marks.set_up_at)
    languages = ports.languages or interface_languages(stores, now=now)
    options.subscribe(in_force.changed)
    options.subscribe(languages.changed)
    stores.policy_changes.subscribe(in_force.changed)
    files = CaseFiles(cases=stores.cases, audit=stores.audit, policies=stores.policies)
    aids = build_decision_aids(stores, board=ports.board, now=discord_time.now, clock=clock)
    faces = build_faces(stores, files, aids, now=now, clock=clock)
    cards = build_cards(stores, faces, ports.board, tally=tally, now=now)
    act = Act(
        cases=stores.cases,
        actions=stores.actions,
        enforcer=ports.enforcer,
        notifier=build_notices(stores, files, ports.messenger),
        cards=cards,
        now=now,
    )
    edit_offers = EditOffers(
        MendingStores(offers=stores.edit_offers, cases=stores.cases, options=options),
        letters=EditLetters(messenger=ports.messenger, files=files),
        cards=cards,
        now=discord_time.by_discord,
    )
    in_flight = JudgementsInFlight()
    check = Check(judge=judge, in_force=in_force, cases=stores.cases, requests=requests, in_flight=in_flight)
    consequences = Consequences(store=stores.consequences, policies=stores.policies, servers=stores.servers)
    pins = Pins(store=stores.pins, policies=stores.policies, judge=judge, requests=requests)
    recent = RecentLines()
    policies = Publishing(
        stores.policies,
        pins=pins,
        preparation=Preparation(judge=judge, requests=requests),
        language=PolicyLanguage(recent),
    )
    costs = Costs(store=stores.costs, policies=stores.policies, now=discord_time.now)
    try_outs = TryOuts(store=stores.try_outs, policies=stores.policies, judge=judge, requests=requests, now=now)
    judging = JudgingServices(
        judge=judge,
        requests=requests,
        in_force=in_force,
        in_flight=in_flight,
        consequences=consequences,
        subscribers=(costs, try_outs, *subscribers),
    )
    opening = Opening(messages=stores.messages, clock=loop_time)
    intake = build_intake(
        IntakeStores(
            cases=stores.cases,
            servers=stores.servers,
            options=stores.options,
            conversation_marks=stores.conversation_marks,
            screened_sets=stores.screened_sets,
        ),
        marks=marks,
        judging=judging,
        cases=CaseServices(opening=opening, act=act, cards=cards, edit_offers=edit_offers, tally=tally, recent=recent),
        discord=DiscordEdge(board=ports.board, history=ports.history, members=ports.members, own_id=ports.own_id),
        attribution=attribution,
        clocks=Clocks(now=now, seconds=clock),
    )
    review = Review(cases=stores.cases, cards=cards, now=now)
    members = build_members(
        stores,
        discord=MembersEdge(board=ports.appeal_board, messenger=ports.messenger),
        cards=cards,
        act=act,
        check=check,
        precedents=aids.precedents.of,
        in_flight=intake.in_flight,
        now=now,
    )
    pictures = build_pictures(stores, ports.pictures, opening=opening, cards=cards, clock=clock)
    setup = Setup(
        servers=stores.servers,
        policies=policies,
        cards=cards,
        marks=marks,
        consequences=consequences,
        options=options,
        retention_days=settings.retention_days,
    )
    redrawing = CardRedrawing(
        stale=stores.stale_cards,
        cases=stores.cases,
        appeals=stores.appeals,
        case_cards=cards,
        appeal_cards=members.appeal_cards,
        now=now,
    )
    return Services(
        tally=tally,
        attribution=attribution,
        intake=intake,
        cards=cards,
        review=review,
        act=act,
        edit_offers=edit_offers,
        bulk=Bulk(groups=stores.groups, cases=stores.cases, act=act, review=review, cards=cards),
        raid_controls=RaidControls(
            store=stores.raid_controls, edge=ports.raids, shown=cards.refresh_shared, now=discord_time.by_discord
        ),
        notes=Notes(store=stores.notes, cases=stores.cases, cards=cards),
        faces=faces,
        aids=aids,
        consequences=consequences,
        files=files,
        member_cases=stores.member_cases,
        check=check,
        look_ups=LookUps(search=stores.search, actions=stores.actions),
        questions=build_look_ups(
            stores,
            files=files,
            in_force=in_force,
            is_waiting=intake.waiting.is_waiting,
            now=now,
            version=bylaw_version(),
        ),
        policies=policies,
        imports=PolicyImports(stores.policy_sources),
        life=PolicyLife(stores.policies),
        pins=pins,
        policy_test=PolicyTest(policies=stores.policies, judge=judge, requests=requests),
        try_outs=try_outs,
        backtests=build_backtests(stores, judge, requests, now=now),
        drift=build_drift(stores, judge, requests, pins=pins, now=now),
        wobbles=Wobbles(pins=pins, cases=stores.cases, judge=judge, requests=requests, now=now),
        practice=Questions(
            QuestionStores(
                questions=stores.questions,
                policies=stores.policies,
                servers=stores.servers,
                options=stores.options,
            ),
            writer=writer,
            judge=judge,
            requests=requests,
            pins=pins,
            now=discord_time.now,
        ),
        flash=FlashRules(
            publishing=policies,
            policies=stores.policies,
            servers=stores.servers,
            counts=stores.stats,
            now=discord_time.now,
        ),
        strict_starts=StrictStarts(
            policies=stores.policies, servers=stores.servers, decisions=stores.decided_scores, now=discord_time.now
        ),
        costs=costs,
        public_rules=PublicRules(servers=stores.servers, policies=stores.policies, consequences=consequences),
        setup=setup,
        access=Access(stores.servers),
        options=stores.options,
        members=members,
        retention=Retention(
            texts=stores.purged,
            leftovers=stores.leftovers,
            verdicts=stores.old_verdicts,
            servers=stores.servers,
            now=discord_time.now,  # a clock that an error on this machine can't move forward
        ),
        privacy=Privacy(
            texts=stores.member_texts, cards=redrawing, forget=aids.forgetting(intake.pipeline.forget_member)
        ),
        redrawing=redrawing,
        departures=Departures(store=stores.departures, servers=stores.servers, now=discord_time.now),
        discord_time=discord_time,
        languages=languages,
        caches=Caches(servers=servers, options=options, in_force=in_force),
        pictures=pictures.told_by(intake.pipeline, members.reporting),
    )
