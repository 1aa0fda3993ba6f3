"""Whatever members, moderators, Discord and restarts do in whatever order: nothing was done about a mended case."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.keys import Cipher, new_key
from bot.moderation.cards.board import MemoryBoard
from bot.moderation.cards.face import NoticeState
from bot.moderation.cards.faces import Faces
from bot.moderation.cards.posting import CardPosting, CardStores, CardTiming
from bot.moderation.cases.action import ActionKind, ActionState, PlannedAction
from bot.moderation.cases.case import Case, CaseKind, CaseState, Clear, Evidence, Judged, NewCase, RuleBroken
from bot.moderation.cases.further_messages import MayJoin
from bot.moderation.mending.offer import NewOffer
from bot.moderation.mending.offers import EditOffers, MendingStores, OfferFaceSource
from bot.moderation.messages.intake import Tally
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.review.actions import Act
from bot.moderation.review.decisions import DecidedBefore, Review
from bot.moderation.review.enforcer import MemoryEnforcer
from bot.moderation.review.notifier import SilentNotifier
from bot.moderation.servers.server import ServerSettings
from bot.storage.audit.log import SqlAuditLog, record_policy_change
from bot.storage.cases.actions import SqlActionStore
from bot.storage.cases.cases import SqlCaseStore
from bot.storage.cases.notes import SqlNoteStore
from bot.storage.cases.shared_cards import SqlCardGroups, SqlCaseMessages
from bot.storage.database.engine import create_engine
from bot.storage.members.edit_offers import SqlEditOffers
from bot.storage.servers.options import SqlOptionStore
from bot.storage.servers.servers import SqlServerStore
from guild_policies.store.sql import SqlPolicyStore
from tests.databases.sqlite import copy_into

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HERE, MESSAGE, ANA, OMAR, MIRA = 1, 500, 7, 77, 78


class Letters:
    """Every member is told."""

    async def offer(self, case: Case, *, until: datetime) -> NoticeState:
        """It arrives."""
        del case, until
        return NoticeState.DELIVERED


class Installation:
    """A database, and what a process does with it."""

    def __init__(self, engine: Any) -> None:
        self.time = NOON
        self.edits = 0
        cipher = Cipher((new_key().encode(),))
        self.cases = SqlCaseStore(engine, now=self.now, cipher=cipher)
        self.messages = SqlCaseMessages(engine, now=self.now, cipher=cipher)
        self.policies = SqlPolicyStore(engine, now=self.now, record=record_policy_change)
        self.servers = SqlServerStore(engine, now=self.now)
        self.actions = SqlActionStore(engine, now=self.now, cipher=cipher)
        self.offers = SqlEditOffers(engine, now=self.now, cipher=cipher)
        self.options = SqlOptionStore(engine, now=self.now)
        self.audit = SqlAuditLog(engine)
        self.enforcer, self.notifier = MemoryEnforcer(), SilentNotifier(answer=NoticeState.DELIVERED)
        cards = CardPosting(
            board=MemoryBoard(),
            faces=Faces(
                cases=self.cases,
                actions=self.actions,
                notes=SqlNoteStore(engine, now=self.now, cipher=cipher),
                servers=self.servers,
                now=self.now,
                sources=(OfferFaceSource(self.offers),),
            ),
            stores=CardStores(
                cases=self.cases,
                servers=self.servers,
                options=self.options,
                groups=SqlCardGroups(engine, now=self.now),
            ),
            tally=Tally(),
            timing=CardTiming(now=self.now, clock=lambda: self.time.timestamp()),
        )
        self.review = Review(cases=self.cases, cards=cards, now=self.now)
        self.act = Act(
            cases=self.cases,
            actions=self.actions,
            enforcer=self.enforcer,
            notifier=self.notifier,
            cards=cards,
            now=self.now,
        )
        self.edit_offers = EditOffers(
            MendingStores(offers=self.offers, cases=self.cases, options=self.options),
            letters=Letters(),
            cards=cards,
            now=self.now,
        )

    def now(self) -> datetime:
        """The present moment."""
        return self.time

    async def open_case(self) -> None:
        """Case 1, whose author was asked to edit the message."""
        await self.servers.save(
            ServerSettings(guild_id=HERE, review_channel_id=99, reviewer_role_id=None), actor_id=MIRA
        )
        policy = await self.policies.create(guild_id=HERE, name="Manners", text="# Manners\n", actor_id=MIRA)
        version = await self.policies.publish(
            guild_id=HERE, policy_id=policy.id, seen_revision=1, fingerprint="1", actor_id=MIRA
        )
        self.policy_id, self.version_id = policy.id, version.id
        await self.cases.open(self.case_at(0))
        await self.offers.add(
            NewOffer(guild_id=HERE, case_number=1, message_id=MESSAGE, member_id=ANA, edit=0), at=self.time
        )

    def case_at(self, edit: int) -> NewCase:
        """What a judge says of a version that breaks the rule."""
        evidence = Evidence(
            channel_id=20,
            message_id=MESSAGE,
            author_id=ANA,
            edit=edit,
            text=f"bad {edit}",
            forwarded=False,
            posted_at=NOON,
        )
        judged = Judged(
            policy_id=self.policy_id,
            policy_name="Manners",
            version_id=self.version_id,
            version_number=1,
            rules=(RuleBroken(id="R1", title="Language", severity="low"),),
            score=0.9,
            rationale="",
            reasoning=None,
            method="scripted",
            judge="scripted:1",
            prompt_fingerprint=None,
        )
        return NewCase(guild_id=HERE, kind=CaseKind.VIOLATION, evidence=evidence, judged=judged)

    async def edit(self, *, clear: bool) -> None:
        """Ana edits the message, and it is judged."""
        self.edits += 1
        edit = int(self.time.timestamp() * 1000) + self.edits
        seen = MessageSeen(
            guild_id=HERE,
            channel_id=20,
            message_id=MESSAGE,
            author_id=ANA,
            text=f"edit {edit}",
            edit=edit,
            posted_at=NOON,
        )
        await self.cases.mark_edited(HERE, MESSAGE, edit=edit, text=seen.text)
        if clear:
            await self.cases.record_clear(
                Clear(
                    guild_id=HERE,
                    channel_id=20,
                    message_id=MESSAGE,
                    edit=edit,
                    version_id=self.version_id,
                    score=0.0,
                    method="scripted",
                    judge="scripted:1",
                )
            )
        else:
            await self.messages.open_or_join(self.case_at(edit), MayJoin(about=MESSAGE))
        await self.edit_offers.edited(seen)

    async def by_itself(self) -> None:
        """Something follows by itself, as the server set it up."""
        case = await self.cases.get(HERE, 1)
        if case is not None and case.state is CaseState.OPEN:
            planned = PlannedAction(kind=ActionKind.DELETE, reason="R1", rehearsal=False)
            await self.act.by_itself(case, (planned,))

    async def passes(self, minutes: int) -> None:
        """Time passes, and what is due is looked at."""
        self.time += timedelta(minutes=minutes)
        await self.edit_offers.look(lambda _: True)


Step = Callable[[Installation], Awaitable[Any]]
kinds = st.sampled_from([ActionKind.WARN, ActionKind.DELETE, ActionKind.KICK, ActionKind.BAN])
who = st.sampled_from([OMAR, MIRA])


def act(moderator: int, kind: ActionKind) -> Step:
    """A moderator acts."""
    return lambda here: here.act.act(HERE, 1, kind=kind, moderator_id=moderator, reason="why")


def decide(moderator: int, state: CaseState) -> Step:
    """A moderator decides."""
    return lambda here: here.review.decide(HERE, 1, state=state, moderator_id=moderator)


def simple(name: str, number: int) -> Step:
    """Everything else."""
    steps: dict[str, Step] = {
        "edit to clear": lambda here: here.edit(clear=True),
        "edit to another violation": lambda here: here.edit(clear=False),
        "time": lambda here: here.passes(number),
        "reopen": lambda here: here.review.reopen(HERE, 1, moderator_id=OMAR, reason="again"),
        "undo": lambda here: here.act.undo(HERE, number, moderator_id=MIRA),
        "delete": lambda here: here.cases.mark_gone(HERE, (MESSAGE,)),
        "restart": lambda here: here.act.give_up(before=here.time + timedelta(seconds=1)),
        "by itself": lambda here: here.by_itself(),
    }
    return steps[name]


NAMES = ("edit to clear", "edit to clear", "edit to another violation", "time", "reopen", "undo", "delete", "restart")
steps = st.one_of(
    st.builds(act, who, kinds),
    st.builds(decide, who, st.sampled_from([CaseState.VIOLATION, CaseState.NOT_A_VIOLATION])),
    st.builds(simple, st.sampled_from((*NAMES, "by itself")), st.integers(1, 9)),
    st.builds(simple, st.just("edit to clear"), st.just(1)),
)
at_once = st.lists(steps, min_size=1, max_size=3)


async def check(here: Installation, mended_before: int) -> int:
    """Nothing was done about the case if it is mended, and nothing can be; how many times it was mended so far."""
    case = await here.cases.get(HERE, 1)
    assert case is not None
    if case.state is CaseState.MENDED:
        assert here.enforcer.carried_out == []
        assert here.notifier.asked == []
        actions = (await here.actions.of_cases(HERE, (1,))).get(1, ())
        assert all(action.state in (ActionState.REFUSED, ActionState.REHEARSED) for action in actions)
        tried = await here.act.act(HERE, 1, kind=ActionKind.BAN, moderator_id=OMAR, reason="why")
        assert isinstance(tried, DecidedBefore)
        assert here.enforcer.carried_out == []
    entries = await here.audit.entries(HERE, subject="case:1", limit=1_000)
    mended = [entry.action.value for entry in entries].count("case_mended")
    assert mended_before <= mended <= 1
    return mended


async def live_through(migrated: Path, script: list[list[Step]]) -> None:
    """Let all of it happen."""
    engine = create_engine("sqlite://")
    try:
        await copy_into(engine, migrated)
        here = Installation(engine)
        await here.open_case()
        mended = 0
        for moment in script:
            await asyncio.gather(*(step(here) for step in moment))
            mended = await check(here, mended)
    finally:
        await engine.dispose()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(at_once, min_size=1, max_size=8))
def test_a_mended_case_never_leads_to_an_action(migrated_sqlite: Path, script: list[list[Step]]) -> None:
    """At no moment is a case mended about which something was done; it is mended once at most."""
    asyncio.run(live_through(migrated_sqlite, script))


def test_the_script_can_mend(migrated_sqlite: Path) -> None:
    """The property above would hold of a case that is never mended: this one is."""

    async def mends() -> CaseState:
        engine = create_engine("sqlite://")
        await copy_into(engine, migrated_sqlite)
        here = Installation(engine)
        await here.open_case()
        await here.passes(1)
        await here.edit(clear=True)
        assert await check(here, 0) == 1
        case = await here.cases.get(HERE, 1)
        await engine.dispose()
        assert case is not None
        return case.state

    assert asyncio.run(mends()) is CaseState.MENDED
