"""What the bot is made of behind Discord: the stores, and the services that stand on them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.keys import Cipher
from bot.moderation.access import Access
from bot.moderation.audit import AuditLog
from bot.moderation.card_desk import CardDesk
from bot.moderation.cards import CardBoard
from bot.moderation.case_file import CaseFiles
from bot.moderation.cases import CaseStore
from bot.moderation.check import Check
from bot.moderation.in_force import PoliciesInForce
from bot.moderation.intake import SameText
from bot.moderation.pipeline import Judging, Pipeline
from bot.moderation.policy_desk import PolicyDesk
from bot.moderation.retention import Retention
from bot.moderation.review import Review
from bot.moderation.servers import ServerStore
from bot.moderation.setup import Setup
from bot.moderation.tally import Tally
from bot.settings import Settings
from bot.storage.audit_log import SqlAuditLog, record_policy_change
from bot.storage.case_store import SqlCaseStore
from bot.storage.engine import create_engine
from bot.storage.migrate import upgrade
from bot.storage.server_store import SqlServerStore
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that is done."""

    tally: Tally
    pipeline: Pipeline
    cards: CardDesk
    review: Review
    files: CaseFiles
    check: Check
    policies: PolicyDesk
    setup: Setup
    access: Access
    retention: Retention


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


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
        )
    finally:
        await engine.dispose()


def build_services(
    stores: Stores,
    *,
    settings: Settings,
    judge: Judge,
    board: CardBoard,
    now: Callable[[], datetime] = utc_now,
    clock: Callable[[], float] = time.monotonic,
) -> Services:
    """Wire the services. Nothing is read or written here."""
    tally = Tally()
    judging = Judging(effort=settings.effort, deadline_s=settings.deadline_seconds)
    in_force = PoliciesInForce(stores.policies)
    cards = CardDesk(board=board, cases=stores.cases, servers=stores.servers, tally=tally)
    policies = PolicyDesk(stores.policies)
    return Services(
        tally=tally,
        pipeline=Pipeline(
            judge=judge, in_force=in_force, cases=stores.cases, servers=stores.servers, desk=cards, tally=tally,
            same_text=SameText(clock), judging=judging,
        ),
        cards=cards,
        review=Review(cases=stores.cases, desk=cards, now=now),
        files=CaseFiles(cases=stores.cases, audit=stores.audit, policies=stores.policies),
        check=Check(judge=judge, in_force=in_force, cases=stores.cases, judging=judging),
        policies=policies,
        setup=Setup(servers=stores.servers, policies=policies, desk=cards, retention_days=settings.retention_days),
        access=Access(stores.servers),
        retention=Retention(cases=stores.cases, servers=stores.servers, now=now),
    )  # fmt: skip
