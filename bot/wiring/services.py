"""What the bot is made of behind Discord: the stores, and the services that stand on them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from bot.keys import Cipher
from bot.moderation.appeals.appeal import AppealStore
from bot.moderation.appeals.direct_messages import Messenger
from bot.moderation.appeals.file import AppealBoard
from bot.moderation.appeals.notices import Notices, NoticeStore
from bot.moderation.cards.board import CardBoard
from bot.moderation.cards.faces import Faces, RuleWording
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cards.shared_card import CardGroupStore
from bot.moderation.cases.action import ActionStore, Enforcer
from bot.moderation.cases.audit import AuditLog
from bot.moderation.cases.case import CaseStore
from bot.moderation.cases.case_file import CaseFiles
from bot.moderation.cases.further_messages import AlsoPart, CaseMessageStore, Opening
from bot.moderation.cases.note import NoteStore
from bot.moderation.judging.check import Check
from bot.moderation.judging.conversations import ConversationMarks
from bot.moderation.judging.pipeline import Judging
from bot.moderation.lookups.lists import LookUps
from bot.moderation.lookups.samples import SampleStore
from bot.moderation.lookups.search import CaseSearchStore
from bot.moderation.lookups.stats import StatsStore
from bot.moderation.lookups.why import ClearVerdicts
from bot.moderation.members.face_source import MemberFaceSource
from bot.moderation.members.privacy import MemberTexts, Privacy
from bot.moderation.members.record import MemberCases
from bot.moderation.members.report import ReportStore
from bot.moderation.messages.history import History
from bot.moderation.messages.tally import Tally
from bot.moderation.messages.watermarks import Watermarks, WatermarkStore
from bot.moderation.policies.consequences import Consequences, ConsequenceStore
from bot.moderation.policies.in_force import PoliciesInForce
from bot.moderation.policies.lifecycle import PolicyLife
from bot.moderation.policies.pins import Pins, PinStore
from bot.moderation.policies.public_rules import PublicRules
from bot.moderation.policies.publishing import PolicyDesk
from bot.moderation.policies.warm_up import PolicyRooms
from bot.moderation.review.actions import Act
from bot.moderation.review.bulk import Bulk
from bot.moderation.review.decisions import Review
from bot.moderation.review.notes import Notes
from bot.moderation.servers.cache import RememberedOptions, RememberedServers
from bot.moderation.servers.departures import Departures, DepartureStore
from bot.moderation.servers.options import OptionStore
from bot.moderation.servers.permissions import Access
from bot.moderation.servers.retention import Retention
from bot.moderation.servers.server import ServerStore
from bot.moderation.setup import Setup
from bot.moderation.trials.backtest import BacktestStore
from bot.moderation.trials.backtests import Backtests
from bot.moderation.trials.costs import Costs, CostStore
from bot.moderation.trials.drift import Drift, DriftStore
from bot.moderation.trials.side_by_side import PolicyTest
from bot.moderation.trials.try_out import TryOutStore
from bot.moderation.trials.try_outs import TryOuts
from bot.settings import Settings
from bot.storage.audit.log import SqlAuditLog
from bot.storage.audit.policy_changes import PolicyChanges
from bot.storage.cases.actions import SqlActionStore
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.cases.notes import SqlNoteStore
from bot.storage.cases.shared_cards import SqlCardGroups, SqlCaseMessages
from bot.storage.database.engine import create_engine
from bot.storage.database.migrate import upgrade
from bot.storage.lookups.samples import SqlSampleStore
from bot.storage.lookups.search import SqlCaseSearch
from bot.storage.lookups.stats import SqlStats
from bot.storage.members.appeals import SqlAppealStore
from bot.storage.members.notices import SqlMemberCases, SqlNoticeStore
from bot.storage.members.reports import SqlReportStore
from bot.storage.policies.backtests import SqlBacktestStore
from bot.storage.policies.costs import SqlCostStore
from bot.storage.policies.drift import SqlDriftStore
from bot.storage.policies.pins import SqlPinStore
from bot.storage.policies.try_outs import SqlTryOutStore
from bot.storage.privacy.departures import SqlDepartureStore
from bot.storage.privacy.member_data import SqlMemberTexts
from bot.storage.servers.options import SqlConsequenceStore, SqlOptionStore
from bot.storage.servers.servers import SqlServerStore
from bot.storage.servers.watermarks import SqlConversationMarks, SqlWatermarkStore
from bot.wiring.intake import IntakeServices, build_intake
from bot.wiring.lookups import LookUpServices, build_look_ups
from bot.wiring.members import MemberServices, build_members
from classifier import Judge
from guild_policies.store.port import PolicyStore
from guild_policies.store.sql import SqlPolicyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything that is kept."""

    cases: CaseStore
    search: CaseSearchStore
    verdicts: ClearVerdicts
    samples: SampleStore
    stats: StatsStore
    servers: ServerStore
    policies: PolicyStore
    audit: AuditLog
    pins: PinStore
    costs: CostStore
    try_outs: TryOutStore
    backtests: BacktestStore
    drift: DriftStore
    actions: ActionStore
    notes: NoteStore
    consequences: ConsequenceStore
    options: OptionStore
    member_cases: MemberCases
    notices: NoticeStore
    appeals: AppealStore
    reports: ReportStore
    watermarks: WatermarkStore
    conversation_marks: ConversationMarks
    departures: DepartureStore
    member_texts: MemberTexts
    messages: CaseMessageStore
    groups: CardGroupStore
    policy_changes: PolicyChanges


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that is done."""

    tally: Tally
    intake: IntakeServices
    cards: CardPosting
    review: Review
    act: Act
    bulk: Bulk
    notes: Notes
    faces: Faces
    consequences: Consequences
    files: CaseFiles
    member_cases: MemberCases
    check: Check
    look_ups: LookUps
    questions: LookUpServices
    policies: PolicyDesk
    life: PolicyLife
    pins: Pins
    policy_test: PolicyTest
    try_outs: TryOuts
    backtests: Backtests
    drift: Drift
    costs: Costs
    public_rules: PublicRules
    setup: Setup
    access: Access
    options: OptionStore
    members: MemberServices
    retention: Retention
    privacy: Privacy
    departures: Departures


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def _loop_time() -> float:
    """The clock that the event loop's sleeps go by."""
    return asyncio.get_running_loop().time()


