"""What the bot is made of behind Discord: the stores, and the services that stand on them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from bot.keys import Cipher
from bot.moderation.access import Access
from bot.moderation.act import Act
from bot.moderation.actions import ActionStore, Enforcer
from bot.moderation.audit import AuditLog
from bot.moderation.backtest_jobs import BacktestStore
from bot.moderation.backtests import Backtests
from bot.moderation.card_desk import CardDesk
from bot.moderation.cards import CardBoard
from bot.moderation.carrier import Carrier
from bot.moderation.case_file import CaseFiles
from bot.moderation.cases import CaseStore
from bot.moderation.check import Check
from bot.moderation.consequences import Consequences, ConsequenceStore
from bot.moderation.conversations import ConversationMarks
from bot.moderation.costs import Costs, CostStore
from bot.moderation.drift import Drift, DriftStore
from bot.moderation.faces import Faces
from bot.moderation.in_force import PoliciesInForce
from bot.moderation.intake import SameText
from bot.moderation.note_store import NoteStore
from bot.moderation.notes import Notes
from bot.moderation.notices import Notifier
from bot.moderation.options import OptionStore
from bot.moderation.pins import Pins, PinStore
from bot.moderation.pipeline import Judging, Pipeline
from bot.moderation.policy_desk import PolicyDesk
from bot.moderation.policy_life import PolicyLife
from bot.moderation.policy_room import PolicyRooms
from bot.moderation.policy_test import PolicyTest
from bot.moderation.public_rules import PublicRules
from bot.moderation.recent import RecentLines
from bot.moderation.retention import Retention
from bot.moderation.review import Review
from bot.moderation.servers import ServerStore
from bot.moderation.setup import Setup
from bot.moderation.tally import Tally
from bot.moderation.try_out_jobs import TryOutStore
from bot.moderation.try_outs import TryOuts
from bot.moderation.under_way import UnderWay
from bot.moderation.watermarks import Watermarks, WatermarkStore
from bot.settings import Settings
from bot.storage.action_store import SqlActionStore
from bot.storage.audit_log import SqlAuditLog, record_policy_change
from bot.storage.backtest_store import SqlBacktestStore
from bot.storage.case_store import SqlCaseStore
from bot.storage.cost_store import SqlCostStore
from bot.storage.drift_store import SqlDriftStore
from bot.storage.engine import create_engine
from bot.storage.migrate import upgrade
from bot.storage.note_store import SqlNoteStore
from bot.storage.option_store import SqlConsequenceStore, SqlOptionStore
from bot.storage.pin_store import SqlPinStore
from bot.storage.server_store import SqlServerStore
from bot.storage.try_out_store import SqlTryOutStore
from bot.storage.watermark_store import SqlConversationMarks, SqlWatermarkStore
from classifier import Judge
from guild_policies.sql_store import SqlPolicyStore
from guild_policies.store import PolicyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything that is kept."""

    cases: CaseStore
    servers: ServerStore
    policies: PolicyStore
    audit: AuditLog
    pins: PinStore
    costs: CostStore
    try_outs: TryOutStore
    backtests: BacktestStore
    drift: DriftStore
    watermarks: WatermarkStore
    conversations: ConversationMarks
    actions: ActionStore
    notes: NoteStore
    consequences: ConsequenceStore
    options: OptionStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that is done."""

    tally: Tally
    pipeline: Pipeline
    marks: Watermarks
    catch_up: CatchUp
    conversations: Conversations
    cards: CardDesk
    review: Review
    act: Act
    notes: Notes
    faces: Faces
    consequences: Consequences
    files: CaseFiles
    check: Check
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
    retention: Retention


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


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
        bot.storage.errors.StorageError: the database cannot be opened or brought up to date.
    """
    await upgrade(settings.database)
    engine = create_engine(settings.database)
    try:
        yield Stores(
            cases=SqlCaseStore(engine, now=now, cipher=cipher),
            servers=SqlServerStore(engine, now=now),
            policies=SqlPolicyStore(engine, now=now, record=record_policy_change),
            audit=SqlAuditLog(engine),
            pins=SqlPinStore(engine, now=now, cipher=cipher),
            costs=SqlCostStore(engine),
            try_outs=SqlTryOutStore(engine, now=now),
            backtests=SqlBacktestStore(engine, now=now),
            drift=SqlDriftStore(engine),
            watermarks=SqlWatermarkStore(engine),
            conversations=SqlConversationMarks(engine),
            actions=SqlActionStore(engine, now=now, cipher=cipher),
            notes=SqlNoteStore(engine, now=now, cipher=cipher),
            consequences=SqlConsequenceStore(engine, now=now),
            options=SqlOptionStore(engine, now=now),
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
    notifier: Notifier,
    now: Callable[[], datetime] = utc_now,
    clock: Callable[[], float] = time.monotonic,
) -> Services:
    """Wire the services. Nothing is read or written here."""
    tally = Tally()
    judging = Judging(
        effort=settings.effort, deadline_s=settings.deadline_seconds, think_from=settings.think_from
    )  # fmt: skip
    in_force = PoliciesInForce(stores.policies)
    faces = Faces(cases=stores.cases, actions=stores.actions, notes=stores.notes, servers=stores.servers, now=now)
    cards = CardDesk(board=board, cases=stores.cases, faces=faces, servers=stores.servers, tally=tally)
    act = Act(
        cases=stores.cases, actions=stores.actions, enforcer=enforcer, notifier=notifier, desk=cards, now=now
    )  # fmt: skip
    consequences = Consequences(store=stores.consequences, policies=stores.policies, servers=stores.servers)
    pins = Pins(store=stores.pins, policies=stores.policies, judge=judge, judging=judging)
    policies = PolicyDesk(stores.policies, pins=pins, rooms=PolicyRooms(judge=judge, judging=judging))
    costs = Costs(store=stores.costs, policies=stores.policies, now=now)
    try_outs = TryOuts(store=stores.try_outs, policies=stores.policies, judge=judge, judging=judging, now=now)
    under_way, marks = UnderWay(), Watermarks(stores.watermarks)
    carrier = Carrier(cases=stores.cases, desk=cards, act=act, tally=tally, under_way=under_way)
    pipeline = Pipeline(
        judge=judge, in_force=in_force, cases=stores.cases, servers=stores.servers, desk=cards, tally=tally,
        same_text=SameText(clock), judging=judging, consequences=consequences, carrier=carrier, under_way=under_way,
        recent=RecentLines(), watchers=(costs, try_outs), marks=marks,
    )  # fmt: skip
    conversations = Conversations(
        judge=judge, in_force=in_force, marks=stores.conversations, history=history, carrier=carrier,
        consequences=consequences, judging=judging, clock=clock,
    )  # fmt: skip
    catch_up = CatchUp(marks=marks, history=history, sees=SeesAgain(pipeline, own_id), tell=board.tell_moderators)
    pipeline.follow(conversations)
    pipeline.when_put_off(catch_up.fell_behind)
    return Services(
        tally=tally,
        pipeline=pipeline,
        marks=marks,
        catch_up=catch_up,
        conversations=conversations,
        cards=cards,
        review=Review(cases=stores.cases, desk=cards, now=now),
        act=act,
        notes=Notes(store=stores.notes, cases=stores.cases, desk=cards),
        faces=faces,
        consequences=consequences,
        files=CaseFiles(cases=stores.cases, audit=stores.audit, policies=stores.policies),
        check=Check(judge=judge, in_force=in_force, cases=stores.cases, judging=judging),
        policies=policies,
        life=PolicyLife(stores.policies),
        pins=pins,
        policy_test=PolicyTest(policies=stores.policies, judge=judge, judging=judging),
        try_outs=try_outs,
        backtests=Backtests(
            store=stores.backtests, policies=stores.policies, cases=stores.cases, judge=judge, judging=judging, now=now
        ),
        drift=Drift(
            store=stores.drift, judge=judge, pins=pins, cases=stores.cases, servers=stores.servers,
            policies=stores.policies, judging=judging, engine=engine_version(), now=now,
        ),
        costs=costs,
        public_rules=PublicRules(servers=stores.servers, policies=stores.policies),
        setup=Setup(
            servers=stores.servers, policies=policies, desk=cards, marks=marks, now=now,
            retention_days=settings.retention_days,
        ),
        access=Access(stores.servers),
        retention=Retention(
            texts=(stores.cases, stores.actions, stores.notes), servers=stores.servers, now=now
        ),
    )  # fmt: skip
