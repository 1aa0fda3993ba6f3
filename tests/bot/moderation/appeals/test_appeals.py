"""Appeals from the form to the outcome, whatever breaks in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.moderation.appeals.appeal import (
    MAX_ANSWER,
    MAX_ASKED,
    AppealState,
)
from bot.moderation.appeals.direct_messages import Notice
from bot.moderation.appeals.hearing import ENOUGH_ASKED, AppealDecided, CannotAsk
from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import ActionKind, ActionState
from bot.moderation.cases.case import CaseState
from bot.moderation.members.face_source import MemberFaceSource
from bot.moderation.review.enforcer import Declined
from bot.moderation.servers.options import NoticeOptions
from classifier import Judgement, JudgeRequest, Undecided, UndecidedReason
from tests.bot.moderation.appeals.hall import ANA, KEY, OMAR, REFUSED, RITA, Hall


async def test_a_card_that_discord_refused_is_posted_later(hall: Hall) -> None:
    """The appeal is kept; the rounds post it when the channel works again, once."""
    hall.board.refusal = REFUSED
    await hall.appealed()
    assert hall.board.posted == []
    assert await hall.members.follow_up.finish() == 0
    hall.desk.later(minutes=3)
    assert await hall.members.follow_up.finish() == 1
    hall.board.refusal = None
    assert await hall.members.follow_up.finish(lambda guild_id: guild_id == 2) == 0
    assert await hall.members.follow_up.finish() == 1
    assert len(hall.board.posted) == 1
    assert await hall.members.follow_up.finish() == 0


async def test_a_card_that_was_deleted_comes_back_while_it_is_needed(hall: Hall) -> None:
    """Not after the decision."""
    await hall.appealed()
    hall.board.cards_gone = True
    await hall.members.hearing.ask(KEY, reviewer_id=RITA, text="Why?")
    assert len(hall.board.posted) == 2
    await hall.members.hearing.decide(KEY, AppealState.UPHELD, reviewer_id=RITA, reason="No.")
    assert len(hall.board.posted) == 2


async def test_changes_at_once_end_with_the_last_one_on_the_card(hall: Hall) -> None:
    """Whoever shows the card sees what changed meanwhile."""
    await hall.appealed()
    before = len(hall.board.refreshed)
    await asyncio.gather(*(hall.members.submission._cards.show(KEY) for _ in range(3)))
    assert len(hall.board.refreshed) > before
    assert hall.board.refreshed[-1].appeal == await hall.stored()


async def test_a_judge_that_has_no_time_is_asked_later(
    desk_factory: Any, hall_factory: Callable[[Any], Hall], verdict_factory: Callable[..., Any]
) -> None:
    """The card says so until then; nothing is kept of an answer that was none."""
    answers: list[Judgement] = [verdict_factory(), Undecided(reason=UndecidedReason.QUEUE_FULL), verdict_factory()]

    def answer(request: JudgeRequest) -> Judgement:
        del request
        return answers.pop(0)

    hall = hall_factory(await desk_factory(answer))
    await hall.appealed()
    assert (await hall.stored()).fresh is None
    hall.desk.later(minutes=3)
    await hall.members.follow_up.finish()
    assert (await hall.stored()).fresh.answers[0].violation is True
    assert hall.board.refreshed[-1].appeal.fresh is not None
    assert await hall.members.follow_up.finish() == 0


async def test_a_judge_that_cannot_say(
    desk_factory: Any, hall_factory: Callable[[Any], Hall], verdict_factory: Callable[..., Any]
) -> None:
    """That is an answer, too."""
    answers: list[Judgement] = [verdict_factory(), Undecided(reason=UndecidedReason.UNREADABLE)]
    hall = hall_factory(await desk_factory(lambda _: answers.pop(0)))
    (answer,) = (await hall.appealed()).fresh.answers
    assert (answer.violation, answer.rationale) == (None, "The model's answer was not in the agreed form.")


async def test_what_a_stopped_process_left_is_ended(hall: Hall) -> None:
    """Decided and not carried out: the ban is undone and the member told, once."""
    await hall.appealed()
    await hall.appeals.decide(KEY, AppealState.OVERTURNED, hall.review())
    assert hall.outcomes() == []
    hall.desk.later(minutes=3)
    await asyncio.gather(hall.members.follow_up.finish(), hall.members.follow_up.finish())
    await hall.members.follow_up.finish()
    (outcome,) = hall.outcomes()
    assert [action.state for action in outcome.taken_back] == [ActionState.UNDONE]
    case = await hall.desk.cases.get(1, 1)
    assert (case.state, case.decision.moderator_id) == (CaseState.NOT_A_VIOLATION, RITA)


async def test_discord_refuses_to_undo(hall: Hall) -> None:
    """The decision stays reversed, and the member reads what stays."""
    await hall.appealed()
    hall.desk.enforcer.refusal = Declined(why="Bylaw lacks Ban Members.")
    done = await hall.members.hearing.decide(KEY, AppealState.OVERTURNED, reviewer_id=RITA, reason="x")
    assert isinstance(done, AppealDecided)
    assert (done.taken_back, [action.new.kind for action in done.staying]) == ((), [ActionKind.BAN])
    (outcome,) = hall.outcomes()
    assert [action.new.kind for action in outcome.not_taken_back] == [ActionKind.BAN]
    assert (await hall.desk.cases.get(1, 1)).state is CaseState.NOT_A_VIOLATION


async def test_a_member_who_cannot_be_told(hall: Hall) -> None:
    """It is written down, and not tried again and again."""
    await hall.appealed()
    hall.messenger.closed = True
    await hall.members.hearing.decide(KEY, AppealState.UPHELD, reviewer_id=RITA, reason="No.")
    assert (await hall.stored()).told is NoticeState.CLOSED
    hall.desk.later(days=1)
    assert await hall.members.follow_up.finish() == 0


async def test_following_up_finishes_and_reminds(hall: Hall) -> None:
    """In the servers that this process looks after: the card is posted, then moderators hear that it waits."""
    hall.board.refusal = REFUSED
    await hall.appealed()
    hall.board.refusal = None
    hall.desk.later(hours=73)
    await hall.members.follow_up.run(lambda guild_id: guild_id == 2)
    assert (hall.board.posted, hall.board.reminded) == ([], [])
    await hall.members.follow_up.run()
    assert (len(hall.board.posted), len(hall.board.reminded)) == (1, 1)


async def test_reminders_come_once_in_a_stale_period(hall: Hall) -> None:
    """And again after the next one; not where the channel is closed, not for servers of another process."""
    await hall.appealed()
    hall.desk.later(hours=71)
    assert await hall.members.follow_up.remind() == 0
    hall.desk.later(hours=2)
    assert await hall.members.follow_up.remind(lambda guild_id: guild_id == 2) == 0
    hall.board.refusal = REFUSED
    assert await hall.members.follow_up.remind() == 0
    hall.board.refusal = None
    assert await hall.members.follow_up.remind() == 1
    assert await hall.members.follow_up.remind() == 0
    hall.desk.later(hours=73)
    assert await hall.members.follow_up.remind() == 1
    assert len(hall.board.reminded) == 2
    await hall.members.hearing.decide(KEY, AppealState.UPHELD, reviewer_id=RITA, reason="No.")
    hall.desk.later(hours=73)
    assert await hall.members.follow_up.remind() == 0


async def test_only_so_many_questions(hall: Hall) -> None:
    """Then the reviewers have to decide."""
    await hall.appealed()
    for _ in range(MAX_ASKED):
        await hall.members.hearing.ask(KEY, reviewer_id=RITA, text="And?")
        await hall.members.submission.answer(KEY, member_id=ANA, text="Well.")
    assert await hall.members.hearing.ask(KEY, reviewer_id=RITA, text="And?") == CannotAsk(why=ENOUGH_ASKED)
    missing = replace(KEY, attempt=9)
    assert await hall.members.hearing.ask(missing, reviewer_id=RITA, text="And?") is None
    assert await hall.members.hearing.decide(missing, AppealState.UPHELD, reviewer_id=RITA, reason="") is None


async def test_long_words_are_cut(hall: Hall) -> None:
    """Whatever Discord lets through."""
    await hall.acted()
    await hall.send_off(texts=("x" * 5_000, "y"))
    assert len((await hall.stored()).answers[0].text) == MAX_ANSWER


async def test_a_server_that_names_its_moderators(hall: Hall) -> None:
    """In notices and in outcomes."""
    await hall.desk.options.save(1, NoticeOptions(names_moderators=True), actor_id=9)
    case = await hall.acted()
    (action,) = (await hall.desk.actions.of_cases(1, (1,)))[1]
    assert await hall.notice_desk.about(case, action) is NoticeState.DELIVERED
    ((_, notice),) = hall.messenger.sent
    assert isinstance(notice, Notice)
    assert notice.moderator_id == OMAR
    await hall.send_off()
    await hall.members.hearing.decide(KEY, AppealState.UPHELD, reviewer_id=RITA, reason="No.")
    assert hall.outcomes()[0].reviewer_id == RITA


async def test_a_rehearsal_is_told_to_nobody(hall: Hall) -> None:
    """Nothing happened."""
    case = await hall.acted()
    (action,) = (await hall.desk.actions.of_cases(1, (1,)))[1]
    rehearsed = replace(action, state=ActionState.REHEARSED)
    assert await hall.notice_desk.about(case, rehearsed) is NoticeState.OFF
    assert hall.messenger.sent == []


async def test_an_undoing_is_told_unless_an_appeal_tells_it(hall: Hall) -> None:
    """A moderator who takes a ban back by a button: the member hears of it, without a button."""
    case = await hall.acted()
    (ban,) = (await hall.desk.actions.of_cases(1, (1,)))[1]
    undone = await hall.desk.act.undo(1, ban.id, moderator_id=RITA)
    assert await hall.notice_desk.about(case, undone.action) is NoticeState.DELIVERED
    ((_, notice),) = hall.messenger.sent
    assert isinstance(notice, Notice)
    assert not notice.can_appeal


async def test_what_the_members_side_adds_to_a_card(hall: Hall) -> None:
    """The newest notice, the newest appeal and who reported, for many cases at once."""
    await hall.appealed()
    part = MemberFaceSource(notices=hall.notices, appeals=hall.appeals, reports=hall.reports)
    assert await part.put_on(()) == ()
    faces = await hall.desk.faces.of_many(tuple(hall.desk.cases.everything()))
    (face,) = await part.put_on(faces)
    assert (face.appeal.state, face.reports, face.notice) == ("open", 0, None)
    await hall.members.hearing.decide(KEY, AppealState.UPHELD, reviewer_id=RITA, reason="No.")
    (face,) = await part.put_on(faces)
    assert face.appeal.state == "upheld"


async def test_a_record_holds_what_concerns_the_member(hall: Hall) -> None:
    """Of one server or all; cases without a decision and without a consequence are left out."""
    await hall.desk.pipeline.see(hall.desk.seen(message_id=299), own_id=1)
    assert await hall.members.records.of(ANA) == ()
    await hall.desk.act.act(1, 1, kind=ActionKind.WARN, moderator_id=OMAR, reason="")
    (entry,) = await hall.members.records.of(ANA, guild_id=1)
    assert entry.can_matter
    assert await hall.members.records.of(ANA, guild_id=2) == ()