def engine_version() -> str:
    """What runs the model, with its version: another one may judge otherwise."""
    try:
        return f"llama-cpp-python {version('llama-cpp-python')}"
    except PackageNotFoundError:
        return "llama-cpp-python unknown"


@asynccontextmanager
async def open_stores(
    settings: Settings, cipher: Cipher, *, now: Callable[[], datetime] = utc_now
) -> AsyncIterator[Stores]:
    """Bring the database up to date and open it; closed at the end.

    Raises:
        bot.storage.database.errors.StorageError: the database cannot be opened or brought up to date.
    """
    await upgrade(settings.database)
    engine = create_engine(settings.database)
    policy_changes = PolicyChanges()
    try:
        yield Stores(
            cases=SqlCaseStore(engine, now=now, cipher=cipher),
            search=SqlCaseSearch(engine, now=now, cipher=cipher),
            verdicts=SqlCaseSearch(engine, now=now, cipher=cipher),
            samples=SqlSampleStore(engine, now=now),
            stats=SqlStats(engine),
            servers=SqlServerStore(engine, now=now),
            policies=SqlPolicyStore(engine, now=now, record=policy_changes.record),
            audit=SqlAuditLog(engine),
            pins=SqlPinStore(engine, now=now, cipher=cipher),
            costs=SqlCostStore(engine),
            try_outs=SqlTryOutStore(engine, now=now),
            backtests=SqlBacktestStore(engine, now=now),
            drift=SqlDriftStore(engine),
            actions=SqlActionStore(engine, now=now, cipher=cipher),
            notes=SqlNoteStore(engine, now=now, cipher=cipher),
            consequences=SqlConsequenceStore(engine, now=now),
            options=SqlOptionStore(engine, now=now),
            member_cases=SqlMemberCases(engine, cipher=cipher),
            notices=SqlNoticeStore(engine, now=now),
            appeals=SqlAppealStore(engine, now=now, cipher=cipher),
            reports=SqlReportStore(engine, now=now, cipher=cipher),
            watermarks=SqlWatermarkStore(engine),
            conversation_marks=SqlConversationMarks(engine),
            policy_changes=policy_changes,
            departures=SqlDepartureStore(engine, now=now),
            member_texts=SqlMemberTexts(engine, now=now, cipher=cipher),
            messages=SqlCaseMessages(engine, now=now, cipher=cipher),
            groups=SqlCardGroups(engine, now=now),
        )
    finally:
        await engine.dispose()


