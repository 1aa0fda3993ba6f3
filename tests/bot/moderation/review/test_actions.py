"""Doing things about cases: written down first, told at the right moment, settled whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cards.face import NoticeState
from bot.moderation.cases.action import Action, ActionKind, ActionState, NewAction, PlannedAction
from bot.moderation.cases.case import Case, CaseState
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.review.actions import Acted, ActedBefore, CannotUndo
from bot.moderation.review.decisions import DecidedBefore
from bot.moderation.review.enforcer import AS_USUAL, Accepted, Declined, Terms, Unneeded
from bot.moderation.servers.retention import Retention

Seen = Callable[..., MessageSeen]

ANNA, BEN, MEMBER = 77, 78, 7
HOUR = timedelta(hours=1)


@pytest.fixture
async def case(desk: Any, seen_factory: Seen) -> Case:
    """Case 1, open."""
    (opened,) = (await desk.pipeline.see(seen_factory(), own_id=1000)).cases
    assert isinstance(opened, Case)
    return opened


async def act(desk: Any, kind: ActionKind, *, by: int = ANNA, length: timedelta | None = None) -> Any:
    """Act on case 1."""
    return await desk.act.act(1, 1, kind=kind, moderator_id=by, reason=" spam ", length=length)


async def state_of(desk: Any) -> CaseState:
    """Where case 1 stands."""
    state: CaseState = (await desk.cases.get(1, 1)).state
    return state


class Slow:
    """An enforcer that answers when a test lets it, and what a test says."""

    def __init__(self, answer: Callable[[], Accepted | Declined]) -> None:
        self.asked, self.go = asyncio.Event(), asyncio.Event()
        self.answer = answer

    async def foresee(self, action: Action, case: Case) -> Declined | Unneeded | None:
        """Nothing."""
        del action, case
        return None

    async def carry_out(self, action: Action, case: Case, terms: Terms = AS_USUAL) -> Accepted | Unneeded | Declined:
        """Wait to be let go."""
        del action, case, terms
        self.asked.set()
        await self.go.wait()
        return self.answer()


def slowed(desk: Any, answer: Callable[[], Accepted | Declined] = Accepted) -> Slow:
    """The desk with a slow enforcer."""
    enforcer = Slow(answer)
    desk.act._carrying_out._enforcer = enforcer
    return enforcer


async def test_an_action_decides_the_case_and_is_shown(desk: Any, case: Case) -> None:
    """One click: the case is a violation, the member is timed out, and the card says so."""
    acted = await act(desk, ActionKind.TIMEOUT, length=HOUR)
    assert isinstance(acted, Acted)
    assert acted.decided_before is None
    assert (acted.case.state, acted.case.decision.moderator_id) == (CaseState.VIOLATION, ANNA)
    assert acted.action.state is ActionState.DONE
    assert acted.action.new == NewAction(
        guild_id=1,
        case_number=1,
        kind=ActionKind.TIMEOUT,
        target_id=MEMBER,
        by=ANNA,
        reason="spam",
        length=HOUR,
    )
    assert [each.id for each in desk.enforcer.carried_out] == [acted.action.id]
    assert desk.board.faces[-1].actions == (acted.action,)
    assert desk.board.faces[-1].case.state is CaseState.VIOLATION


async def test_what_stands_about_an_action_is_pending_while_discord_is_asked(desk: Any, case: Case) -> None:
    """It is written down before anything happens."""
    enforcer = slowed(desk)
    acting = asyncio.create_task(act(desk, ActionKind.DELETE))
    await enforcer.asked.wait()
    (action,) = (await desk.actions.of_cases(1, (1,)))[1]
    assert action.state is ActionState.PENDING
    enforcer.go.set()
    assert (await acting).action.state is ActionState.DONE


@pytest.mark.parametrize("kind", [ActionKind.KICK, ActionKind.BAN])
async def test_a_member_hears_before_they_are_out(desk: Any, case: Case, kind: ActionKind) -> None:
    """Afterwards nobody could write to them; and they hear once."""
    enforcer = slowed(desk)
    acting = asyncio.create_task(act(desk, kind))
    await enforcer.asked.wait()
    assert [each.new.kind for each in desk.notifier.asked] == [kind]
    enforcer.go.set()
    await acting
    assert len(desk.notifier.asked) == 1


@pytest.mark.parametrize(("kind", "length"), [(ActionKind.DELETE, None), (ActionKind.TIMEOUT, HOUR)])
async def test_a_member_hears_of_everything_else_when_it_is_done(
    desk: Any, case: Case, kind: ActionKind, length: timedelta | None
) -> None:
    """Nobody is told of what did not happen."""
    desk.enforcer.refusal = Declined(why="No.")
    await act(desk, kind, length=length)
    assert desk.notifier.asked == []
    desk.enforcer.refusal = None
    await act(desk, kind, length=length)
    assert [each.state for each in desk.notifier.asked] == [ActionState.DONE]


async def test_nobody_is_told_of_what_cannot_happen(desk: Any, case: Case) -> None:
    """What is known to be refused is neither tried nor announced."""
    desk.enforcer.foreseen = Declined(why="They are staff.")
    acted = await act(desk, ActionKind.BAN)
    assert (acted.action.state, acted.action.why) == (ActionState.REFUSED, "They are staff.")
    assert (desk.notifier.asked, desk.enforcer.carried_out) == ([], [])


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (NoticeState.DELIVERED, "Bylaw may not ban. The member had been told that it would happen."),
        (NoticeState.FAILED, "Bylaw may not ban."),
        (NoticeState.OFF, "Bylaw may not ban."),
    ],
)
async def test_a_refusal_says_why_and_whether_the_member_expects_it(
    desk: Any, case: Case, told: NoticeState, why: str
) -> None:
    """The decision stands; the action is refused, and may be tried again."""
    desk.notifier.answer = told
    desk.enforcer.refusal = Declined(why="Bylaw may not ban.")
    acted = await act(desk, ActionKind.BAN)
    assert (acted.action.state, acted.action.why) == (ActionState.REFUSED, why)
    assert await state_of(desk) is CaseState.VIOLATION
    assert desk.board.faces[-1].actions[0].why == why
    desk.enforcer.refusal = None
    assert (await act(desk, ActionKind.BAN)).action.state is ActionState.DONE


@pytest.mark.parametrize(
    ("told", "state", "word"),
    [
        (NoticeState.DELIVERED, ActionState.DONE, ""),
        (NoticeState.FAILED, ActionState.REFUSED, "could not be told"),
        (NoticeState.OFF, ActionState.REFUSED, "switched off"),
    ],
)
async def test_a_warning_is_what_the_member_hears(
    desk: Any, case: Case, told: NoticeState, state: ActionState, word: str
) -> None:
    """One that does not reach anybody is none, and says so."""
    desk.notifier.answer = told
    acted = await act(desk, ActionKind.WARN)
    assert acted.action.state is state
    assert word in acted.action.why
    assert (len(desk.notifier.asked), desk.enforcer.carried_out) == (1, [])


async def test_of_two_moderators_one_acts(desk: Any, case: Case) -> None:
    """The second is told what is being done by whom; Discord is asked once."""
    enforcer = slowed(desk)
    first = asyncio.create_task(act(desk, ActionKind.BAN))
    await enforcer.asked.wait()
    second = await act(desk, ActionKind.BAN, by=BEN)
    assert isinstance(second, ActedBefore)
    assert (second.action.new.by, second.action.state) == (ANNA, ActionState.PENDING)
    enforcer.go.set()
    assert isinstance(await first, Acted)
    assert isinstance(await act(desk, ActionKind.BAN, by=BEN), ActedBefore)
    assert len((await desk.actions.of_cases(1, (1,)))[1]) == 1


async def test_whoever_acts_on_a_decided_case_is_told_who_decided(desk: Any, case: Case) -> None:
    """A second action by the same moderator needs no such words; the decision stays the first one's."""
    await desk.review.decide(1, 1, state=CaseState.VIOLATION, moderator_id=ANNA)
    assert (await act(desk, ActionKind.DELETE)).decided_before is None
    acted = await act(desk, ActionKind.TIMEOUT, by=BEN, length=HOUR)
    assert acted.decided_before.moderator_id == ANNA
    assert acted.case.decision.moderator_id == ANNA


