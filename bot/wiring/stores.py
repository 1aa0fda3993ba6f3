"""The stores of one installation, over one database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from bot.keys import Cipher
from bot.metrics.totals import TotalsStore
from bot.moderation.appeals.appeal import AppealStore
from bot.moderation.appeals.notices import NoticeStore
from bot.moderation.cards.shared_card import CardGroupStore
from bot.moderation.cards.stale_card import StaleCardStore
from bot.moderation.cascade.cascade import ScreenedSetStore
from bot.moderation.cases.action import ActionStore
from bot.moderation.cases.audit import AuditLog
from bot.moderation.cases.case import CaseStore
from bot.moderation.cases.further_messages import CaseMessageStore
from bot.moderation.cases.note import NoteStore
from bot.moderation.cases.raid_control import RaidControlStore
from bot.moderation.cases.receipt import ReceiptStore
from bot.moderation.judging.conversations import ConversationMarks
from bot.moderation.lookups.audit_search import AuditSearch
from bot.moderation.lookups.numbers.decided_scores import DecidedScores
from bot.moderation.lookups.numbers.fairness import OutcomeStore
from bot.moderation.lookups.numbers.stats import StatsStore
from bot.moderation.lookups.numbers.transparency import MonthStore
from bot.moderation.lookups.samples import SampleStore
from bot.moderation.lookups.search import CaseSearchStore
from bot.moderation.lookups.why import ClearVerdicts
from bot.moderation.members.privacy import MemberTexts
from bot.moderation.members.record import MemberCases
from bot.moderation.members.report import ReportStore
from bot.moderation.members.report_outcome import ReportOutcomeStore
from bot.moderation.mending.offer import OfferStore
from bot.moderation.messages.discord_time import ClockHistory
from bot.moderation.messages.watermarks import WatermarkStore
from bot.moderation.pictures.picture import PictureStore
from bot.moderation.policies.consequences import ConsequenceStore
from bot.moderation.policies.imports import PolicySources
from bot.moderation.policies.pins import PinStore
from bot.moderation.review.precedents import DecidedTexts
from bot.moderation.review.shield import ShieldLevels
from bot.moderation.servers.departures import DepartureStore
from bot.moderation.servers.interface_language import MemberLanguageStore
from bot.moderation.servers.options import OptionStore
from bot.moderation.servers.retention import KeepsTexts, Leftovers, OldVerdicts
from bot.moderation.servers.server import ServerStore
from bot.moderation.trials.backtest import BacktestStore
from bot.moderation.trials.costs import CostStore
from bot.moderation.trials.drift import DriftStore
from bot.moderation.trials.question import QuestionStore
from bot.moderation.trials.try_out import TryOutStore
from bot.settings import Settings
from bot.storage.audit.log import SqlAuditLog
from bot.storage.audit.policy_changes import PolicyChanges
from bot.storage.cases.actions import SqlActionStore
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.cases.notes import SqlNoteStore
from bot.storage.cases.shared_cards import SqlCardGroups, SqlCaseMessages
from bot.storage.cases.stale_cards import SqlStaleCards
from bot.storage.database.engine import create_engine
from bot.storage.database.migrate import upgrade
from bot.storage.database.outage import Outage
from bot.storage.lookups.audit_search import SqlAuditSearch
from bot.storage.lookups.clear_verdicts import SqlOldVerdicts
from bot.storage.lookups.decided_scores import SqlDecidedScores
from bot.storage.lookups.outcomes import SqlCaseOutcomes
from bot.storage.lookups.precedents import SqlDecidedTexts
from bot.storage.lookups.samples import SqlSampleStore
from bot.storage.lookups.search import SqlCaseSearch
from bot.storage.lookups.stats import SqlStats
from bot.storage.lookups.totals import SqlTotals
from bot.storage.lookups.transparency import SqlMonths
from bot.storage.members.appeals import SqlAppealStore
from bot.storage.members.edit_offers import SqlEditOffers
from bot.storage.members.languages import SqlMemberLanguages
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
from bot.storage.privacy.departures import SqlDepartureStore
from bot.storage.privacy.leftovers import MOST_DAYS, SqlLeftovers
from bot.storage.privacy.member_data import SqlMemberTexts
from bot.storage.servers.clock_history import SqlClockHistory
from bot.storage.servers.moderator_settings import SqlShieldLevels
from bot.storage.servers.options import SqlConsequenceStore, SqlOptionStore
from bot.storage.servers.raid_controls import SqlRaidControls
from bot.storage.servers.servers import SqlServerStore
from bot.storage.servers.watermarks import SqlConversationMarks, SqlWatermarkStore
from guild_policies.store.port import PolicyStore
from guild_policies.store.sql import SqlPolicyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """All stores."""

    cases: CaseStore
    search: CaseSearchStore
    verdicts: ClearVerdicts
    old_verdicts: OldVerdicts
    samples: SampleStore
    stats: StatsStore
    months: MonthStore
    outcomes: OutcomeStore
    decided_scores: DecidedScores
    decided_texts: DecidedTexts
    shield_levels: ShieldLevels
    servers: ServerStore
    policies: PolicyStore
    audit: AuditLog
    audit_search: AuditSearch
    pins: PinStore
    policy_sources: PolicySources
    costs: CostStore
    try_outs: TryOutStore
    backtests: BacktestStore
    drift: DriftStore
    questions: QuestionStore
    screened_sets: ScreenedSetStore
    actions: ActionStore
    notes: NoteStore
    consequences: ConsequenceStore
    options: OptionStore
    member_cases: MemberCases
    notices: NoticeStore
    appeals: AppealStore
    reports: ReportStore
    report_outcomes: ReportOutcomeStore
    edit_offers: OfferStore
    pictures: PictureStore
    receipts: ReceiptStore
    member_languages: MemberLanguageStore
    watermarks: WatermarkStore
    conversation_marks: ConversationMarks
    departures: DepartureStore
    member_texts: MemberTexts
    stale_cards: StaleCardStore
    leftovers: Leftovers
    clock_history: ClockHistory
    messages: CaseMessageStore
    groups: CardGroupStore
    raid_controls: RaidControlStore
    policy_changes: PolicyChanges
    totals: TotalsStore

    @property
    def purged(self) -> tuple[KeepsTexts, ...]:
        """The stores whose texts or notes about members are deleted after a server's retention time."""
        stores = (getattr(self, each.name) for each in fields(self))
        return tuple(store for store in stores if isinstance(store, KeepsTexts))


