"""``/settings cascade``: one look at all policies together, as admins meet it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.moderation.servers.options import CascadeOptions
from classifier import Way
from classifier.scripted import ScriptedJudge


async def test_it_is_off_until_an_admin_wants_it(world: Any, judge: ScriptedJudge) -> None:
    """And then it learns: everything is judged as before, and a line says what is missing."""
    await world.set_up()
    assert "judged under every policy" in world.said(await world.mira.slash(world.general, "settings cascade"))
    await world.ana.send(world.general, "the butler did it")
    assert [request.way for request in judge.requests] == [Way.REASON]
    saved = world.said(await world.mira.slash(world.general, "settings cascade", recall=99))
    assert "Saved." in saved
    assert "still find 99 of 100 violations" in saved
    assert "starts to learn with the next message" in saved
    await world.ana.send(world.general, "the butler did it, again")
    assert [request.way for request in judge.requests][1:] == [Way.SCREEN, Way.REASON]
    assert len(world.cards()) == 2
    shown = world.said(await world.mira.slash(world.general, "settings cascade"))
    assert "Spoilers: Learning: it needs 299 judged violations for 99%, and has 1." in shown


@pytest.mark.also_invented
async def test_numbers_say_how_it_is_going(world: Any) -> None:
    """In /mod stats and beneath the policy's text; nothing is said where no look is made."""
    await world.set_up()
    await world.ana.send(world.general, "the butler did it")
    assert "First look" not in world.said(await world.omar.slash(world.general, "mod stats"))
    assert "First look" not in world.said(await world.mira.slash(world.general, "policy show", name="Spoilers"))
    await world.mira.slash(world.general, "settings cascade", recall=90)
    await world.ana.send(world.general, "the butler did it, again")
    learning = "Learning: it needs 29 judged violations for 90%, and has 1."
    assert f"**First look:** {learning}" in world.said(await world.omar.slash(world.general, "mod stats"))
    assert f"First look: {learning}" in world.said(
        await world.mira.slash(world.general, "policy show", name="Spoilers")
    )


async def test_it_is_switched_off(world: Any, judge: ScriptedJudge) -> None:
    """No look is made any longer, and what was learned is forgotten."""
    await world.set_up()
    await world.mira.slash(world.general, "settings cascade", recall=90)
    await world.ana.send(world.general, "hello")
    assert await world.bot.services.intake.cascade.of_server(world.guild.id)
    await world.mira.slash(world.general, "settings cascade", recall=0)
    assert not await world.bot.services.intake.cascade.of_server(world.guild.id)
    judge.requests.clear()
    await world.ana.send(world.general, "hello again")
    assert [request.way for request in judge.requests] == [Way.REASON]


async def test_only_admins_set_it(world: Any) -> None:
    """Moderators are told so, and nothing changes."""
    await world.set_up()
    commands = {command.name: command for command in await world.bot.tree.fetch_commands()}
    world.guild.set_command_permissions(commands["settings"], {world.guild.default_role: True})
    said = world.said(await world.omar.slash(world.general, "settings cascade", recall=90))
    assert "Saved." not in said
    assert (await world.bot.services.options.get(world.guild.id, CascadeOptions)).recall == 0.0
