"""The stores under contract, each over memory and over real databases, and factories for what goes into them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher, new_key
from bot.metrics.totals import TotalsStore
from bot.moderation.appeals.appeal import AppealStore
from bot.moderation.appeals.notices import NoticeStore
from bot.moderation.cards.shared_card import CardGroupStore
from bot.moderation.cascade.cascade import ScreenedSetStore
from bot.moderation.cases.action import ActionStore
from bot.moderation.cases.audit import AuditLog
from bot.moderation.cases.case import CaseKind, CaseStore, Clear, Evidence, Judged, NewCase, RuleBroken
from bot.moderation.cases.further_messages import CaseMessageStore
from bot.moderation.cases.note import NoteStore
from bot.moderation.cases.raid_control import RaidControlStore
from bot.moderation.cases.receipt import ReceiptStore
from bot.moderation.lookups.audit_search import AuditSearch
from bot.moderation.lookups.numbers.decided_scores import DecidedScores
from bot.moderation.lookups.numbers.fairness import OutcomeStore
from bot.moderation.lookups.numbers.stats import StatsStore
from bot.moderation.lookups.numbers.transparency import MonthStore
from bot.moderation.lookups.samples import SampleStore
from bot.moderation.lookups.search import CaseSearchStore
from bot.moderation.members.record import MemberCases
from bot.moderation.members.report import ReportStore
from bot.moderation.members.report_outcome import ReportOutcomeStore
from bot.moderation.mending.offer import OfferStore
from bot.moderation.pictures.picture import PictureStore
from bot.moderation.policies.consequences import ConsequenceStore
from bot.moderation.policies.imports import PolicySources
from bot.moderation.policies.pins import PinStore
from bot.moderation.servers.options import OptionStore
from bot.moderation.servers.server import ServerStore
from bot.moderation.trials.backtest import BacktestStore
from bot.moderation.trials.costs import CostStore
from bot.moderation.trials.drift import DriftStore
from bot.moderation.trials.question import QuestionStore
from bot.moderation.trials.try_out import TryOutStore
from bot.storage.audit.log import SqlAuditLog, record_policy_change
from bot.storage.cases.actions import SqlActionStore
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.cases.notes import SqlNoteStore
from bot.storage.cases.shared_cards import SqlCardGroups, SqlCaseMessages
from bot.storage.database.engine import create_engine
from bot.storage.lookups.audit_search import SqlAuditSearch
from bot.storage.lookups.decided_scores import SqlDecidedScores
from bot.storage.lookups.outcomes import SqlCaseOutcomes
from bot.storage.lookups.samples import SqlSampleStore
from bot.storage.lookups.search import SqlCaseSearch
from bot.storage.lookups.stats import SqlStats
from bot.storage.lookups.totals import SqlTotals
from bot.storage.lookups.transparency import SqlMonths
from bot.storage.members.appeals import SqlAppealStore
from bot.storage.members.edit_offers import SqlEditOffers
from bot.storage.members.notices import SqlMemberCases, SqlNoticeStore
from bot.storage.members.pictures import SqlPictureStore
from bot.storage.members.receipts import SqlReceipts
from bot.storage.members.report_outcomes import SqlReportOutcomes
from bot.storage.members.reports import SqlReportStore
from bot.storage.policies.backtests import SqlBacktestStore
from bot.storage.policies.costs import SqlCostStore
from bot.storage.policies.drift import SqlDriftStore
from bot.storage.policies.pins import SqlPinStore
from bot.storage.policies.questions import SqlQuestionStore
from bot.storage.policies.screened_sets import SqlScreenedSetStore
from bot.storage.policies.sources import SqlPolicySources
from bot.storage.policies.try_outs import SqlTryOutStore
from bot.storage.servers.options import SqlConsequenceStore, SqlOptionStore
from bot.storage.servers.raid_controls import SqlRaidControls
from bot.storage.servers.servers import SqlServerStore
from guild_policies.store.port import PolicyStore
from guild_policies.store.sql import SqlPolicyStore
from tests.databases.sqlite import copy_into
from tests.fakes.policy_store import MemoryPolicyStore
from tests.fakes.stores import MemoryCaseStore
from tests.fakes.stores_actions import MemoryActionStore, MemoryConsequenceStore, MemoryOptionStore
from tests.fakes.stores_appeals import MemoryAppealStore
from tests.fakes.stores_audit import MemoryAuditLog, MemoryNoteStore
from tests.fakes.stores_jobs import MemoryBacktestStore, MemoryTryOutStore
from tests.fakes.stores_members import (
    MemoryMemberCases,
    MemoryNoticeStore,
    MemoryReceiptStore,
    MemoryReportStore,
)
from tests.fakes.stores_noise import MemoryCardGroups, MemoryCaseMessages
from tests.fakes.stores_servers import MemoryServerStore
from tests.fakes.stores_trials import MemoryCostStore, MemoryDriftStore, MemoryPinStore, MemoryScreenedSetStore

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that a test moves by hand."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        """Move on, by days=, hours= and the like."""
        self.time += timedelta(**by)


@dataclass(frozen=True, kw_only=True)
class Stores:
    """The stores of one installation, with their clock."""

    cases: CaseStore
    servers: ServerStore
    audit: AuditLog
    policies: PolicyStore
    pins: PinStore
    costs: CostStore
    try_outs: TryOutStore
    backtests: BacktestStore
    drift: DriftStore
    screened_sets: ScreenedSetStore
    appeals: AppealStore
    notices: NoticeStore
    reports: ReportStore
    messages: CaseMessageStore
    groups: CardGroupStore
    member_cases: MemberCases
    actions: ActionStore
    notes: NoteStore
    consequences: ConsequenceStore
    options: OptionStore
    receipts: ReceiptStore
    policy_sources: PolicySources | None = None  #: this and those below are kept in databases only
    raid_controls: RaidControlStore | None = None
    report_outcomes: ReportOutcomeStore | None = None
    pictures: PictureStore | None = None
    edit_offers: OfferStore | None = None
    search: CaseSearchStore | None = None
    samples: SampleStore | None = None
    stats: StatsStore | None = None
    decided_scores: DecidedScores | None = None
    questions: QuestionStore | None = None
    totals: TotalsStore | None = None
    months: MonthStore | None = None
    outcomes: OutcomeStore | None = None
    audit_search: AuditSearch | None = None
    clock: Clock = field(default_factory=Clock)


def in_memory() -> Stores:
    """The fakes."""
    clock, audit = Clock(), MemoryAuditLog()
    notes = MemoryNoteStore(now=clock, audit=audit)
    cases = MemoryCaseStore(now=clock, audit=audit, notes=notes)
    appeals = MemoryAppealStore(now=clock, audit=audit)
    messages = MemoryCaseMessages(cases=cases, now=clock, audit=audit)
    actions = MemoryActionStore(now=clock, audit=audit)
    cases.plan, cases.acted_on = actions.plan, actions.acted_on
    return Stores(
        cases=cases,
        servers=MemoryServerStore(now=clock, audit=audit),
        audit=audit,
        policies=MemoryPolicyStore(now=clock, record=audit.record_policy_change),
        pins=MemoryPinStore(now=clock, audit=audit),
        costs=MemoryCostStore(),
        try_outs=MemoryTryOutStore(now=clock, audit=audit),
        backtests=MemoryBacktestStore(now=clock, audit=audit),
        drift=MemoryDriftStore(),
        screened_sets=MemoryScreenedSetStore(),
        appeals=appeals,
        notices=MemoryNoticeStore(now=clock, audit=audit),
        reports=MemoryReportStore(now=clock, audit=audit),
        messages=messages,
        groups=MemoryCardGroups(cases=cases, messages=messages, now=clock, audit=audit),
        member_cases=MemoryMemberCases(cases),
        actions=actions,
        notes=notes,
        consequences=MemoryConsequenceStore(now=clock, audit=audit),
        options=MemoryOptionStore(now=clock, audit=audit),
        receipts=MemoryReceiptStore(),
        clock=clock,
    )


def in_database(engine: AsyncEngine) -> Stores:
    """The SQL stores over a migrated database."""
    clock, cipher = Clock(), Cipher((new_key().encode(),))
    return Stores(
        cases=SqlCaseStore(engine, now=clock, cipher=cipher),
        policy_sources=SqlPolicySources(engine, now=clock),
        raid_controls=SqlRaidControls(engine, now=clock, cipher=cipher),
        report_outcomes=SqlReportOutcomes(engine, now=clock),
        pictures=SqlPictureStore(engine, now=clock, cipher=cipher),
        edit_offers=SqlEditOffers(engine, now=clock, cipher=cipher),
        search=SqlCaseSearch(engine, now=clock, cipher=cipher),
        samples=SqlSampleStore(engine, now=clock),
        stats=SqlStats(engine),
        decided_scores=SqlDecidedScores(engine),
        questions=SqlQuestionStore(engine, now=clock, cipher=cipher),
        totals=SqlTotals(engine),
        months=SqlMonths(engine),
        outcomes=SqlCaseOutcomes(engine, cipher=cipher),
        audit_search=SqlAuditSearch(engine, now=clock),
        servers=SqlServerStore(engine, now=clock),
        audit=SqlAuditLog(engine),
        policies=SqlPolicyStore(engine, now=clock, record=record_policy_change),
        pins=SqlPinStore(engine, now=clock, cipher=cipher),
        costs=SqlCostStore(engine),
        try_outs=SqlTryOutStore(engine, now=clock),
        backtests=SqlBacktestStore(engine, now=clock),
        drift=SqlDriftStore(engine),
        screened_sets=SqlScreenedSetStore(engine, now=clock),
        appeals=SqlAppealStore(engine, now=clock, cipher=cipher),
        notices=SqlNoticeStore(engine, now=clock),
        reports=SqlReportStore(engine, now=clock, cipher=cipher),
        messages=SqlCaseMessages(engine, now=clock, cipher=cipher),
        groups=SqlCardGroups(engine, now=clock),
        member_cases=SqlMemberCases(engine, cipher=cipher),
        actions=SqlActionStore(engine, now=clock, cipher=cipher),
        notes=SqlNoteStore(engine, now=clock, cipher=cipher),
        consequences=SqlConsequenceStore(engine, now=clock),
        options=SqlOptionStore(engine, now=clock),
        receipts=SqlReceipts(engine, now=clock, signer=cipher.signer),
        clock=clock,
    )


@pytest.fixture(params=["memory", "sqlite", "sqlite in memory", "postgresql"])
async def stores(request: pytest.FixtureRequest, sqlite_address: str, migrated_sqlite: Path) -> AsyncIterator[Stores]:
    """Every implementation of the ports in turn."""
    if request.param == "memory":
        yield in_memory()
        return
    postgres = request.param == "postgresql" and request.getfixturevalue("postgres")
    async with postgres.migrated() if postgres else nullcontext(sqlite_address) as address:
        in_a_file = request.param != "sqlite in memory"
        engine = create_engine(address if in_a_file else "sqlite://")
        if not in_a_file:
            await copy_into(engine, migrated_sqlite)
        yield in_database(engine)
        await engine.dispose()


@pytest.fixture
def case_factory() -> Callable[..., NewCase]:
    """Makes cases about to be opened: a violation of R1 unless told otherwise, each about another message."""
    count = 0

    def make(*, guild_id: int = 1, kind: CaseKind = CaseKind.VIOLATION, **changes: Any) -> NewCase:
        nonlocal count
        count += 1
        evidence = {
            "channel_id": 10, "message_id": 1000 + count, "author_id": 7, "edit": 0, "text": "you are a fool",
            "forwarded": False, "posted_at": NOON - timedelta(seconds=5),
        }  # fmt: skip
        judged = {
            "policy_id": 3, "policy_name": "harassment", "version_id": 40, "version_number": 2,
            "rules": (RuleBroken(id="R1", title="Insults", severity="medium"),), "score": 0.97,
            "rationale": "It calls a member a fool.", "reasoning": "The message addresses someone.",
            "method": "reasoned", "judge": "gguf:abc", "prompt_fingerprint": "f" * 64, "digit_mass": 0.998,
        }  # fmt: skip
        evidence |= {name: value for name, value in changes.items() if name in Evidence.__slots__}
        judged |= {name: value for name, value in changes.items() if name in Judged.__slots__}
        assert set(changes) <= {*Evidence.__slots__, *Judged.__slots__}
        return NewCase(guild_id=guild_id, kind=kind, evidence=Evidence(**evidence), judged=Judged(**judged))

    return make


@pytest.fixture
def clear_factory() -> Callable[..., Clear]:
    """Makes clear verdicts about message 500 under version 40."""

    def make(**changes: Any) -> Clear:
        usual = {
            "guild_id": 1, "channel_id": 10, "message_id": 500, "edit": 0, "version_id": 40, "score": 0.02,
            "method": "reasoned", "judge": "gguf:abc", "digit_mass": 0.75,
        }  # fmt: skip
        return Clear(**(usual | changes))

    return make