def build_services(
    stores: Stores,
    *,
    settings: Settings,
    judge: Judge,
    board: CardBoard,
    enforcer: Enforcer,
    messenger: Messenger,
    appeal_board: AppealBoard,
    history: History,
    own_id: Callable[[], int],
    now: Callable[[], datetime] = utc_now,
    clock: Callable[[], float] = time.monotonic,
) -> Services:
    """Wire the services. Nothing is read or written here."""
    options = RememberedOptions(stores.options, clock)
    stores = replace(stores, options=options, servers=RememberedServers(stores.servers, clock))
    tally = Tally()
    judging = Judging(effort=settings.effort, deadline_s=settings.deadline_seconds, think_from=settings.think_from)
    in_force = PoliciesInForce(stores.policies, options=options, clock=clock)
    options.when_saved(in_force.changed)
    stores.policy_changes.listen(in_force.changed)
    files = CaseFiles(cases=stores.cases, audit=stores.audit, policies=stores.policies)
    faces = Faces(
        cases=stores.cases,
        actions=stores.actions,
        notes=stores.notes,
        servers=stores.servers,
        now=now,
        sources=(
            RuleWording(files),
            MemberFaceSource(notices=stores.notices, appeals=stores.appeals, reports=stores.reports),
            AlsoPart(stores.messages),
        ),
    )
    cards = CardPosting(
        board=board,
        cases=stores.cases,
        faces=faces,
        servers=stores.servers,
        options=stores.options,
        groups=stores.groups,
        tally=tally,
        now=now,
        clock=_loop_time,
    )
    notices = Notices(
        notices=stores.notices,
        messenger=messenger,
        options=stores.options,
        servers=stores.servers,
        appeals=stores.appeals,
        files=files,
    )
    act = Act(cases=stores.cases, actions=stores.actions, enforcer=enforcer, notifier=notices, cards=cards, now=now)
    check = Check(judge=judge, in_force=in_force, cases=stores.cases, judging=judging)
    consequences = Consequences(store=stores.consequences, policies=stores.policies, servers=stores.servers)
    pins = Pins(store=stores.pins, policies=stores.policies, judge=judge, judging=judging)
    policies = PolicyDesk(stores.policies, pins=pins, rooms=PolicyRooms(judge=judge, judging=judging))
    costs = Costs(store=stores.costs, policies=stores.policies, now=now)
    try_outs = TryOuts(store=stores.try_outs, policies=stores.policies, judge=judge, judging=judging, now=now)
    marks = Watermarks(stores.watermarks)
    intake = build_intake(
        judge=judge,
        judging=judging,
        in_force=in_force,
        cases=stores.cases,
        servers=stores.servers,
        marks=marks,
        conversation_marks=stores.conversation_marks,
        history=history,
        own_id=own_id,
        consequences=consequences,
        opening=Opening(cases=stores.cases, messages=stores.messages, clock=_loop_time),
        cards=cards,
        act=act,
        board=board,
        options=stores.options,
        now=now,
        tally=tally,
        watchers=(costs, try_outs),
        clock=clock,
    )
    review = Review(cases=stores.cases, cards=cards, now=now)
    return Services(
        tally=tally,
        intake=intake,
        cards=cards,
        review=review,
        act=act,
        bulk=Bulk(groups=stores.groups, cases=stores.cases, act=act, review=review, cards=cards),
        notes=Notes(store=stores.notes, cases=stores.cases, cards=cards),
        faces=faces,
        consequences=consequences,
        files=files,
        member_cases=stores.member_cases,
        check=check,
        look_ups=LookUps(search=stores.search, actions=stores.actions),
        questions=build_look_ups(
            cases=stores.cases,
            search=stores.search,
            verdicts=stores.verdicts,
            actions=stores.actions,
            servers=stores.servers,
            policies=stores.policies,
            options=stores.options,
            samples=stores.samples,
            stats=stores.stats,
            in_force=in_force,
            is_waiting=intake.pipeline.is_waiting,
            now=now,
        ),
        policies=policies,
        life=PolicyLife(stores.policies),
        pins=pins,
        policy_test=PolicyTest(policies=stores.policies, judge=judge, judging=judging),
        try_outs=try_outs,
        backtests=Backtests(
            store=stores.backtests, policies=stores.policies, cases=stores.cases, judge=judge, judging=judging, now=now
        ),
        drift=Drift(
            store=stores.drift,
            judge=judge,
            pins=pins,
            cases=stores.cases,
            servers=stores.servers,
            policies=stores.policies,
            judging=judging,
            engine=engine_version(),
            now=now,
        ),
        costs=costs,
        public_rules=PublicRules(servers=stores.servers, policies=stores.policies),
        setup=Setup(
            servers=stores.servers,
            policies=policies,
            cards=cards,
            marks=marks,
            retention_days=settings.retention_days,
        ),
        access=Access(stores.servers),
        options=stores.options,
        members=build_members(
            appeals=stores.appeals,
            reports=stores.reports,
            cases=stores.cases,
            actions=stores.actions,
            options=stores.options,
            servers=stores.servers,
            policies=stores.policies,
            member_cases=stores.member_cases,
            board=appeal_board,
            messenger=messenger,
            cards=cards,
            act=act,
            check=check,
            now=now,
        ),
        retention=Retention(
            texts=(stores.cases, stores.actions, stores.notes, stores.appeals, stores.reports),
            servers=stores.servers,
            now=now,
        ),
        privacy=Privacy(texts=stores.member_texts, cases=stores.cases, cards=cards),
        departures=Departures(store=stores.departures, servers=stores.servers, now=now),
    )
