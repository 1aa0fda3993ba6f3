"""What takes messages in: live ones, those that were missed, and conversations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.moderation.cards.board import CardBoard
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case import CaseStore
from bot.moderation.cases.further_messages import Opening
from bot.moderation.judging.already_judged import JudgedLately
from bot.moderation.judging.backlog import Backlog
from bot.moderation.judging.conversations import ConversationMarks, Conversations
from bot.moderation.judging.in_flight import UnderWay
from bot.moderation.judging.pipeline import Judging, Pipeline, Watcher
from bot.moderation.judging.plan_executor import Carrier
from bot.moderation.judging.status import StatusDesk
from bot.moderation.messages.catch_up import CatchUp
from bot.moderation.messages.history import History
from bot.moderation.messages.intake import SameText
from bot.moderation.messages.recent_lines import RecentLines
from bot.moderation.messages.tally import Tally
from bot.moderation.messages.watermarks import Watermarks, id_at
from bot.moderation.policies.consequences import Consequences
from bot.moderation.policies.in_force import PoliciesInForce
from bot.moderation.review.actions import Act
from bot.moderation.servers.options import OptionStore
from bot.moderation.servers.server import ServerStore
from bot.wiring.again import SeesAgain
from classifier import Judge
from classifier.lite.judge import LiteJudge

CLOCKS_DIFFER = timedelta(minutes=1)  #: ours and Discord's, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeServices:
    """Everything that happens to a message before a person looks at it."""

    pipeline: Pipeline
    marks: Watermarks
    catch_up: CatchUp
    conversations: Conversations
    backlog: Backlog
    status: StatusDesk


def build_intake(
    *,
    judge: Judge,
    judging: Judging,
    in_force: PoliciesInForce,
    cases: CaseStore,
    servers: ServerStore,
    marks: Watermarks,
    conversation_marks: ConversationMarks,
    history: History,
    own_id: Callable[[], int],
    consequences: Consequences,
    opening: Opening,
    cards: CardPosting,
    act: Act,
    board: CardBoard,
    options: OptionStore,
    now: Callable[[], datetime],
    tally: Tally,
    watchers: tuple[Watcher, ...],
    clock: Callable[[], float],
) -> IntakeServices:
    """Wire them. Nothing is read or written here."""

    async def tell(guild_id: int, text: str) -> None:
        settings = await servers.get(guild_id)
        if settings is not None:
            await board.tell_moderators(settings, text)

    under_way = UnderWay()
    backlog = Backlog(marks=marks, options=options, tell=tell, now=now)
    carrier = Carrier(cases=cases, opening=opening, desk=cards, act=act, tally=tally, under_way=under_way)
    pipeline = Pipeline(
        judge=judge,
        in_force=in_force,
        cases=cases,
        servers=servers,
        desk=cards,
        tally=tally,
        same_text=SameText(clock),
        judging=judging,
        consequences=consequences,
        carrier=carrier,
        under_way=under_way,
        recent=RecentLines(),
        watchers=watchers,
        marks=marks,
        backlog=backlog,
        rough=LiteJudge(),
        options=options,
        lately=JudgedLately(since_id=id_at(now() + CLOCKS_DIFFER)),
    )
    conversations = Conversations(
        judge=judge,
        in_force=in_force,
        marks=conversation_marks,
        history=history,
        carrier=carrier,
        consequences=consequences,
        judging=judging,
        clock=clock,
    )

    catch_up = CatchUp(marks=marks, history=history, sees=SeesAgain(pipeline, own_id=own_id), tell=tell, now=now)
    pipeline.follow(conversations)
    pipeline.when_put_off(catch_up.fell_behind)
    return IntakeServices(
        pipeline=pipeline,
        marks=marks,
        catch_up=catch_up,
        conversations=conversations,
        backlog=backlog,
        status=StatusDesk(
            servers=servers,
            marks=marks,
            backlog=backlog,
            catch_up=catch_up,
            cases=cases,
            in_force=in_force,
            judge=judge,
        ),
    )
