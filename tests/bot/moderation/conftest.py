"""Factories of values, and a moderation desk wired to fakes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.moderation.cards.board import MemoryBoard
from bot.moderation.cards.face import NoticeState
from bot.moderation.cards.faces import Faces
from bot.moderation.cards.further_messages import FurtherMessages
from bot.moderation.cards.posting import CardPosting, CardStores, CardTiming
from bot.moderation.cascade.cascade import Cascade
from bot.moderation.cases.further_messages import Opening
from bot.moderation.judging.already_judged import AlreadyJudged
from bot.moderation.judging.backlog import Backlog
from bot.moderation.judging.in_flight import JudgementsInFlight, MessagesInFlight
from bot.moderation.judging.message_changes import MessageChanges
from bot.moderation.judging.message_judge import MessageJudge
from bot.moderation.judging.pipeline import Pipeline, PipelineStores
from bot.moderation.judging.plan_executor import PlanExecutor
from bot.moderation.judging.verdict_source import VerdictCache, VerdictSource
from bot.moderation.judging.waiting_list import WaitingList
from bot.moderation.messages.authors import Authors, NoMembers
from bot.moderation.messages.intake import Tally
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.proxied import Attribution
from bot.moderation.messages.recent_lines import RecentLines
from bot.moderation.messages.watermarks import MemoryWatermarkStore, Watermarks
from bot.moderation.policies.consequences import Consequences
from bot.moderation.policies.in_force import PoliciesInForce, PolicyInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.policies.lifecycle import PolicyLife
from bot.moderation.policies.pins import Pins
from bot.moderation.policies.public_rules import PublicRules
from bot.moderation.policies.publishing import Publishing
from bot.moderation.review.actions import Act
from bot.moderation.review.decisions import Review
from bot.moderation.review.enforcer import MemoryEnforcer
from bot.moderation.review.notes import Notes
from bot.moderation.review.notifier import SilentNotifier
from bot.moderation.servers.server import ServerSettings
from bot.moderation.trials.backtests import Backtests, BacktestStores
from bot.moderation.trials.costs import Costs
from bot.moderation.trials.drift import Drift, DriftStores
from bot.moderation.trials.side_by_side import PolicyTest
from bot.moderation.trials.try_outs import TryOuts
from classifier import Judge, Judgement, JudgeRequest, Method, Outcome, Provenance, Verdict
from classifier.lite.judge import LiteJudge
from classifier.scripted import ScriptedJudge
from guild_policies.compile import compile_policy
from guild_policies.text.parse import parse
from guild_policies.versions import PolicyVersion
from tests.bot.moderation.appeals.hall import Hall, hall_around
from tests.fakes.policy_store import MemoryPolicyStore
from tests.fakes.stores import MemoryCaseStore
from tests.fakes.stores_actions import MemoryActionStore, MemoryConsequenceStore, MemoryOptionStore
from tests.fakes.stores_audit import MemoryAuditLog, MemoryNoteStore
from tests.fakes.stores_jobs import MemoryBacktestStore, MemoryTryOutStore
from tests.fakes.stores_noise import MemoryCardGroups, MemoryCaseMessages
from tests.fakes.stores_servers import MemoryServerStore
from tests.fakes.stores_trials import MemoryCostStore, MemoryDriftStore, MemoryPinStore, MemoryScreenedSetStore

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
POLICY = """# Spoilers

Keep surprises safe.