async def test_nothing_is_done_about_what_is_no_violation(desk: Any, case: Case) -> None:
    """The moderator learns who decided that; after a reopening it can be done."""
    await desk.review.decide(1, 1, state=CaseState.NOT_A_VIOLATION, moderator_id=ANNA)
    answer = await act(desk, ActionKind.BAN, by=BEN)
    assert isinstance(answer, DecidedBefore)
    assert answer.decision.moderator_id == ANNA
    assert await desk.actions.of_cases(1, (1,)) == {}
    await desk.review.reopen(1, 1, moderator_id=BEN, reason="Look again.")
    assert isinstance(await act(desk, ActionKind.BAN, by=BEN), Acted)


async def test_there_is_nothing_to_do_about_no_case(desk: Any) -> None:
    """A number that does not exist, or an action of another server, is None."""
    assert await act(desk, ActionKind.BAN) is None
    assert await desk.act.undo(1, 1, moderator_id=ANNA) is None
    assert await desk.act.find(1, 1) is None


@pytest.mark.parametrize(
    ("kind", "reason", "length"),
    [
        (ActionKind.UNBAN, "", None),
        (ActionKind.REMOVE_TIMEOUT, "", None),
        (ActionKind.BAN, "x" * 401, None),
        (ActionKind.BAN, "", HOUR),
        (ActionKind.TIMEOUT, "", None),
        (ActionKind.TIMEOUT, "", timedelta()),
        (ActionKind.TIMEOUT, "", timedelta(days=28, seconds=1)),
    ],
)
async def test_what_makes_no_sense_is_an_error_of_ours(
    desk: Any, case: Case, kind: ActionKind, reason: str, length: timedelta | None
) -> None:
    """It is found before anything is written."""
    with pytest.raises(ValueError, match=r"undo|characters|timeout"):
        await desk.act.act(1, 1, kind=kind, moderator_id=ANNA, reason=reason, length=length)
    assert await state_of(desk) is CaseState.OPEN


