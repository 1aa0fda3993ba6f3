"""A server in Discord, a database, and processes of Bylaw one after the other, for tests that draw orders of events."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.languages.translation import Line, said
from bot.moderation.cards.board import MemoryBoard
from bot.moderation.cards.faces import Faces
from bot.moderation.cards.posting import CardPosting, CardStores, CardTiming
from bot.moderation.cases.further_messages import Opening
from bot.moderation.judging.in_flight import JudgementsInFlight
from bot.moderation.messages.authors import MemberFacts
from bot.moderation.messages.catch_up import ChannelState
from bot.moderation.messages.history import MemoryHistory
from bot.moderation.messages.intake import Tally
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.proxied import Attribution
from bot.moderation.messages.recent_lines import RecentLines
from bot.moderation.messages.watermarks import MemoryWatermarkStore, Watermarks, id_at
from bot.moderation.policies.consequences import Consequences
from bot.moderation.policies.in_force import PoliciesInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.review.actions import Act
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
from classifier.scripted import ScriptedJudge, clear, violation
from guild_policies.scope import Scope
from tests.bot.moderation.observed_stores import DiscordsView, RecordingCases, SlowActions
from tests.fakes.conversation_marks import MemoryMarks
from tests.fakes.policy_store import MemoryPolicyStore
from tests.fakes.stores_actions import MemoryConsequenceStore, MemoryOptionStore
from tests.fakes.stores_audit import MemoryAuditLog, MemoryNoteStore
from tests.fakes.stores_noise import MemoryCardGroups, MemoryCaseMessages
from tests.fakes.stores_servers import MemoryServerStore
from tests.fakes.stores_trials import MemoryScreenedSetStore

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SERVER, CHANNEL, OWN, ADMIN, AUTHOR, ROLE = 1, 20, 4, 9, 7, 70
TEXT = "# Spoilers\n## Rules\n### R1 Spoiler\nBreaks it: telling the end in {} words.\n"


@dataclass
class World:
    """A server in Discord, a database, and processes of Bylaw, one after the other."""

    time: datetime = NOON
    text: str = TEXT  #: of the policy, with a place for the number of its version
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
    has_role: bool = False  #: has the author the role that may be exempt?
    scopes: list[tuple[datetime, Scope]] = field(default_factory=lambda: [(NOON, Scope())])  #: from when on
    left_alone: set[tuple[int, int]] = field(default_factory=set)  #: messages and edits that were exempt as they came
    missed: set[int] = field(default_factory=set)  #: messages that came to read so while nobody listened
    erased: set[int] = field(default_factory=set)  #: messages whose deletion was heard of
    kept_alone: set[tuple[int, int]] = field(default_factory=set)  #: of them, those that no crash makes us forget

    def __post_init__(self) -> None:
        audit = MemoryAuditLog()
        self.cases = RecordingCases(now=self.now, audit=audit, notes=MemoryNoteStore(now=self.now, audit=audit))
        self.policies = MemoryPolicyStore(now=self.now, record=lambda _: None)
        self.servers = MemoryServerStore(now=self.now, audit=audit)
        self.options = MemoryOptionStore(now=self.now, audit=audit)
        self.audit = audit
        self.watermarks = MemoryWatermarkStore()
        self.history = MemoryHistory()
        self.enforcer = DiscordsView(posted=self.posted)
        self.actions = SlowActions(now=self.now, audit=audit)
        self.cases.plan = self.actions.plan
        self.consequences = MemoryConsequenceStore(now=self.now, audit=audit)
        self.answers = asyncio.Event()  #: while it is not set, the judge thinks
        self.answers.set()
        self.under_way: list[asyncio.Task[None]] = []

    def now(self) -> datetime:
        """The present moment."""
        return self.time

    async def answer(self, request: JudgeRequest) -> Judgement:
        """If the judge is there: a violation where the text says that it is bad."""
        is_there = self.judge_is_there
        await self.answers.wait()
        if not is_there:
            return Undecided(reason=UndecidedReason.JUDGE_UNAVAILABLE)
        return violation("R1", score=0.99) if "bad" in request.content.target.text else clear()

    async def start(self) -> None:
        """A new process."""
        messages = MemoryCaseMessages(cases=self.cases, now=self.now, audit=self.audit)
        cards = CardPosting(
            board=MemoryBoard(),
            faces=Faces(
                cases=self.cases,
                actions=self.actions,
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
                cases=self.cases,
                servers=self.servers,
                options=self.options,
                conversation_marks=MemoryMarks({}),
                screened_sets=MemoryScreenedSetStore(),
            ),
            marks=marks,
            judging=JudgingServices(
                judge=ScriptedJudge(self.answer),
                requests=JudgeRequests(),
                in_force=PoliciesInForce(self.policies, options=self.options, set_up_at=marks.set_up_at),
                in_flight=JudgementsInFlight(),
                consequences=Consequences(
                    store=self.consequences,
                    policies=self.policies,
                    servers=self.servers,
                ),
                subscribers=(),
            ),
            cases=CaseServices(
                opening=Opening(messages=messages, clock=lambda: self.time.timestamp()),
                act=Act(
                    cases=self.cases,
                    actions=self.actions,
                    enforcer=self.enforcer,
                    notifier=SilentNotifier(),
                    cards=cards,
                    now=self.now,
                ),
                cards=cards,
                tally=tally,
                recent=RecentLines(),
            ),
            discord=DiscordEdge(
                board=self,  # type: ignore[arg-type]  # it tells moderators only
                history=self.history,
                members=self,
                own_id=lambda: OWN,
            ),
            attribution=Attribution(cases=self.cases, now=self.now, clock=lambda: self.time.timestamp()),
            clocks=Clocks(now=self.now, seconds=lambda: self.time.timestamp()),
        )
        await marks.load()
        self.compare()

    async def tell_moderators(self, settings: ServerSettings, line: Line, **values: object) -> None:
        """Keep what the moderators are told."""
        del settings
        self.told.append(said(line, **values))

    def compare(self) -> None:
        """A session with Discord begins."""
        self.intake.marks.new_session({SERVER})
        self.intake.catch_up.compare(
            SERVER, [ChannelState(channel_id=CHANNEL, last_message_id=max(self.posted, default=0))]
        )

    def new(self, text: str) -> MessageSeen:
        """A message that is posted now."""
        return MessageSeen(
            guild_id=SERVER,
            channel_id=CHANNEL,
            message_id=id_at(self.time),
            author_id=AUTHOR,
            text=text,
            author_is_owner=False,
            posted_at=self.time,
        )

    async def member(self, guild_id: int, member_id: int) -> MemberFacts | None:
        """The author, as they are now."""
        assert (guild_id, member_id) == (SERVER, AUTHOR)
        return MemberFacts(role_ids=self.roles(), joined_at=None, is_staff=False)

    def roles(self) -> frozenset[int]:
        """The author's present roles."""
        return frozenset({ROLE} if self.has_role else ())

    async def deliver(self, seen: MessageSeen) -> None:
        """Discord tells of a message, with its author's roles, if the bot is connected. History has no roles."""
        self.posted[seen.message_id] = seen
        self.history.messages[:] = self.posted.values()
        if self.connected:
            if self.roles() & self.scope_at(seen.moment).exempt_roles:
                self.left_alone.add((seen.message_id, seen.edit))
            live = replace(seen, author_role_ids=self.roles(), author_is_staff=False)
            await self.intake.pipeline.see(live, own_id=OWN)

    def scope_at(self, moment: datetime) -> Scope:
        """The scope of the policy at a moment."""
        return next(scope for at, scope in reversed(self.scopes) if at <= moment)

    def is_surely_covered(self, seen: MessageSeen) -> bool:
        """Has nothing been exempt since it came to read so?"""
        since = [self.scope_at(seen.moment), *(scope for at, scope in self.scopes if at > seen.moment)]
        return not any(scope.not_in or scope.exempt_roles for scope in since)

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
    await world.deliver(world.new(f"m{world.time}"))


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
    if not world.policy_id:
        world.scopes.append((world.time, Scope()))
    world.versions += 1
    text = world.text.format(world.versions)
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


