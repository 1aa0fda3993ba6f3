"""What follows a verdict by itself, in the real bot: for members, once it was switched on, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord

from bot.app import BylawBot
from bot.moderation.cases.action import ActionKind, ActionState, NewAction, PlannedAction
from bot.moderation.cases.case import CaseKind, Evidence, Judged, NewCase, RuleBroken
from bot.moderation.policies.consequences import ConsequenceMode, ConsequenceSet
from classifier import Judge

World = Any  # the fixture of conftest.py, which no test can import

JUDGED = Judged(
    policy_id=1,
    policy_name="Spoilers",
    version_id=2,
    version_number=2,
    rules=(RuleBroken(id="R1", title="Unmarked spoiler", severity="high"),),
    score=0.97,
    rationale="It tells who did it.",
    reasoning=None,
    method="scripted",
    judge="scripted:1",
    prompt_fingerprint=None,
)
LINE = "Severity: high\nConsequence: delete"


async def switch_on(world: World) -> None:
    """The policy's rule deletes what breaks it, after a rehearsal."""
    await world.set_up()
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", LINE))
    for mode in (ConsequenceMode.REHEARSE, ConsequenceMode.ON):
        answer = await world.bot.services.consequences.set(
            world.guild.id, "Spoilers", "R1", mode=mode, from_score=0.5, actor_id=world.mira.id
        )
        assert isinstance(answer, ConsequenceSet)


async def actions_of(world: World, number: int) -> list[tuple[ActionKind, ActionState]]:
    """What was done about a case."""
    case = await world.bot.services.review.find(world.guild.id, number)
    face = await world.bot.services.faces.of(case)
    return [(each.new.kind, each.state) for each in face.actions]


async def test_a_members_message_is_deleted(world: World) -> None:
    """The case stays open for a person."""
    await switch_on(world)
    await world.ana.send(world.general, "the butler did it")
    await world.env.settle()
    assert "butler" not in "\n".join(message.content for message in world.general.history())
    assert await actions_of(world, 1) == [(ActionKind.DELETE, ActionState.DONE)]
    case = await world.bot.services.review.find(world.guild.id, 1)
    assert case.decision is None


async def test_staff_and_the_owner_are_immune(world: World) -> None:
    """By permission, by the team's own role, by owning the server; their cases are opened all the same."""
    await switch_on(world)
    admins = world.guild.create_role("Time-outers", permissions=discord.Permissions(moderate_members=True))
    nadia = world.guild.add_member(world.env.create_user("nadia"), roles=[admins])
    for number, author in enumerate((world.omar, world.rita, world.mira, nadia), start=1):
        await author.send(world.general, f"the butler did it, {number}")
        await world.env.settle()
        assert await actions_of(world, number) == []
    assert sum("butler" in message.content for message in world.general.history()) == 4


async def test_what_a_former_process_left_is_said_on_the_card(
    world: World, bot_factory: Callable[[Judge], BylawBot], judge: Judge
) -> None:
    """Discord was asked and the bot ended: after the next start the card says that somebody has to look."""
    await world.set_up()
    await world.ana.send(world.general, "the butler did it")
    services = world.bot.services
    await services.act._actions.add(
        NewAction(guild_id=world.guild.id, case_number=1, kind=ActionKind.BAN, target_id=world.ana.id, by=world.omar.id)
    )
    await world.env.restart_bot(bot_factory(judge))
    await world.env.settle()
    assert await actions_of(world, 1) == [(ActionKind.BAN, ActionState.UNCERTAIN)]
    assert "look in Discord" in world.said(world.cards()[0])


async def test_what_a_crash_left_undone_is_done_once(
    world: World, bot_factory: Callable[[Judge], BylawBot], judge: Judge
) -> None:
    """The case was written and the bot ended before it deleted the message: after the next start the message goes, and
    the card says so."""
    await switch_on(world)
    message = await world.ana.send(world.general, "a harmless line")
    evidence = Evidence(
        channel_id=world.general.id,
        message_id=message.id,
        author_id=world.ana.id,
        edit=0,
        text="the butler did it",
        forwarded=False,
        posted_at=message.created_at,
    )
    planned = PlannedAction(kind=ActionKind.DELETE, reason="Spoilers v2, rule R1", rehearsal=False)
    new = NewCase(
        guild_id=world.guild.id, kind=CaseKind.VIOLATION, evidence=evidence, judged=JUDGED, planned=(planned,)
    )
    await world.bot.services.review._cases.open(new)
    for _ in range(2):
        await world.env.restart_bot(bot_factory(judge))
        await world.env.settle()
    assert await actions_of(world, 1) == [(ActionKind.DELETE, ActionState.DONE)]
    assert world.general.history() == []
    assert len([each for each in world.env.http_requests if each.method == "DELETE" and "/messages/" in each.path]) == 1
    assert "Deleted the message, by Bylaw itself" in world.said(world.cards()[0])


async def test_nothing_follows_from_a_title(world: World) -> None:
    """Who gave it is not certain, and there is no message to delete."""
    await switch_on(world)
    world.env.backend.create_thread(world.general.id, "the butler did it", world.ana.id)
    await world.env.settle()
    assert await actions_of(world, 1) == []