## Rules
### R1 Unmarked spoiler
Severity: high
Consequence: timeout 10m
Breaks it: telling how the film ends.
Does not: opinions without plot.
Examples:
- violates: "cannot believe the sister was behind it all along"
- violates: "the ship sinks and he drowns"
- allowed: "the ending wrecked me, no details"
- allowed: "is it worth seeing"
"""


@pytest.fixture
def seen_factory() -> Callable[..., MessageSeen]:
    """Makes messages seen; keyword arguments replace what a test is about."""

    def make(**changes: object) -> MessageSeen:
        values: dict[str, object] = {
            "guild_id": 1, "channel_id": 20, "message_id": 300, "author_id": 7, "text": "the butler did it",
            "posted_at": NOW,
        }  # fmt: skip
        return MessageSeen(**{**values, **changes})  # type: ignore[arg-type]  # the tests name real fields

    return make


@pytest.fixture
def in_force() -> PolicyInForce:
    """Version 3 of a small policy with one rule of high severity."""
    policy = parse(POLICY).policy
    text = compile_policy(policy)
    version = PolicyVersion(
        id=33, policy_id=5, number=3, text=POLICY, fingerprint=text.fingerprint, author_id=9, created_at=NOW
    )
    return PolicyInForce(name="Spoilers", version=version, policy=policy, text=text)


@pytest.fixture
def verdict_factory(in_force: PolicyInForce) -> Callable[..., Verdict]:
    """Makes verdicts; without arguments a violation of R1."""

    def make(
        outcome: Outcome = Outcome.VIOLATION, *, score: float = 0.97, rationale: str = "R1: tells the ending."
    ) -> Verdict:
        return Verdict(
            outcome=outcome,
            rule_ids=("R1",) if outcome is Outcome.VIOLATION else (),
            score=score,
            rationale=rationale if outcome is Outcome.VIOLATION else "",
            reasoning="It names the culprit.",
            provenance=Provenance(
                method=Method.SCRIPTED, judge="scripted:1", policy_fingerprint=in_force.text.fingerprint
            ),
        )

    return make


@dataclass
class Desk:
    """Moderation wired to fakes, for one server (guild 1, cards to channel 99, policy "Spoilers" published)."""

    board: MemoryBoard
    cases: MemoryCaseStore
    servers: MemoryServerStore
    audit: MemoryAuditLog
    policies: MemoryPolicyStore
    policy_desk: Publishing
    in_force: PoliciesInForce
    card_desk: CardPosting
    tally: Tally
    judge: Judge
    pipeline: Pipeline
    judgements: JudgementsInFlight
    message_judge: MessageJudge
    waiting: WaitingList
    in_flight: MessagesInFlight
    executor: PlanExecutor
    marks: Watermarks
    backlog: Backlog
    pins: Pins
    life: PolicyLife
    policy_test: PolicyTest
    costs: Costs
    try_outs: TryOuts
    backtests: Backtests
    drift: Drift
    public_rules: PublicRules
    review: Review
    act: Act
    actions: MemoryActionStore
    enforcer: MemoryEnforcer
    notifier: SilentNotifier
    notes: Notes
    note_store: MemoryNoteStore
    faces: Faces
    consequences: Consequences
    options: MemoryOptionStore
    messages: MemoryCaseMessages
    groups: MemoryCardGroups
    cascade: Cascade
    screened_sets: MemoryScreenedSetStore
    now: list[datetime]

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.now[0] += timedelta(**time)


@pytest.fixture
def desk_factory() -> Callable[..., Awaitable[Desk]]:
    """Wires moderation around a judge that answers each request by a function, in a server in business."""

    async def make(
        answer: Callable[[JudgeRequest], Judgement],
        *,
        max_waiting: int = 10,
        judge: ScriptedJudge | None = None,
        chance: Callable[[], float] = random.random,
        is_behind: Callable[[int], bool] = lambda _: False,
    ) -> Desk:
        now = [NOW]
        audit = MemoryAuditLog()
        policies = MemoryPolicyStore(now=lambda: now[0], record=audit.record_policy_change)
        note_store = MemoryNoteStore(now=lambda: now[0], audit=audit)
        cases = MemoryCaseStore(now=lambda: now[0], audit=audit, notes=note_store)
        servers = MemoryServerStore(now=lambda: now[0], audit=audit)
        board, tally, judge = MemoryBoard(), Tally(), judge or ScriptedJudge(answer)
        options = MemoryOptionStore(now=lambda: now[0], audit=audit)
        in_force = PoliciesInForce(policies, options=options)
        clock, requests = (lambda: now[0]), JudgeRequests()
        actions, enforcer = MemoryActionStore(now=clock, audit=audit), MemoryEnforcer()
        cases.plan, cases.acted_on = actions.plan, actions.acted_on
        notifier = SilentNotifier(answer=NoticeState.DELIVERED)
        messages = MemoryCaseMessages(cases=cases, now=clock, audit=audit)
        faces = Faces(
            cases=cases,
            actions=actions,
            notes=note_store,
            servers=servers,
            now=clock,
            sources=(FurtherMessages(messages),),
        )
        groups = MemoryCardGroups(cases=cases, messages=messages, now=clock, audit=audit)
        options = MemoryOptionStore(now=clock, audit=audit)

        async def sleep(seconds: float) -> None:
            now[0] += timedelta(seconds=seconds)
            await asyncio.sleep(0)

        card_desk = CardPosting(
            board=board,
            faces=faces,
            stores=CardStores(cases=cases, servers=servers, options=options, groups=groups),
            tally=tally,
            timing=CardTiming(now=clock, clock=lambda: now[0].timestamp(), sleep=sleep),
        )
        act = Act(cases=cases, actions=actions, enforcer=enforcer, notifier=notifier, cards=card_desk, now=clock)
        consequences = Consequences(
            store=MemoryConsequenceStore(now=clock, audit=audit), policies=policies, servers=servers
        )
        asking = {"judge": judge, "requests": requests}
        costs = Costs(store=MemoryCostStore(), policies=policies, now=clock)
        try_outs = TryOuts(store=MemoryTryOutStore(now=clock, audit=audit), policies=policies, now=clock, **asking)
        pins = Pins(store=MemoryPinStore(now=clock, audit=audit), policies=policies, **asking)
        in_flight, marks = MessagesInFlight(), Watermarks(MemoryWatermarkStore())
        backlog = Backlog(marks=marks, options=options, tell=board.tell, now=clock)
        screened_sets = MemoryScreenedSetStore()
        cascade = Cascade(screened_sets, options=options, tell=board.tell, is_behind=is_behind, chance=chance, **asking)
        opening = Opening(messages=messages, clock=lambda: now[0].timestamp())
        executor = PlanExecutor(
            cases=cases, opening=opening, cards=card_desk, act=act, tally=tally, in_flight=in_flight
        )
        recent, judgements = RecentLines(), JudgementsInFlight()
        message_judge = MessageJudge(
            in_force=in_force,
            verdicts=VerdictSource(
                lite=LiteJudge(),
                backlog=backlog,
                cache=VerdictCache(lambda: now[0].timestamp()),
                in_flight=judgements,
                cascade=cascade,
                **asking,
            ),
            consequences=consequences,
            executor=executor,
            already_judged=AlreadyJudged(cases, since_id=2**63),
            in_flight=in_flight,
            authors=Authors(NoMembers(), lambda: now[0].timestamp()),
        )
        message_judge.subscribe(costs)
        message_judge.subscribe(try_outs)
        waiting = WaitingList(marks=marks, in_flight=in_flight, tally=tally, limit=max_waiting)
        pipeline = Pipeline(
            PipelineStores(servers=servers, options=options),
            judge=message_judge,
            waiting=waiting,
            changes=MessageChanges(
                cases=cases,
                cards=card_desk,
                recent=recent,
                in_flight=in_flight,
                attribution=Attribution(cases=cases, now=clock, clock=lambda: now[0].timestamp()),
            ),
            recent=recent,
            tally=tally,
        )
        desk = Desk(
            board=board,
            cases=cases,
            servers=servers,
            audit=audit,
            policies=policies,
            tally=tally,
            judge=judge,
            policy_desk=Publishing(policies, pins=pins),
            in_force=in_force,
            card_desk=card_desk,
            pipeline=pipeline,
            message_judge=message_judge,
            in_flight=in_flight,
            judgements=judgements,
            waiting=waiting,
            executor=executor,
            marks=marks,
            pins=pins,
            life=PolicyLife(policies),
            policy_test=PolicyTest(policies=policies, **asking),
            costs=costs,
            try_outs=try_outs,
            backtests=Backtests(
                BacktestStores(backtests=MemoryBacktestStore(now=clock, audit=audit), policies=policies, cases=cases),
                now=clock,
                **asking,
            ),
            drift=Drift(
                DriftStores(marks=MemoryDriftStore(), cases=cases, servers=servers, policies=policies),
                pins=pins,
                engine="engine 1",
                now=clock,
                **asking,
            ),
            public_rules=PublicRules(servers=servers, policies=policies, consequences=consequences),
            now=now,
            review=Review(cases=cases, cards=card_desk, now=clock),
            act=act,
            actions=actions,
            enforcer=enforcer,
            notifier=notifier,
            notes=Notes(store=note_store, cases=cases, cards=card_desk),
            note_store=note_store,
            faces=faces,
            consequences=consequences,
            options=options,
            backlog=backlog,
            messages=messages,
            groups=groups,
            cascade=cascade,
            screened_sets=screened_sets,
        )
        await _open_for_business(desk)
        return desk

    return make


async def _open_for_business(desk: Desk) -> None:
    """Settings saved and the policy published."""
    settings = ServerSettings(guild_id=1, review_channel_id=99, reviewer_role_id=50)
    await desk.servers.save(settings, actor_id=9)
    await desk.policy_desk.create(1, "Spoilers", POLICY, actor_id=9)
    await desk.policy_desk.publish(1, "Spoilers", actor_id=9)


@pytest.fixture
async def desk(desk_factory: Callable[..., Awaitable[Desk]], verdict_factory: Callable[..., Verdict]) -> Desk:
    """A server in business whose judge finds every text with the word "butler" to break R1."""

    def answer(request: JudgeRequest) -> Judgement:
        guilty = "butler" in request.content.target.text
        return verdict_factory() if guilty else verdict_factory(Outcome.CLEAR, score=0.01)

    return await desk_factory(answer)


@pytest.fixture
def hall_factory(seen_factory: Callable[..., MessageSeen]) -> Callable[[Desk], Hall]:
    """Builds the members' side around a desk."""
    return lambda desk: hall_around(desk, seen_factory)


@pytest.fixture
def hall(desk: Desk, hall_factory: Callable[[Desk], Hall]) -> Hall:
    """The members' side of a server in business."""
    return hall_factory(desk)