async def test_an_action_is_taken_back(desk: Any, case: Case) -> None:
    """One click: the timeout ends and the member hears of it. The decision stays what it was."""
    done = (await act(desk, ActionKind.TIMEOUT, length=timedelta(days=28))).action
    undone = await desk.act.undo(1, done.id, moderator_id=BEN)
    assert isinstance(undone, Acted)
    assert (undone.case.state, undone.case.decision.moderator_id) == (CaseState.VIOLATION, ANNA)
    assert desk.enforcer.terms[-1].earlier.id == done.id
    assert (undone.action.new.kind, undone.action.new.undoes) == (ActionKind.REMOVE_TIMEOUT, done.id)
    assert (await desk.act.find(1, done.id)).state is ActionState.UNDONE
    assert [each.new.kind for each in desk.notifier.asked] == [ActionKind.TIMEOUT, ActionKind.REMOVE_TIMEOUT]
    assert [each.state for each in desk.board.faces[-1].actions] == [ActionState.UNDONE, ActionState.DONE]
    again = await desk.act.undo(1, done.id, moderator_id=ANNA)
    assert again == CannotUndo(why="It was already undone.")


async def test_of_two_who_take_back_one_does(desk: Any, case: Case) -> None:
    """The second is told that it is being done."""
    done = (await act(desk, ActionKind.BAN)).action
    enforcer = slowed(desk)
    first = asyncio.create_task(desk.act.undo(1, done.id, moderator_id=ANNA))
    await enforcer.asked.wait()
    assert isinstance(await desk.act.undo(1, done.id, moderator_id=BEN), ActedBefore)
    enforcer.go.set()
    assert (await first).action.state is ActionState.DONE


