"""Undoing and changing what was done, what need not be done, and cases about the moderators themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cards.shared_card import GroupKind
from bot.moderation.cases.action import ActionKind, ActionState
from bot.moderation.cases.case import Case, CaseState
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.review.actions import Acted, ActedBefore, CannotUndo
from bot.moderation.review.bulk import Bulk, BulkChoice
from bot.moderation.review.decisions import OwnCase
from bot.moderation.review.enforcer import Declined, Unneeded

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
    return await desk.act.act(1, 1, kind=kind, moderator_id=by, reason="spam", length=length)


async def state_of(desk: Any) -> CaseState:
    """Where case 1 stands."""
    state: CaseState = (await desk.cases.get(1, 1)).state
    return state


async def test_a_timeout_that_is_over_is_not_undone(desk: Any, case: Case) -> None:
    """Nobody is told that it ended early, and Discord is not asked."""
    done = (await act(desk, ActionKind.TIMEOUT, length=HOUR)).action
    desk.later(hours=2)
    assert await desk.act.undo(1, done.id, moderator_id=BEN) == CannotUndo(
        why="This timeout is over, so there is nothing to undo."
    )
    assert [each.new.kind for each in desk.enforcer.carried_out] == [ActionKind.TIMEOUT]
    assert (await desk.act.find(1, done.id)).state is ActionState.DONE


async def test_a_timeout_that_is_over_leaves_room_for_the_next(desk: Any, case: Case) -> None:
    """By hand and automatically: the first one counts as ended."""
    first = (await act(desk, ActionKind.TIMEOUT, length=HOUR)).action
    assert isinstance(await act(desk, ActionKind.TIMEOUT, length=HOUR), ActedBefore)
    desk.later(hours=1)
    second = await act(desk, ActionKind.TIMEOUT, length=HOUR)
    assert (second.action.state, (await desk.act.find(1, first.id)).state) == (ActionState.DONE, ActionState.ENDED)


async def test_a_timeout_is_changed(desk: Any, case: Case) -> None:
    """In one step: a new action with the new end, the decision as before, and the member hears of it. The old one
    cannot be undone any more, the new one can."""
    first = (await act(desk, ActionKind.TIMEOUT, length=HOUR)).action
    changed = await desk.act.change_timeout(1, first.id, moderator_id=BEN, reason="too long", length=HOUR / 2)
    assert isinstance(changed, Acted)
    assert (changed.action.new.changes, changed.action.end) == (first.id, desk.now[0] + HOUR / 2)
    assert (changed.case.state, changed.case.decision.moderator_id) == (CaseState.VIOLATION, ANNA)
    assert desk.enforcer.terms[-1].earlier.id == first.id
    assert [each.new.kind for each in desk.notifier.asked] == [ActionKind.TIMEOUT, ActionKind.TIMEOUT]
    assert (await desk.act.find(1, first.id)).state is ActionState.CHANGED
    assert isinstance(await desk.act.undo(1, first.id, moderator_id=BEN), CannotUndo)
    again = await desk.act.change_timeout(1, first.id, moderator_id=BEN, reason="", length=HOUR)
    assert again == CannotUndo(why="This timeout was changed later. Undo the later one.")
    assert (await desk.act.undo(1, changed.action.id, moderator_id=BEN)).action.state is ActionState.DONE


async def test_what_cannot_be_changed(desk: Any, case: Case) -> None:
    """Anything but a timeout, one that is over, and what Discord refuses leave everything as it was."""
    ban = (await act(desk, ActionKind.BAN)).action
    timeout = (await act(desk, ActionKind.TIMEOUT, length=HOUR)).action
    change = {"moderator_id": BEN, "reason": "", "length": HOUR}
    assert isinstance(await desk.act.change_timeout(1, ban.id, **change), CannotUndo)
    assert await desk.act.change_timeout(1, 99, **change) is None
    desk.enforcer.refusal = Declined(why="Another timeout is in force.")
    assert (await desk.act.change_timeout(1, timeout.id, **change)).action.state is ActionState.REFUSED
    assert (await desk.act.find(1, timeout.id)).state is ActionState.DONE
    desk.later(hours=1)
    assert isinstance(await desk.act.change_timeout(1, timeout.id, **change), CannotUndo)


async def test_what_was_in_force_already_is_not_announced(desk: Any, case: Case) -> None:
    """It is written down as not needed, nobody is told, and there is nothing to undo."""
    desk.enforcer.refusal = Unneeded(why="The member is already timed out until tomorrow.")
    acted = await act(desk, ActionKind.TIMEOUT, length=HOUR)
    assert (acted.action.state, acted.action.why) == (ActionState.ALREADY, desk.enforcer.refusal.why)
    assert desk.notifier.asked == []
    assert isinstance(await desk.act.undo(1, acted.action.id, moderator_id=BEN), CannotUndo)
    desk.enforcer.refusal, desk.enforcer.foreseen = None, Unneeded(why="The member was banned already.")
    assert (await act(desk, ActionKind.BAN)).action.state is ActionState.ALREADY
    assert desk.notifier.asked == []


async def test_nobody_acts_on_a_case_about_themselves(desk: Any, case: Case) -> None:
    """Deciding, acting, undoing, changing and reopening are left to somebody else."""
    own = {"moderator_id": MEMBER}
    assert isinstance(await act(desk, ActionKind.WARN, by=MEMBER), OwnCase)
    assert isinstance(await desk.review.decide(1, 1, state=CaseState.NOT_A_VIOLATION, **own), OwnCase)
    assert await state_of(desk) is CaseState.OPEN
    done = (await act(desk, ActionKind.TIMEOUT, length=HOUR)).action
    assert isinstance(await desk.act.undo(1, done.id, **own), OwnCase)
    assert isinstance(await desk.act.change_timeout(1, done.id, reason="", length=HOUR / 60, **own), OwnCase)
    assert isinstance(await desk.review.reopen(1, 1, reason="It was a joke.", **own), OwnCase)
    assert await state_of(desk) is CaseState.VIOLATION
    assert len((await desk.actions.of_cases(1, (1,)))[1]) == 1


async def test_in_bulk_the_own_cases_are_left_out(desk: Any, seen_factory: Seen) -> None:
    """They are counted, and stay open for somebody else; a member who is timed out for longer counts, too."""
    numbers = []
    for message_id, author_id in ((300, MEMBER), (301, 8), (302, 9)):
        seen = seen_factory(message_id=message_id, author_id=author_id, text=f"the butler, {message_id}")
        (opened,) = (await desk.pipeline.see(seen, own_id=1000)).cases
        numbers.append(opened.number)
    group = await desk.groups.open(1, GroupKind.RAID)
    await desk.groups.add(1, group.id, tuple(numbers), None)
    bulk = Bulk(groups=desk.groups, cases=desk.cases, act=desk.act, review=desk.review, cards=desk.card_desk)
    desk.enforcer.refusal = Unneeded(why="The member is already timed out until tomorrow.")
    done = await bulk.choose(1, group.id, BulkChoice.TIMEOUT, moderator_id=MEMBER, length=HOUR)
    assert (done.done, done.own, done.unneeded, done.refused) == (0, 1, 2, 0)
    desk.enforcer.refusal = None
    done = await bulk.choose(1, group.id, BulkChoice.NOT_A_VIOLATION, moderator_id=MEMBER)
    assert (done.done, done.own, done.decided_before) == (0, 1, 2)
    assert await state_of(desk) is CaseState.OPEN
