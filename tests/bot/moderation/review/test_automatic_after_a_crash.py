"""Bylaw stops between opening a case and its automatic action: the action is done once, or shown as not done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cases.action import Action, ActionKind, ActionState, PlannedAction
from bot.moderation.cases.case import Case, CaseState
from bot.moderation.judging.decide import OpenCase, decide
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.review.actions import BEGUN_WITHIN

Seen = Callable[..., MessageSeen]

HOUR = timedelta(hours=1)
PLANNED = (
    PlannedAction(kind=ActionKind.DELETE, reason="Spoilers v1, rule R1", rehearsal=False),
    PlannedAction(kind=ActionKind.TIMEOUT, length=HOUR, reason="Spoilers v1, rule R1", rehearsal=False),
    PlannedAction(kind=ActionKind.TIMEOUT, length=HOUR, reason="Spoilers v1, rule R1", rehearsal=True),
)


class Died(BaseException):
    """The process is gone."""


class Dying:
    """Whoever is asked to act finds the process gone."""

    async def by_itself(self, *_: object, **__: object) -> tuple[Action, ...]:
        """Nothing is done any more."""
        raise Died


@pytest.fixture
async def crashed(desk: Any, seen_factory: Seen, verdict_factory: Any, in_force: Any) -> Case:
    """A case whose message was to be deleted and whose member was to be timed out, when Bylaw stopped."""
    seen = seen_factory()
    plan = decide(verdict_factory(), seen, in_force)
    assert isinstance(plan, OpenCase)
    desk.executor._act = Dying()
    with pytest.raises(Died):
        await desk.executor.carry_out(OpenCase(new=plan.new, planned=PLANNED), seen)
    case = await desk.cases.get(1, 1)
    assert isinstance(case, Case)
    return case


async def states(desk: Any) -> list[tuple[ActionKind, ActionState]]:
    """What became of the actions of case 1."""
    actions = (await desk.actions.of_cases(1, (1,))).get(1, ())
    return [(action.new.kind, action.state) for action in actions]


async def restart(desk: Any) -> None:
    """A second later the next process looks for what the last one left."""
    desk.later(seconds=1)
    await desk.act.give_up(before=desk.now[0])


async def test_it_is_done_once(desk: Any, crashed: Case) -> None:
    """Soon after, each action is carried out, and shown; a second look does nothing. What is only rehearsed is not."""
    assert await states(desk) == [
        (ActionKind.DELETE, ActionState.PLANNED),
        (ActionKind.TIMEOUT, ActionState.PLANNED),
    ]
    await restart(desk)
    await restart(desk)
    assert await states(desk) == [(ActionKind.DELETE, ActionState.DONE), (ActionKind.TIMEOUT, ActionState.DONE)]
    assert [each.new.kind for each in desk.enforcer.carried_out] == [ActionKind.DELETE, ActionKind.TIMEOUT]
    assert [each.new.message_id for each in desk.enforcer.carried_out] == [crashed.evidence.message_id, 0]
    assert [each.state for each in desk.board.faces[-1].actions] == [ActionState.DONE, ActionState.DONE]


async def test_after_a_while_it_is_shown_as_not_done(desk: Any, crashed: Case) -> None:
    """A member is not timed out hours later for what they have forgotten; the card says that nothing was done."""
    desk.later(seconds=BEGUN_WITHIN.total_seconds() + 1)
    await restart(desk)
    assert await states(desk) == [
        (ActionKind.DELETE, ActionState.REFUSED),
        (ActionKind.TIMEOUT, ActionState.REFUSED),
    ]
    assert desk.enforcer.carried_out == []
    assert {each.why for each in desk.board.faces[-1].actions} == {"Bylaw stopped before it could do this."}


async def test_nothing_is_done_about_what_was_dismissed_since(desk: Any, crashed: Case) -> None:
    """A moderator was faster than the look at what was left."""
    await desk.review.decide(1, 1, state=CaseState.NOT_A_VIOLATION, moderator_id=77)
    await restart(desk)
    assert desk.enforcer.carried_out == []
    assert {state for _, state in await states(desk)} == {ActionState.REFUSED}


async def test_what_a_moderator_did_since_is_not_done_twice(desk: Any, crashed: Case) -> None:
    """The moderator's timeout counts."""
    await desk.act.act(1, 1, kind=ActionKind.TIMEOUT, moderator_id=77, reason="", length=2 * HOUR)
    await restart(desk)
    assert await states(desk) == [
        (ActionKind.DELETE, ActionState.DONE),
        (ActionKind.TIMEOUT, ActionState.ALREADY),
        (ActionKind.TIMEOUT, ActionState.DONE),
    ]
    kinds = [each.new.kind for each in desk.enforcer.carried_out]
    assert sorted(kinds) == [ActionKind.DELETE, ActionKind.TIMEOUT]


async def test_what_is_being_done_is_uncertain(desk: Any, crashed: Case) -> None:
    """Stopped once more while Discord was asked: nothing is tried a second time."""
    (planned, _) = await desk.actions.planned(before=desk.now[0] + HOUR)
    await desk.actions.add(planned.new)
    await restart(desk)
    assert (await states(desk))[0] == (ActionKind.DELETE, ActionState.UNCERTAIN)


async def test_a_further_message_is_deleted_as_well(
    desk: Any, seen_factory: Seen, verdict_factory: Any, in_force: Any
) -> None:
    """The same text once more joined the case when Bylaw stopped."""
    first, second = seen_factory(), seen_factory(message_id=301)
    plans = [decide(verdict_factory(), seen, in_force) for seen in (first, second)]
    await desk.executor.carry_out(OpenCase(new=plans[0].new, planned=PLANNED[:1]), first)
    desk.executor._act = Dying()
    with pytest.raises(Died):
        await desk.executor.carry_out(OpenCase(new=plans[1].new, planned=PLANNED[:1]), second)
    await restart(desk)
    assert [each.new.message_id for each in desk.enforcer.carried_out] == [first.message_id, 301]