async def test_what_discord_does_not_undo_can_be_tried_again(desk: Any, case: Case) -> None:
    """The ban stays and can still be undone; the case is decided as before."""
    done = (await act(desk, ActionKind.BAN)).action
    desk.enforcer.refusal = Declined(why="Bylaw may not unban.")
    undone = await desk.act.undo(1, done.id, moderator_id=BEN)
    assert (undone.action.state, undone.action.why) == (ActionState.REFUSED, "Bylaw may not unban.")
    assert await state_of(desk) is CaseState.VIOLATION
    assert (await desk.act.find(1, done.id)).state is ActionState.DONE
    desk.enforcer.refusal = None
    assert (await desk.act.undo(1, done.id, moderator_id=BEN)).action.state is ActionState.DONE


@pytest.mark.parametrize("kind", [ActionKind.WARN, ActionKind.DELETE, ActionKind.KICK])
async def test_some_things_cannot_be_taken_back(desk: Any, case: Case, kind: ActionKind) -> None:
    """The moderator is told so, and nothing changes."""
    done = (await act(desk, kind)).action
    assert isinstance(await desk.act.undo(1, done.id, moderator_id=BEN), CannotUndo)
    assert await state_of(desk) is CaseState.VIOLATION


@pytest.mark.parametrize("kind", [ActionKind.TIMEOUT, ActionKind.BAN])
async def test_taking_back_is_not_taken_back(desk: Any, case: Case, kind: ActionKind) -> None:
    """A member is timed out again by a new action, with a reason of its own."""
    done = (await act(desk, kind, length=HOUR if kind is ActionKind.TIMEOUT else None)).action
    undoing = (await desk.act.undo(1, done.id, moderator_id=BEN)).action
    assert isinstance(await desk.act.undo(1, undoing.id, moderator_id=BEN), CannotUndo)


async def test_what_was_not_done_needs_no_undoing(desk: Any, case: Case) -> None:
    """Refused, rehearsed, or not heard of yet: each says why."""
    new = NewAction(guild_id=1, case_number=1, kind=ActionKind.BAN, target_id=MEMBER, by=None)
    rehearsed, _ = await desk.actions.add(replace(new, rehearsal=True))
    pending, _ = await desk.actions.add(new)
    refused, _ = await desk.actions.add(replace(new, kind=ActionKind.TIMEOUT, length=HOUR))
    await desk.actions.settle(refused.id, ActionState.REFUSED, "No.")
    answers = [await desk.act.undo(1, each.id, moderator_id=ANNA) for each in (rehearsed, pending, refused)]
    assert [each.why.split()[:4] for each in answers] == [
        ["It", "was", "only", "rehearsed,"],
        ["Discord", "is", "still", "being"],
        ["It", "was", "never", "done,"],
    ]


async def test_what_breaks_is_uncertain(desk: Any, case: Case) -> None:
    """Nobody knows whether it was done: the card says so, and a person may try again or take it back."""

    def broken() -> Accepted:
        raise RuntimeError("no words of members")

    slowed(desk, broken).go.set()
    acted = await act(desk, ActionKind.BAN)
    assert acted.action.state is ActionState.UNCERTAIN
    assert "look in Discord" in acted.action.why
    desk.act._carrying_out._enforcer = desk.enforcer
    assert (await desk.act.undo(1, acted.action.id, moderator_id=ANNA)).action.state is ActionState.DONE
    assert (await desk.act.find(1, acted.action.id)).state is ActionState.UNDONE


async def test_what_is_cut_off_is_uncertain(desk: Any, case: Case) -> None:
    """An end of the bot in the middle leaves an outcome, too."""
    enforcer = slowed(desk)
    acting = asyncio.create_task(act(desk, ActionKind.BAN))
    await enforcer.asked.wait()
    acting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await acting
    (action,) = (await desk.actions.of_cases(1, (1,)))[1]
    assert action.state is ActionState.UNCERTAIN


