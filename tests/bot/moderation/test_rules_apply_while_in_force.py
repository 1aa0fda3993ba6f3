"""In whatever order things happen, a message is judged under exactly the version of the moment it was posted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.moderation.cards.board import MemoryBoard
from bot.moderation.cards.faces import Faces
from bot.moderation.cards.posting import CardPosting, CardStores, CardTiming
from bot.moderation.cases.case import Clear
from bot.moderation.cases.further_messages import Opening
from bot.moderation.judging.in_flight import JudgementsInFlight
from bot.moderation.messages.authors import NoMembers
from bot.moderation.messages.catch_up import ChannelState
from bot.moderation.messages.history import MemoryHistory
from bot.moderation.messages.intake import Tally
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.proxied import Attribution
from bot.moderation.messages.watermarks import MemoryWatermarkStore, Watermarks, id_at
from bot.moderation.policies.consequences import Consequences
from bot.moderation.policies.in_force import PoliciesInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.review.actions import Act
from bot.moderation.review.enforcer import MemoryEnforcer
from bot.moderation.review.notifier import SilentNotifier
from bot.moderation.servers.server import ServerSettings
from bot.wiring.intake import (
    CaseServices,
    Clocks,
    DiscordEdge,
    IntakeStores,
    JudgingServices,
    build_intake,
)
from classifier import Judgement, JudgeRequest, Undecided, UndecidedReason
from classifier.scripted import ScriptedJudge, clear
from tests.fakes.conversation_marks import MemoryMarks
from tests.fakes.policy_store import MemoryPolicyStore
from tests.fakes.stores import MemoryAuditLog, MemoryCaseStore, MemoryNoteStore
from tests.fakes.stores_actions import MemoryActionStore, MemoryConsequenceStore, MemoryOptionStore
from tests.fakes.stores_noise import MemoryCardGroups, MemoryCaseMessages
from tests.fakes.stores_servers import MemoryServerStore

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SERVER, CHANNEL, OWN, ADMIN = 1, 20, 4, 9
TEXT = "# Spoilers\n## Rules\n### R1 Spoiler\nBreaks it: telling the end in {} words.\n"


class RecordingCases(MemoryCaseStore):
    """A case store that says which clear verdicts were written."""

    def __init__(self, **stores: Any) -> None:
        super().__init__(**stores)
        self.verdicts: list[tuple[int, int, int]] = []  #: message, edit, version

    async def record_clear(self, clear: Clear) -> None:
        """Keep it."""
        self.verdicts.append((clear.message_id, clear.edit, clear.version_id))
        await super().record_clear(clear)


@dataclass
class World:
    """A server in Discord, a database, and processes of Bylaw, one after the other."""

    time: datetime = NOON
    judge_is_there: bool = True
    connected: bool = True
    set_up_at: datetime | None = None
    changes: list[tuple[datetime, int | None]] = field(default_factory=list)  #: what is in force from when on
    posted: dict[int, MessageSeen] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    versions: int = 0
    published: int | None = None
    paused: bool = False
    policy_id: int = 0

    def __post_init__(self) -> None:
        audit = MemoryAuditLog()
        self.cases = RecordingCases(now=self.now, audit=audit, notes=MemoryNoteStore(now=self.now, audit=audit))
        self.policies = MemoryPolicyStore(now=self.now, record=lambda _: None)
        self.servers = MemoryServerStore(now=self.now, audit=audit)
        self.options = MemoryOptionStore(now=self.now, audit=audit)
        self.audit = audit
        self.watermarks = MemoryWatermarkStore()
        self.history = MemoryHistory()

    def now(self) -> datetime:
        """The present moment."""
        return self.time

    def answer(self, request: JudgeRequest) -> Judgement:
        """Clear, if the judge is there."""
        del request
        return clear() if self.judge_is_there else Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)

    async def start(self) -> None:
        """A new process."""
        messages = MemoryCaseMessages(cases=self.cases, now=self.now, audit=self.audit)
        cards = CardPosting(
            board=MemoryBoard(),
            faces=Faces(
                cases=self.cases,
                actions=(actions := MemoryActionStore(now=self.now, audit=self.audit)),
                notes=MemoryNoteStore(now=self.now, audit=self.audit),
                servers=self.servers,
                now=self.now,
            ),
            stores=CardStores(
                cases=self.cases,
                servers=self.servers,
                options=self.options,
                groups=MemoryCardGroups(cases=self.cases, messages=messages, now=self.now, audit=self.audit),
            ),
            tally=(tally := Tally()),
            timing=CardTiming(now=self.now, clock=lambda: self.time.timestamp()),
        )
        marks = Watermarks(self.watermarks)
        self.intake = build_intake(
            IntakeStores(
                cases=self.cases, servers=self.servers, options=self.options, conversation_marks=MemoryMarks({})
            ),
            marks=marks,
            judging=JudgingServices(
                judge=ScriptedJudge(self.answer),
                requests=JudgeRequests(),
                in_force=PoliciesInForce(self.policies, options=self.options, set_up_at=marks.set_up_at),
                in_flight=JudgementsInFlight(),
                consequences=Consequences(
                    store=MemoryConsequenceStore(now=self.now, audit=self.audit),
                    policies=self.policies,
                    servers=self.servers,
                ),
                subscribers=(),
            ),
            cases=CaseServices(
                opening=Opening(cases=self.cases, messages=messages, clock=lambda: self.time.timestamp()),
                act=Act(
                    cases=self.cases,
                    actions=actions,
                    enforcer=MemoryEnforcer(),
                    notifier=SilentNotifier(),
                    cards=cards,
                    now=self.now,
                ),
                cards=cards,
                tally=tally,
            ),
            discord=DiscordEdge(
                board=self,  # type: ignore[arg-type]  # it tells moderators only
                history=self.history,
                members=NoMembers(),
                own_id=lambda: OWN,
            ),
            attribution=Attribution(cases=self.cases, now=self.now, clock=lambda: self.time.timestamp()),
            clocks=Clocks(now=self.now, seconds=lambda: self.time.timestamp()),
        )
        await marks.load()
        self.compare()

    async def tell_moderators(self, settings: ServerSettings, text: str) -> None:
        """Keep what the moderators are told."""
        del settings
        self.told.append(text)

    def compare(self) -> None:
        """A session with Discord begins."""
        self.intake.marks.new_session({SERVER})
        self.intake.catch_up.compare(
            SERVER, [ChannelState(channel_id=CHANNEL, last_message_id=max(self.posted, default=0))]
        )

    async def deliver(self, seen: MessageSeen) -> None:
        """Discord tells of a message, if the bot is connected."""
        self.posted[seen.message_id] = seen
        self.history.messages[:] = self.posted.values()
        if self.connected:
            await self.intake.pipeline.see(seen, own_id=OWN)

    def applies(self, seen: MessageSeen) -> int | None:
        """Which version was in force for it, by the list of changes."""
        if self.set_up_at is None or seen.moment < self.set_up_at:
            return None
        return next((version for at, version in reversed(self.changes) if at <= seen.moment), None)

    def changed(self) -> None:
        """What is in force from now on."""
        self.changes.append((self.time, None if self.paused else self.published))


async def post(world: World) -> None:
    """Somebody posts."""
    await world.deliver(
        MessageSeen(
            guild_id=SERVER,
            channel_id=CHANNEL,
            message_id=id_at(world.time),
            author_id=7,
            text=f"m{world.time}",
            posted_at=world.time,
        )
    )


async def edit(world: World) -> None:
    """Somebody edits their last message."""
    if world.posted:
        last = world.posted[max(world.posted)]
        await world.deliver(replace(last, text=f"e{world.time}", edit=int(world.time.timestamp() * 1000)))


async def set_up(world: World) -> None:
    """An administrator runs ``/setup``."""
    if world.set_up_at is None and world.connected:
        world.set_up_at = world.time
        await world.servers.save(
            ServerSettings(guild_id=SERVER, review_channel_id=99, reviewer_role_id=None), actor_id=ADMIN
        )
        await world.intake.marks.begin_server(SERVER, id_at(world.time))


async def publish(world: World) -> None:
    """An administrator publishes another version; the policy is created again if it was deleted."""
    world.versions += 1
    text = TEXT.format(world.versions)
    if not world.policy_id:
        world.policy_id = (await world.policies.create(guild_id=SERVER, name="Spoilers", text=text, actor_id=ADMIN)).id
        revision = 1
    else:
        revision = (
            await world.policies.save_draft(
                guild_id=SERVER, policy_id=world.policy_id, text=text, actor_id=ADMIN, seen_revision=None
            )
        ).revision
    version = await world.policies.publish(
        guild_id=SERVER, policy_id=world.policy_id, seen_revision=revision, fingerprint=text, actor_id=ADMIN
    )
    world.published = version.id
    world.changed()


async def pause(world: World) -> None:
    """An administrator pauses the policy, or resumes it."""
    if world.policy_id:
        world.paused = not world.paused
        await world.policies.set_paused(guild_id=SERVER, policy_id=world.policy_id, paused=world.paused, actor_id=ADMIN)
        world.changed()


async def delete(world: World) -> None:
    """An administrator deletes the policy."""
    if world.policy_id:
        await world.policies.delete(guild_id=SERVER, policy_id=world.policy_id, actor_id=ADMIN)
        world.policy_id, world.published, world.paused = 0, None, False
        world.changed()


async def drop(world: World) -> None:
    """The session with Discord ends, or a new one begins."""
    world.connected = not world.connected
    if world.connected:
        world.compare()


async def kill(world: World) -> None:
    """The process dies where it is, and another one starts."""
    await world.start()


async def judge_goes(world: World) -> None:
    """The judge goes away, or comes back."""
    world.judge_is_there = not world.judge_is_there


async def work(world: World) -> None:
    """What is done from time to time is done now."""
    await world.intake.marks.flush()
    if world.connected:
        await world.intake.catch_up.run()
    await world.intake.pipeline.judge_waiting()


STEPS: tuple[Callable[[World], Any], ...] = (post, edit, set_up, publish, pause, delete, drop, kill, judge_goes, work)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=30))
def test_every_message_is_judged_under_the_version_of_its_moment(steps: list[Callable[[World], Any]]) -> None:
    """Never under another one, never twice, and never where none was in force; and none is forgotten."""

    async def play() -> None:
        world = World()
        await world.start()
        seen: dict[tuple[int, int], MessageSeen] = {}
        for step in (*steps, post, post):
            world.time += timedelta(seconds=1)
            await step(world)
            seen |= {(each.message_id, each.edit): each for each in world.posted.values()}
        world.judge_is_there, world.connected = True, True
        world.compare()
        for _ in range(3):
            await work(world)
        for message_id, edit_id, version in world.cases.verdicts:
            assert version == world.applies(seen[message_id, edit_id])
        assert len(set(world.cases.verdicts)) == len(world.cases.verdicts)
        expected = {(each.message_id, each.edit, world.applies(each)) for each in world.posted.values()}
        assert {each for each in expected if each[2] is not None} <= set(world.cases.verdicts)

    asyncio.run(play())


async def test_nothing_is_told_where_nothing_was_missed() -> None:
    """A session drops: an old message, one that was judged and one posted in a pause are left alone."""
    world = World()
    await world.start()
    for step in (post, set_up, publish, post, publish, pause, post, pause, drop, drop):
        world.time += timedelta(seconds=1)
        await step(world)
    before = list(world.cases.verdicts)
    await work(world)
    assert (world.cases.verdicts, len(before), world.told) == (before, 1, [])


async def test_what_was_missed_is_counted_truly() -> None:
    """One message that is judged now, and one that no rule applied to."""
    world = World()
    await world.start()
    for step in (set_up, drop, post, publish, post, drop):
        world.time += timedelta(seconds=1)
        await step(world)
    await work(world)
    assert len(world.cases.verdicts) == 1
    assert world.told == ["Bylaw was away and has caught up: it judged one message that was posted meanwhile."]


async def test_a_message_that_waits_is_no_judged_one() -> None:
    """The judge is away as well: the line says that the message waits."""
    world = World()
    await world.start()
    for step in (set_up, publish, drop, post, drop, judge_goes):
        world.time += timedelta(seconds=1)
        await step(world)
    await world.intake.catch_up.run()
    assert world.told == ["Bylaw was away: one message that was posted meanwhile waits for the judge."]
