"""Every command, menu and button with every kind of person: allowed or refused as docs/permissions.md says."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord
from simcord.backend.errors import SetupError

from bot.cogs.interactions.reply import row_of
from bot.cogs.who_may import BUTTONS, COMMANDS, MENUS, Audience, Cell, Entry, Who, cell, page
from tests.e2e.acting import flagged
from tests.e2e.conftest import World
from tests.e2e.offered import arguments, buttons, commands_of, menus_of

ROOT = Path(__file__).parents[2]
HERE = (Who.OWNER, Who.ADMIN, Who.MODERATOR, Who.REVIEWER, Who.EDITOR, Who.MEMBER, Who.NEWCOMER, Who.TIMED_OUT)
REFUSALS = ("Only members with", "Only reviewers may")


def test_the_page_is_what_the_code_says() -> None:
    """docs/permissions.md: run `python -m bot.cogs.who_may` after a change. What Bylaw needs itself comes after it."""
    assert (ROOT / "docs/permissions.md").read_text(encoding="utf-8") == page()


async def test_every_command_menu_and_button_has_a_row(world: World) -> None:
    """Taken from the tree and from discord.py's own list, so that a new one without a row fails here."""
    assert {entry.name for entry in COMMANDS} == set(commands_of(world.bot))
    assert {entry.name for entry in MENUS} == set(menus_of(world.bot))
    assert {entry.name for entry in BUTTONS} == set(buttons(world))
    known = world.bot._connection._view_store._dynamic_items.values()  # it has no public list
    assert {kind.__name__ for kind in known} == {entry.name.split()[0] for entry in BUTTONS}


async def test_what_works_in_direct_messages_is_named(world: World) -> None:
    """All other commands are offered in servers only, so a banned member has none of them."""
    anywhere = set()
    for name, command in commands_of(world.bot).items():
        root = command.root_parent or command
        contexts = root.allowed_contexts or world.bot.tree.allowed_contexts
        if contexts.dm_channel:
            anywhere.add(name)
    assert anywhere == {entry.name for entry in COMMANDS if entry.in_messages}


async def ready(world: World) -> simcord.RoleHandle:
    """A server with a case, and commands that Discord hides from nobody; its policy editor role."""
    await flagged(world)
    editors = world.guild.create_role("Editors")
    await world.mira.slash(
        world.general, "setup", channel=world.mods, reviewers=world.reviewers, editors=editors, starters="none"
    )
    for command in await world.bot.tree.fetch_commands():
        world.guild.set_command_permissions(command, {world.guild.default_role: True})
    return editors


async def actor(world: World, who: Who, editors: simcord.RoleHandle) -> Any:
    """Somebody of this kind."""
    known = {Who.OWNER: world.mira, Who.MODERATOR: world.omar, Who.REVIEWER: world.rita, Who.MEMBER: world.ana}
    if who in known:
        return known[who]
    if who is Who.ADMIN:
        return world.second_admin()
    roles = [editors] if who is Who.EDITOR else []
    person = world.guild.add_member(world.env.create_user(who.name.lower()), roles=roles)
    if who is Who.TIMED_OUT:
        until = discord.utils.utcnow() + timedelta(hours=1)
        await world.bot.http.edit_member(
            world.guild.id, person.id, communication_disabled_until=until.isoformat(), reason=None
        )
    return person


def wanted(entry: Entry, who: Who) -> bool:
    """Does the page say no?"""
    return cell(entry, who) is Cell.NO


@pytest.mark.parametrize("who", HERE)
async def test_commands_and_menus(world: World, who: Who) -> None:
    """Each command and each entry of a menu, used by this kind of person."""
    person = await actor(world, who, await ready(world))
    commands, kinds = commands_of(world.bot), menus_of(world.bot)
    message = await world.ana.send(world.general, "hello there")
    found: dict[str, bool] = {}
    for entry in COMMANDS:
        command = commands[entry.name]
        options = arguments(world, command)
        found[entry.name] = await refused(world, person.slash(world.general, entry.name.removeprefix("/"), **options))
    for entry in MENUS:
        target = message if kinds[entry.name] is discord.AppCommandType.message else world.ana
        found[entry.name] = await refused(world, person.context_menu(world.general, entry.name, target))
    assert found == {entry.name: wanted(entry, who) for entry in (*COMMANDS, *MENUS)}


async def refused(world: World, doing: Awaitable[Any]) -> bool:
    """Was the person told that this is not for them, or did Discord not let them? Finding nothing is no refusal."""
    try:
        said = world.said(await doing)
    except SetupError as error:
        if "use-application-commands" not in str(error):
            raise
        return True
    return any(refusal in said for refusal in REFUSALS)


@pytest.mark.parametrize("who", HERE)
async def test_buttons(world: World, who: Who) -> None:
    """Each button, wherever this kind of person found it: those of Ana are hers alone."""
    person = await actor(world, who, await ready(world))
    made = buttons(world)
    channel = world.bot.get_channel(world.general.id)
    assert isinstance(channel, discord.TextChannel)
    found: dict[str, bool] = {}
    for entry in BUTTONS:
        shown = await channel.send("A button", view=row_of((made[entry.name],)))
        was_refused = await refused(world, person.click(shown))
        if entry.audience is not Audience.THEMSELVES:
            found[entry.name] = was_refused
    assert found == {entry.name: wanted(entry, who) for entry in BUTTONS if entry.name in found}


async def test_buttons_in_another_server(world: World) -> None:
    """An admin of another server gets nothing about this one, even with a button that names it."""
    await ready(world)
    elsewhere = world.env.create_guild("Book club", owner=world.env.create_user("zoe"))
    room = elsewhere.create_text_channel("general")
    zoe = simcord.MemberActor(world.env, elsewhere, elsewhere.owner)
    channel = world.bot.get_channel(room.id)
    assert isinstance(channel, discord.TextChannel)
    for name, button in buttons(world).items():
        shown = await channel.send("A button", view=row_of((button,)))
        said = world.said(await zoe.click(shown))
        assert not any(word in said for word in ("butler", "Spoilers")), name
    case = await world.bot.services.files.find(world.guild.id, 1)
    assert case is not None
    assert case.case.decision is None
