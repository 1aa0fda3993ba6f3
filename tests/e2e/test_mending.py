"""Members edit a message before anybody decides about it: with the real bot, judge by script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bot.app import BylawBot
from bot.moderation.cases.action import ActionKind
from bot.moderation.cases.case import CaseState
from bot.moderation.policies.consequences import ConsequenceMode
from bot.moderation.review.decisions import DecidedBefore
from bot.settings import Settings
from classifier import Judge
from tests.e2e.appeals import letters

ASKED = "The author was asked to edit the message by"


async def ready(world: Any, *, severity: str = "low", up_to: str | None = "low", lines: str = "") -> None:
    """A server whose rule has this severity, and that asks members to edit first."""
    await world.set_up()
    await world.rewrite("Spoilers", world.policy.replace("Severity: high", f"Severity: {severity}{lines}"))
    if up_to is not None:
        await world.mira.slash(world.general, "settings edit-first", up_to=up_to)


async def spoiled(world: Any) -> Any:
    """Ana breaks the rule; her message."""
    message = await world.ana.send(world.general, "the butler did it")
    await world.env.settle()
    return message


async def edit(world: Any, message: Any, words: str) -> None:
    """Ana edits it a second later."""
    await world.env.advance_time(1)
    await world.ana.edit(message, content=words)
    await world.env.settle()


async def state(world: Any, number: int = 1) -> CaseState:
    """The state of a case."""
    return CaseState((await world.bot.services.review.find(world.guild.id, number)).state)


def card(world: Any) -> str:
    """What the card says."""
    return str(world.said(world.cards()[0]))


@pytest.mark.also_invented
async def test_an_edit_that_mends_it(world: Any) -> None:
    """The member is asked in private, the card says so at once, and the edit closes the case without a click."""
    await ready(world)
    message = await spoiled(world)
    (letter,) = letters(world, world.ana)
    said = world.said(letter)
    for part in ("You can still fix this", "R1 Unmarked spoiler", "> the butler did it", "nobody has decided anything"):
        assert part in said, said
    assert ASKED in card(world)
    await edit(world, message, "no details from me")
    assert await state(world) is CaseState.MENDED
    assert "**State:** Mended: the author edited the message in time" in card(world)
    assert len(letters(world, world.ana)) == 1
    listed = await world.omar.slash(world.general, "case list", state="mended")
    assert "Mended" in world.said(listed)
    assert "by <@0>" not in world.said(listed)
    stats = world.said(await world.omar.slash(world.general, "mod stats"))
    assert "mended by the author: 1" in stats
    assert "no case was closed" in stats
    assert "you edited the message in time" in world.said(await world.ana.slash(world.general, "my record"))


async def test_nothing_is_done_about_a_mended_case(world: Any) -> None:
    """Whoever acts or decides is told, and has to reopen it first."""
    await ready(world)
    message = await spoiled(world)
    await edit(world, message, "no details from me")
    acted = await world.bot.services.act.act(
        world.guild.id, 1, kind=ActionKind.DELETE, moderator_id=world.omar.id, reason="x"
    )
    assert isinstance(acted, DecidedBefore)
    decided = await world.bot.services.review.decide(
        world.guild.id, 1, state=CaseState.VIOLATION, moderator_id=world.omar.id
    )
    assert isinstance(decided, DecidedBefore)
    assert [each.content for each in world.general.history()] == ["no details from me"]
    form = await world.omar.click(world.cards()[0], label="Reopen…")
    await world.omar.submit_modal(form, {"text": "It still tells too much."})
    assert await state(world) is CaseState.OPEN
    await edit(world, message, "really no details")
    assert await state(world) is CaseState.OPEN


async def test_a_second_violation_in_the_edit(world: Any) -> None:
    """One chance: the card goes on, and a third, clear edit does not close it."""
    await ready(world)
    message = await spoiled(world)
    await edit(world, message, "surely the butler did it")
    assert await state(world) is CaseState.OPEN
    await edit(world, message, "no details from me")
    assert await state(world) is CaseState.OPEN
    assert len(letters(world, world.ana)) == 1
    assert len(world.cards()) == 1


async def test_no_edit(world: Any, settings: Settings) -> None:
    """After the time the card says so, and an edit that comes later closes nothing."""
    await ready(world)
    message = await spoiled(world)
    make_due(settings)
    assert await world.bot.schedule.run_now("edit offers")
    assert "did not fix it in time" in card(world)
    await edit(world, message, "no details from me")
    assert await state(world) is CaseState.OPEN


def make_due(settings: Settings) -> None:
    """The time of every offer was over a minute ago."""
    engine = create_engine(settings.database.replace("sqlite+aiosqlite", "sqlite"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE edit_offers SET due_at = datetime(due_at, '-16 minutes')"))
    engine.dispose()


async def test_a_moderator_decides_meanwhile(world: Any) -> None:
    """Their decision counts, and the edit changes nothing about it."""
    await ready(world)
    message = await spoiled(world)
    await world.rita.click(world.cards()[0], label="Violation")
    assert ASKED not in card(world)
    await edit(world, message, "no details from me")
    assert await state(world) is CaseState.VIOLATION


async def test_the_message_is_deleted(world: Any) -> None:
    """The case is left to a person."""
    await ready(world)
    message = await spoiled(world)
    await world.ana.delete(message)
    await world.env.settle()
    assert await state(world) is CaseState.OPEN


async def test_closed_direct_messages(world: Any) -> None:
    """The card says so, and an edit alone closes nothing: the member was never told."""
    await ready(world)
    world.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
    message = await spoiled(world)
    assert "could not be asked to edit" in card(world)
    await edit(world, message, "no details from me")
    assert await state(world) is CaseState.OPEN
    assert letters(world, world.ana) == []


async def test_a_report_leaves_it_to_a_person(world: Any) -> None:
    """Somebody else saw it and wants a person to look."""
    await ready(world)
    message = await spoiled(world)
    await world.rita.context_menu(world.general, "Report to moderators", message)
    await edit(world, message, "no details from me")
    assert await state(world) is CaseState.OPEN


async def test_after_a_restart(world: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge) -> None:
    """The offer is in the database."""
    await ready(world)
    message = await spoiled(world)
    await world.env.restart_bot(bot_factory(judge))
    await edit(world, message, "no details from me")
    assert await state(world) is CaseState.MENDED


@pytest.mark.parametrize(
    ("severity", "up_to", "asked"),
    [("high", "medium", 0), ("medium", "low", 0), ("medium", "medium", 1), ("low", None, 0)],
)
async def test_for_which_rules(world: Any, severity: str, up_to: str | None, asked: int) -> None:
    """Off unless an admin turns it on, and never for high severity."""
    await ready(world, severity=severity, up_to=up_to)
    await spoiled(world)
    assert len(letters(world, world.ana)) == asked
    assert (ASKED in card(world)) is bool(asked)


async def test_where_something_follows_by_itself(world: Any) -> None:
    """The message is deleted, so nobody is asked to edit it."""
    await ready(world, lines="\nConsequence: delete")
    for mode in (ConsequenceMode.REHEARSE, ConsequenceMode.ON):
        await world.bot.services.consequences.set(
            world.guild.id, "Spoilers", "R1", mode=mode, from_score=0.5, actor_id=world.mira.id
        )
    await spoiled(world)
    assert world.general.history() == []
    assert "You can still fix this" not in "".join(world.said(each) for each in letters(world, world.ana))


async def test_in_a_raid(world: Any) -> None:
    """Members whose cases share a card are not asked, and no member is asked more than three times a day."""
    await ready(world)
    for number in range(8):
        await world.ana.send(world.general, f"the butler did it {number} times")
    await world.env.settle()
    assert len(letters(world, world.ana)) <= 3


async def test_the_setting(world: Any) -> None:
    """Shown, changed, switched off; for admins only."""
    await world.set_up()
    assert "edit first: off" in world.said(await world.mira.slash(world.general, "settings edit-first"))
    on = world.said(await world.mira.slash(world.general, "settings edit-first", up_to="medium"))
    assert "for rules of low and medium severity" in on
    off = world.said(await world.mira.slash(world.general, "settings edit-first", up_to="off"))
    assert "edit first: off" in off
    commands = {each.name: each for each in await world.bot.tree.fetch_commands()}
    world.guild.set_command_permissions(commands["settings"], {world.guild.default_role: True})
    refused = await world.omar.slash(world.general, "settings edit-first", up_to="low")
    assert world.said(refused) == "Only members with Manage Server may do that."