async def test_what_a_former_process_left_is_uncertain(desk: Any, case: Case) -> None:
    """Only what was asked before this one began, and in servers that this one looks after; the card says so."""
    new = NewAction(guild_id=1, case_number=1, kind=ActionKind.BAN, target_id=MEMBER, by=ANNA)
    left, _ = await desk.actions.add(new)
    elsewhere, _ = await desk.actions.add(replace(new, guild_id=2))
    desk.later(seconds=1)
    started = desk.now[0]
    young, _ = await desk.actions.add(replace(new, kind=ActionKind.KICK))
    assert await desk.act.give_up(before=started, serves=lambda guild: guild == 1) == 1
    assert (await desk.act.find(1, left.id)).state is ActionState.UNCERTAIN
    assert (await desk.act.find(1, young.id)).state is ActionState.PENDING
    assert desk.board.faces[-1].actions[0].why.startswith("Bylaw stopped before it heard")
    assert await desk.act.give_up(before=started) == 1
    assert (await desk.act.find(2, elsewhere.id)).state is ActionState.UNCERTAIN
    assert await desk.act.give_up(before=started) == 0


async def test_what_follows_by_itself_leaves_the_case_open(desk: Any, case: Case) -> None:
    """It is done in Bylaw's own name, once, and a rehearsal does nothing at all."""
    planned = (
        PlannedAction(kind=ActionKind.DELETE, reason="Spoilers v1, rule R1", rehearsal=False),
        PlannedAction(kind=ActionKind.TIMEOUT, length=HOUR, reason="Spoilers v1, rule R1", rehearsal=True),
    )
    deleted, rehearsed = await desk.act.by_itself(case, planned)
    assert (deleted.state, deleted.new.by, deleted.new.reason) == (ActionState.DONE, None, "Spoilers v1, rule R1")
    assert (rehearsed.state, rehearsed.new.length) == (ActionState.REHEARSED, HOUR)
    assert [each.new.kind for each in desk.enforcer.carried_out] == [ActionKind.DELETE]
    assert [each.new.kind for each in desk.notifier.asked] == [ActionKind.DELETE]
    assert (await desk.act.by_itself(case, planned[:1]))[0] == deleted
    assert await state_of(desk) is CaseState.OPEN


async def test_what_followed_by_itself_is_undone_with_one_click(desk: Any, case: Case) -> None:
    """The case stays open: undoing decides nothing."""
    planned = PlannedAction(kind=ActionKind.TIMEOUT, length=HOUR, reason="R1", rehearsal=False)
    (timeout,) = await desk.act.by_itself(case, (planned,))
    undone = await desk.act.undo(1, timeout.id, moderator_id=ANNA)
    assert undone.case.state is CaseState.OPEN
    assert (await desk.act.find(1, timeout.id)).state is ActionState.UNDONE


async def test_what_discord_adds_is_shown(desk: Any, case: Case) -> None:
    """Such as that somebody else had done it."""
    slowed(desk, lambda: Accepted(note="The message had been deleted before.")).go.set()
    acted = await act(desk, ActionKind.DELETE)
    assert (acted.action.state, acted.action.why) == (ActionState.DONE, "The message had been deleted before.")


async def test_reasons_and_notes_go_with_the_texts(desk: Any, case: Case) -> None:
    """After the retention time there are facts only."""
    acted = await act(desk, ActionKind.BAN)
    await desk.notes.add(1, 1, author_id=ANNA, text="Knows the team.")
    retention = Retention(
        texts=(desk.cases, desk.actions, desk.note_store), servers=desk.servers, now=lambda: desk.now[0]
    )
    desk.later(days=31)
    assert await retention.purge() == 3
    assert (await desk.act.find(1, acted.action.id)).new.reason == ""
    assert [note.text for note in await desk.notes.of_case(1, 1)] == [None]
