"""Builds the intake of messages: live ones, missed ones, and conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.languages.translation import Line
from bot.moderation.cards.board import CardBoard
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cascade.cascade import Cascade, ScreenedSetStore
from bot.moderation.cases.case import CaseStore
from bot.moderation.cases.further_messages import Opening
from bot.moderation.judging.already_judged import AlreadyJudged
from bot.moderation.judging.backlog import Backlog, WhenBehind
from bot.moderation.judging.conversation_judge import ConversationJudge
from bot.moderation.judging.conversations import ConversationMarks, Conversations
from bot.moderation.judging.in_flight import JudgementsInFlight, MessagesInFlight
from bot.moderation.judging.message_changes import MessageChanges
from bot.moderation.judging.message_judge import JudgementSubscriber, MessageJudge
from bot.moderation.judging.pipeline import Pipeline, PipelineStores
from bot.moderation.judging.plan_executor import PlanExecutor
from bot.moderation.judging.status import PendingWork, StatusLookup
from bot.moderation.judging.verdict_source import VerdictCache, VerdictSource
from bot.moderation.judging.waiting_list import WaitingList
from bot.moderation.mending.offers import EditOffers
from bot.moderation.messages.authors import Authors, MemberSource
from bot.moderation.messages.catch_up import CatchUp, Taken
from bot.moderation.messages.history import History
from bot.moderation.messages.intake import Tally
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.messages.proxied import Attribution
from bot.moderation.messages.recent_lines import RecentLines
from bot.moderation.messages.watermarks import Watermarks, id_at
from bot.moderation.policies.consequences import Consequences
from bot.moderation.policies.in_force import PoliciesInForce
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.review.actions import Act
from bot.moderation.servers.options import OptionStore
from bot.moderation.servers.server import ServerStore
from classifier import Judge, Lane
from classifier.lite.judge import LiteJudge

CLOCKS_DIFFER = timedelta(minutes=1)  #: most difference between our clock and Discord's


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeStores:
    """The stores that the intake reads and writes."""

    cases: CaseStore
    servers: ServerStore
    options: OptionStore
    conversation_marks: ConversationMarks
    screened_sets: ScreenedSetStore


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingServices:
    """The services that produce verdicts, and their subscribers."""

    judge: Judge
    requests: JudgeRequests
    in_force: PoliciesInForce
    in_flight: JudgementsInFlight
    consequences: Consequences
    subscribers: tuple[JudgementSubscriber, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseServices:
    """The services that handle a violation."""

    opening: Opening
    act: Act
    cards: CardPosting
    tally: Tally
    recent: RecentLines  #: the messages before it
    edit_offers: EditOffers | None = None  #: asks members to edit their messages; None if unused


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordEdge:
    """The intake's ports to Discord."""

    board: CardBoard
    history: History
    members: MemberSource
    own_id: Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The clocks: the current time, and monotonic seconds."""

    now: Callable[[], datetime]
    seconds: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeServices:
    """The services that handle a message before a person sees it."""

    pipeline: Pipeline
    waiting: WaitingList
    marks: Watermarks
    catch_up: CatchUp
    conversations: Conversations
    backlog: Backlog
    cascade: Cascade
    status: StatusLookup
    authors: Authors
    in_flight: MessagesInFlight


@dataclass(frozen=True, slots=True, kw_only=True)
class _Acting:
    """The executor of plans, and the source of authors."""

    executor: PlanExecutor
    authors: Authors


class _PipelineIntake:
    """`bot.moderation.messages.catch_up.HistoryIntake`: missed messages are judged after live ones."""

    def __init__(self, pipeline: Pipeline, *, in_flight: MessagesInFlight, own_id: Callable[[], int]) -> None:
        self._pipeline = pipeline
        self._in_flight = in_flight
        self._own_id = own_id

    def holding(self, messages: Iterable[MessageSeen]) -> AbstractContextManager[None]:
        """Track edits and deletions of these messages inside this block."""
        return self._in_flight.holding(messages)

    async def take_in(self, seen: MessageSeen) -> Taken:
        """Process one message. May raise."""
        handled = await self._pipeline.see(seen, own_id=self._own_id(), lane=Lane.AGAIN)
        if handled.put_off:
            return Taken.PUT_OFF
        if handled.waiting:
            return Taken.WAITING
        return Taken.MISSED if handled.skipped is None else Taken.KNOWN


def build_intake(
    stores: IntakeStores,
    *,
    marks: Watermarks,
    judging: JudgingServices,
    cases: CaseServices,
    discord: DiscordEdge,
    attribution: Attribution,
    clocks: Clocks,
) -> IntakeServices:
    """Build the services. Reads and writes nothing."""

    async def tell(guild_id: int, line: Line) -> None:
        settings = await stores.servers.get(guild_id)
        if settings is not None:
            await discord.board.tell_moderators(settings, line)

    backlog = Backlog(marks=marks, options=stores.options, tell=tell, now=clocks.now)
    cascade = Cascade(
        stores.screened_sets,
        options=stores.options,
        judge=judging.judge,
        requests=judging.requests,
        tell=tell,
        is_behind=lambda guild_id: backlog.way_of(guild_id) is not WhenBehind.WAIT,
    )
    in_flight = MessagesInFlight()
    waiting = WaitingList(marks=marks, in_flight=in_flight, tally=cases.tally)
    executor = PlanExecutor(
        cases=stores.cases,
        opening=cases.opening,
        cards=cases.cards,
        act=cases.act,
        tally=cases.tally,
        in_flight=in_flight,
        edit_offers=cases.edit_offers,
    )
    acting = _Acting(executor=executor, authors=Authors(discord.members, clocks.seconds))
    judge = _message_judge(
        stores, judging, backlog=backlog, cascade=cascade, acting=acting, in_flight=in_flight, clocks=clocks
    )
    pipeline = _pipeline(stores, cases, judge=judge, waiting=waiting, in_flight=in_flight, attribution=attribution)
    conversations = _conversations(
        stores, judging, acting=acting, history=discord.history, in_flight=in_flight, clocks=clocks
    )
    intake = _PipelineIntake(pipeline, in_flight=in_flight, own_id=discord.own_id)
    catch_up = CatchUp(marks=marks, history=discord.history, intake=intake, tell=tell, now=clocks.now)
    judge.subscribe_to_conversations(conversations)
    waiting.subscribe(catch_up.fell_behind)
    return IntakeServices(
        pipeline=pipeline,
        waiting=waiting,
        marks=marks,
        catch_up=catch_up,
        conversations=conversations,
        backlog=backlog,
        cascade=cascade,
        authors=acting.authors,
        in_flight=in_flight,
        status=_status(stores, judging, cases.cards, PendingWork(marks=marks, backlog=backlog, catch_up=catch_up)),
    )


def _pipeline(
    stores: IntakeStores,
    cases: CaseServices,
    *,
    judge: MessageJudge,
    waiting: WaitingList,
    in_flight: MessagesInFlight,
    attribution: Attribution,
) -> Pipeline:
    changes = MessageChanges(
        cases=stores.cases,
        cards=cases.cards,
        recent=cases.recent,
        in_flight=in_flight,
        attribution=attribution,
    )
    return Pipeline(
        PipelineStores(servers=stores.servers, options=stores.options),
        judge=judge,
        waiting=waiting,
        changes=changes,
        recent=cases.recent,
        tally=cases.tally,
    )


def _status(stores: IntakeStores, judging: JudgingServices, cards: CardPosting, work: PendingWork) -> StatusLookup:
    return StatusLookup(servers=stores.servers, cards=cards, in_force=judging.in_force, judge=judging.judge, work=work)


def _message_judge(
    stores: IntakeStores,
    judging: JudgingServices,
    *,
    backlog: Backlog,
    cascade: Cascade,
    acting: _Acting,
    in_flight: MessagesInFlight,
    clocks: Clocks,
) -> MessageJudge:
    judge = MessageJudge(
        in_force=judging.in_force,
        verdicts=VerdictSource(
            judge=judging.judge,
            lite=LiteJudge(),
            requests=judging.requests,
            backlog=backlog,
            cache=VerdictCache(clocks.seconds),
            in_flight=judging.in_flight,
            cascade=cascade,
        ),
        consequences=judging.consequences,
        executor=acting.executor,
        authors=acting.authors,
        already_judged=AlreadyJudged(stores.cases, since_id=id_at(clocks.now() + CLOCKS_DIFFER)),
        in_flight=in_flight,
    )
    for subscriber in judging.subscribers:
        judge.subscribe(subscriber)
    return judge


def _conversations(
    stores: IntakeStores,
    judging: JudgingServices,
    *,
    acting: _Acting,
    history: History,
    in_flight: MessagesInFlight,
    clocks: Clocks,
) -> Conversations:
    return Conversations(
        judge=ConversationJudge(
            judge=judging.judge,
            requests=judging.requests,
            consequences=judging.consequences,
            executor=acting.executor,
            authors=acting.authors,
        ),
        in_force=judging.in_force,
        history=history,
        in_flight=in_flight,
        marks=stores.conversation_marks,
        clock=clocks.seconds,
    )
