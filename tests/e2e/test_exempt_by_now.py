"""Somebody gets a role that a policy exempts after they posted: nothing is done to them by itself any more."""

from __future__ import annotations

from typing import Any

import pytest

from bot.moderation.cases.action import ActionKind, ActionState
from tests.e2e.test_edited_while_judged import GatedJudge, actions_of, answered, switch_on, there
from tests.e2e.test_scope import choose, opened


@pytest.fixture
def judge() -> GatedJudge:
    """A judge that takes its time."""
    return GatedJudge()


async def settings_seen(world: Any) -> None:
    """Some time passes: what was set before counts for what comes now."""
    await world.env.advance_time(10)


async def trusted_role(world: Any, judge: GatedJudge) -> Any:
    """The policy deletes by itself and exempts this role."""
    await switch_on(world, judge)
    trusted = world.guild.create_role("Trusted")
    await choose(world, await opened(world), "roles", [trusted])
    await settings_seen(world)
    return trusted


@pytest.mark.parametrize("trusted_by_now", [True, False])
async def test_while_the_message_waits_for_the_judge(world: Any, judge: GatedJudge, *, trusted_by_now: bool) -> None:
    """As docs/admins.md says: what is exempt now is not judged."""
    trusted = await trusted_role(world, judge)
    judge.away = True
    await world.ana.send(world.general, "the butler did it")
    await settings_seen(world)
    if trusted_by_now:
        world.env.backend.edit_member(world.guild.id, world.ana.id, {"role_ids": [trusted.id]})
    judge.away = False
    await world.bot.services.intake.pipeline.judge_waiting()
    await world.env.settle()
    assert (there(world), len(world.cards())) == ((["the butler did it"], 0) if trusted_by_now else ([], 1))


async def test_while_the_message_is_judged(world: Any, judge: GatedJudge) -> None:
    """The card is there for the team, and the message, too."""
    trusted = await trusted_role(world, judge)
    await world.ana.send(world.general, "slowly the butler did it")
    world.env.backend.edit_member(world.guild.id, world.ana.id, {"role_ids": [trusted.id]})
    await answered(world, judge)
    assert there(world) == ["slowly the butler did it"]
    assert "nothing, report only" in world.said(world.cards()[0])
    assert await actions_of(world, 1) == []


async def test_somebody_else_is_not_spared(world: Any, judge: GatedJudge) -> None:
    """Another role than the exempt one changes nothing."""
    await trusted_role(world, judge)
    other = world.guild.create_role("Other")
    await world.ana.send(world.general, "slowly the butler did it")
    world.env.backend.edit_member(world.guild.id, world.ana.id, {"role_ids": [other.id]})
    await answered(world, judge)
    assert there(world) == []
    assert await actions_of(world, 1) == [(ActionKind.DELETE, ActionState.DONE)]