async def change_scope(world: World, scope: Scope) -> None:
    """An administrator chooses another scope."""
    if world.policy_id:
        stored = await world.policies.find(SERVER, "Spoilers")
        assert stored is not None
        settings = replace(stored.settings, scope=scope)
        await world.policies.set_settings(
            guild_id=SERVER, policy_id=world.policy_id, settings=settings, seen=stored.settings, actor_id=ADMIN
        )
        world.scopes.append((world.time, scope))


async def exempt_channel(world: World) -> None:
    """An administrator exempts the channel, or no longer does."""
    scope = world.scope_at(world.time)
    await change_scope(world, replace(scope, not_in=frozenset() if scope.not_in else frozenset({CHANNEL})))


async def exempt_role(world: World) -> None:
    """An administrator exempts a role, or no longer does."""
    scope = world.scope_at(world.time)
    await change_scope(world, replace(scope, exempt_roles=frozenset() if scope.exempt_roles else frozenset({ROLE})))


async def give_role(world: World) -> None:
    """The author gets the role, or loses it."""
    world.has_role = not world.has_role


async def drop(world: World) -> None:
    """The session with Discord ends, or a new one begins."""
    world.connected = not world.connected
    if world.connected:
        world.compare()


async def kill(world: World) -> None:
    """The process dies where it is, and another one starts."""
    world.left_alone &= world.kept_alone  # what was not written down yet is read again
    await world.start()


async def judge_goes(world: World) -> None:
    """The judge goes away, or comes back."""
    world.judge_is_there = not world.judge_is_there


async def work(world: World) -> None:
    """What is done from time to time is done now."""
    await world.intake.marks.flush()
    world.kept_alone |= world.left_alone
    if world.connected:
        await world.intake.catch_up.run()
    await world.intake.pipeline.judge_waiting()
