"""Two cases about one member at the same time: whoever comes second sees what the first one did, so nobody is freed
whom another case wants timed out or banned."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.moderation.cases.action import ActionKind, ActionState
from tests.e2e.acting import flagged, moderator
from tests.e2e.test_in_force import by_itself, end_of, lasts, second_case

HOUR = timedelta(hours=1)


class Held:
    """Discord takes its time over one request: it is answered when the test says so."""

    def __init__(self, world: Any, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
        self.reached, self.go = asyncio.Event(), asyncio.Event()
        self._asks = getattr(world.bot.http, method)
        monkeypatch.setattr(world.bot.http, method, self._asked)

    async def _asked(self, *given: Any, **named: Any) -> Any:
        answer = await self._asks(*given, **named)
        if not self.reached.is_set():
            self.reached.set()
            await self.go.wait()
        return answer


async def both(world: Any, held: Held, first: Any, second: Any) -> tuple[Any, Any]:
    """The second begins while Discord is asked about the first."""
    one = asyncio.create_task(first)
    await held.reached.wait()
    two = asyncio.create_task(second)
    for _ in range(200):
        await asyncio.sleep(0.001)
    held.go.set()
    done = await one, await two
    await world.env.settle()
    return done


@pytest.fixture
async def tess(world: Any) -> Any:
    """A moderator of a server with two open cases about Ana."""
    await flagged(world)
    await second_case(world)
    return moderator(world)


async def test_undo_waits_for_a_case_that_finds_the_timeout_in_force(
    world: Any, tess: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 2 is told that the member is timed out already: undoing case 1 leaves what case 2 asks for."""
    first = await by_itself(world, 1, 2 * HOUR)
    held = Held(world, monkeypatch, "get_member")
    undo = world.bot.services.act.undo(world.guild.id, first.id, moderator_id=tess.id)
    unneeded, undone = await both(world, held, by_itself(world, 2, HOUR), undo)
    assert (unneeded.state, undone.action.state) == (ActionState.ALREADY, ActionState.DONE)
    assert HOUR - timedelta(minutes=1) < lasts(world) <= HOUR


async def test_a_case_waits_for_an_undo(world: Any, tess: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way round: case 2 finds nothing in force, and sets its own."""
    first = await by_itself(world, 1, 2 * HOUR)
    held = Held(world, monkeypatch, "get_member")
    undo = world.bot.services.act.undo(world.guild.id, first.id, moderator_id=tess.id)
    undone, second = await both(world, held, undo, by_itself(world, 2, HOUR))
    assert (undone.action.state, second.state) == (ActionState.DONE, ActionState.DONE)
    assert HOUR - timedelta(minutes=1) < lasts(world) <= HOUR


async def test_a_change_waits_for_a_case_that_finds_the_timeout_in_force(
    world: Any, tess: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five minutes would end what case 2 asks for, so they are refused."""
    first = await by_itself(world, 1, 2 * HOUR)
    held = Held(world, monkeypatch, "get_member")
    length = timedelta(minutes=5)
    change = world.bot.services.act.change_timeout(
        world.guild.id, first.id, moderator_id=tess.id, reason="", length=length
    )
    unneeded, changed = await both(world, held, by_itself(world, 2, HOUR), change)
    assert (unneeded.state, changed.action.state) == (ActionState.ALREADY, ActionState.REFUSED)
    assert "Case 2 times the member out until" in changed.action.why
    assert lasts(world) > HOUR


async def test_undo_and_change_of_one_timeout_at_once(world: Any, tess: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one says what the first one did."""
    first = await by_itself(world, 1, 2 * HOUR)
    held = Held(world, monkeypatch, "get_member")
    act = world.bot.services.act
    change = act.change_timeout(world.guild.id, first.id, moderator_id=tess.id, reason="", length=HOUR)
    changed, undone = await both(world, held, change, act.undo(world.guild.id, first.id, moderator_id=tess.id))
    assert (changed.action.state, undone.action.state) == (ActionState.DONE, ActionState.REFUSED)
    assert undone.action.why == "This timeout was changed later. Undo the later one."
    assert end_of(world) is not None


@pytest.mark.parametrize("undo_first", [True, False])
async def test_a_ban_and_the_undoing_of_another_cases_ban(
    world: Any, tess: Any, monkeypatch: pytest.MonkeyPatch, *, undo_first: bool
) -> None:
    """Whichever comes first: case 2 wants the member banned, so they are."""
    act, ugo = world.bot.services.act, moderator(world, "ugo")
    ban = {"kind": ActionKind.BAN, "reason": "spam"}
    first = (await act.act(world.guild.id, 1, moderator_id=tess.id, **ban)).action
    held = Held(world, monkeypatch, "get_ban")
    undo = act.undo(world.guild.id, first.id, moderator_id=tess.id)
    second = act.act(world.guild.id, 2, moderator_id=ugo.id, **ban)
    if undo_first:
        undone, banned = await both(world, held, undo, second)
    else:
        banned, undone = await both(world, held, second, undo)
    assert world.guild.get_ban(world.ana) is not None
    states = (ActionState.DONE, ActionState.DONE) if undo_first else (ActionState.REFUSED, ActionState.ALREADY)
    assert (undone.action.state, banned.action.state) == states


async def test_members_do_not_wait_for_each_other(world: Any, tess: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is about the same member takes turns."""
    await world.omar.send(world.general, "mine too: the butler did it")
    await world.env.settle()
    held = Held(world, monkeypatch, "get_member")
    one = asyncio.create_task(by_itself(world, 1, HOUR))
    await held.reached.wait()
    case = await world.bot.services.act.act(world.guild.id, 3, kind=ActionKind.BAN, moderator_id=tess.id, reason="x")
    assert case.action.state is ActionState.REFUSED  # Omar is on the team
    held.go.set()
    assert (await one).state is ActionState.DONE