def utc_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_stores(
    settings: Settings,
    cipher: Cipher,
    *,
    now: Callable[[], datetime] = utc_now,
    policies_now: Callable[[], datetime] | None = None,
    outage: Outage | None = None,
) -> AsyncIterator[Stores]:
    """Upgrade and open the database; it is closed at the end.

    Args:
        policies_now: the clock for changes of policies and automatic actions; `now` if None.
        outage: told when the database cannot be used, and when it can again.

    Raises:
        bot.storage.database.errors.StorageError: the database can't be opened or upgraded.
    """
    await upgrade(settings.database, outage=outage)
    engine = create_engine(settings.database, outage)
    policy_changes = PolicyChanges()
    try:
        yield Stores(
            cases=SqlCaseStore(engine, now=now, cipher=cipher),
            search=SqlCaseSearch(engine, now=now, cipher=cipher),
            verdicts=SqlCaseSearch(engine, now=now, cipher=cipher),
            old_verdicts=SqlOldVerdicts(engine),
            samples=SqlSampleStore(engine, now=now),
            stats=SqlStats(engine),
            months=SqlMonths(engine),
            outcomes=SqlCaseOutcomes(engine, cipher=cipher),
            decided_scores=SqlDecidedScores(engine),
            decided_texts=SqlDecidedTexts(engine, cipher=cipher),
            shield_levels=SqlShieldLevels(engine),
            servers=SqlServerStore(engine, now=now),
            policies=SqlPolicyStore(engine, now=policies_now or now, record=policy_changes.record),
            audit=SqlAuditLog(engine),
            audit_search=SqlAuditSearch(engine, now=now),
            pins=SqlPinStore(engine, now=now, cipher=cipher),
            policy_sources=SqlPolicySources(engine, now=now),
            costs=SqlCostStore(engine),
            try_outs=SqlTryOutStore(engine, now=now),
            backtests=SqlBacktestStore(engine, now=now),
            drift=SqlDriftStore(engine),
            questions=SqlQuestionStore(engine, now=now, cipher=cipher),
            screened_sets=SqlScreenedSetStore(engine, now=now),
            actions=SqlActionStore(engine, now=now, cipher=cipher),
            notes=SqlNoteStore(engine, now=now, cipher=cipher),
            consequences=SqlConsequenceStore(engine, now=policies_now or now),
            options=SqlOptionStore(engine, now=now),
            member_cases=SqlMemberCases(engine, cipher=cipher),
            notices=SqlNoticeStore(engine, now=now),
            appeals=SqlAppealStore(engine, now=now, cipher=cipher),
            reports=SqlReportStore(engine, now=now, cipher=cipher),
            report_outcomes=SqlReportOutcomes(engine, now=now),
            edit_offers=SqlEditOffers(engine, now=now, cipher=cipher),
            pictures=SqlPictureStore(engine, now=now, cipher=cipher),
            receipts=SqlReceipts(engine, now=now, signer=cipher.signer),
            member_languages=SqlMemberLanguages(engine, now=now),
            watermarks=SqlWatermarkStore(engine),
            conversation_marks=SqlConversationMarks(engine),
            policy_changes=policy_changes,
            departures=SqlDepartureStore(engine, now=now),
            member_texts=SqlMemberTexts(engine, now=now, cipher=cipher),
            stale_cards=SqlStaleCards(engine, now=now),
            clock_history=SqlClockHistory(engine),
            leftovers=SqlLeftovers(engine, copies_for=timedelta(days=min(settings.retention_days, MOST_DAYS))),
            messages=SqlCaseMessages(engine, now=now, cipher=cipher),
            groups=SqlCardGroups(engine, now=now),
            raid_controls=SqlRaidControls(engine, now=policies_now or now, cipher=cipher),
            totals=SqlTotals(engine),
        )
    finally:
        await engine.dispose()
