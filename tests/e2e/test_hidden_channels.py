"""Channels that Bylaw cannot see: the placeholder that Discord sends for their names is shown to nobody."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.cogs.channels.hidden import HIDDEN_NAME
from tests.e2e.test_scope import choose, opened, press, scope

SEEN = "Bylaw cannot see 2 channels and judges nothing there. Where it should, give it View Channel."


def deny(world: Any, channel: Any, **permissions: bool) -> None:
    """Bylaw may not do this there."""
    overwrite = Overwrite(
        target_id=world.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=discord.Permissions(**permissions).value
    )
    world.env.backend.set_overwrite(channel.id, overwrite)


@pytest.fixture
def staff(world: Any, unprivileged: None) -> Any:
    """Two channels that Bylaw may not view; of one, Discord sends the placeholder."""
    channels = [world.guild.create_text_channel("staff"), world.guild.create_text_channel("admins")]
    for channel in channels:
        deny(world, channel, view_channel=True)
    world.bot.get_channel(channels[0].id).name = HIDDEN_NAME
    return channels


@pytest.fixture
def unprivileged(world: Any) -> None:
    """Bylaw is no administrator."""
    role = next(role for role in world.bot.get_guild(world.guild.id).me.roles if role.managed)
    has = discord.Permissions(
        view_channel=True,
        send_messages=True,
        embed_links=True,
        attach_files=True,
        read_message_history=True,
        manage_messages=True,
        moderate_members=True,
        view_audit_log=True,
    )
    world.env.backend.edit_role(world.guild.id, role.id, {"permissions": has.value})


async def test_the_scope_says_how_many_there_are(world: Any, staff: Any) -> None:
    """They are no part of what is judged, in the message and in the file; what names one of them is not gone."""
    await world.set_up()
    shown = await opened(world)
    said = world.said(shown)
    assert "2 of 2 channels" in said
    assert SEEN in said
    await choose(world, shown, "not_in", [staff[0]])
    assert (await scope(world)).not_in == {staff[0].id}
    said = world.said(shown)
    assert "1 of these is named here" in said
    assert "are gone" not in said
    assert "is gone" not in said
    (listed,) = world.files(await press(world, shown, "list")).values()
    assert SEEN in listed
    assert (HIDDEN_NAME in listed, "admins" in listed, HIDDEN_NAME in said) == (False, False, False)


async def test_members_read_how_many_there_are(world: Any, staff: Any) -> None:
    """In /rules, which says where messages are read."""
    await world.set_up()
    said = world.said(await world.ana.slash(world.general, "rules"))
    assert "2 channels that it cannot see" in said
    assert HIDDEN_NAME not in said


async def test_setup_says_what_bylaw_cannot_see_and_what_each_button_needs(world: Any, staff: Any) -> None:
    """An admin learns it before the first card, not from a refusal."""
    said = world.said(await world.mira.slash(world.general, "setup", channel=world.mods, starters="none"))
    assert SEEN in said
    assert "Delete (Manage Messages), Time out (Time out members), Kick (Kick Members), Ban (Ban Members)" in said
    assert "Bylaw lacks Kick Members and Ban Members. Add this" in said


async def test_setup_names_nothing_missing_where_nothing_is(world: Any) -> None:
    """Bylaw sees every channel and may do everything."""
    said = world.said(await world.mira.slash(world.general, "setup", channel=world.mods, starters="none"))
    assert "Buttons on cards" in said
    assert ("lacks" in said, "cannot see" in said) == (False, False)


@pytest.mark.parametrize("command", ["setup", "settings route"])
async def test_one_missing_permission_is_named_instead_of_five(world: Any, staff: Any, command: str) -> None:
    """Without View Channel Discord takes all others away, which helps nobody to know."""
    await world.set_up()
    options = {"severity": "high"} if command == "settings route" else {}
    said = world.said(await world.mira.slash(world.general, command, channel=staff[0], **options))
    assert f"Bylaw lacks View Channel in <#{staff[0].id}>." in said


async def test_what_follows_from_send_messages_is_not_named(world: Any, unprivileged: None) -> None:
    """Nothing can be attached where nothing can be sent."""
    deny(world, world.mods, send_messages=True)
    said = world.said(await world.mira.slash(world.general, "setup", channel=world.mods))
    assert f"Bylaw lacks Send Messages in <#{world.mods.id}>." in said


async def test_a_deletion_where_bylaw_sees_nothing(world: Any, unprivileged: None) -> None:
    """The one permission that is missing is View Channel."""
    await world.set_up()
    await world.ana.send(world.general, "the butler did it")
    deny(world, world.general, view_channel=True)
    form = await world.omar.click(world.cards()[0], label="Act…")
    await world.omar.submit_modal(form, {"what": "delete", "reason": "spoiler"})
    assert f"Bylaw lacks View Channel in <#{world.general.id}>" in world.said(world.cards()[0])
