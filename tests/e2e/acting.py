"""What tests of acting have in common: a card, a moderator who may do everything, and the form behind Act…"""

from __future__ import annotations

from typing import Any

import discord
import simcord

EVERYTHING = discord.Permissions(manage_messages=True, moderate_members=True, kick_members=True, ban_members=True)


async def flagged(world: Any, text: str = "the butler did it") -> discord.Message:
    """A server that is set up, with one card about Ana."""
    await world.set_up()
    await world.ana.send(world.general, text)
    (card,) = world.cards()
    return card


def moderator(world: Any, name: str = "tess") -> Any:
    """Somebody with all permissions that acting takes; each of another name."""
    role = world.guild.create_role(f"Team of {name}", permissions=EVERYTHING)
    return world.guild.add_member(world.env.create_user(name), roles=[role])


async def act(
    world: Any, who: Any, what: str, *, reason: str = "spoilers again", length: int | None = None
) -> simcord.InteractionResult:
    """Click Act… on the newest card, fill the form in and send it off."""
    form = await who.click(world.cards()[-1], label="Act…")
    values = {"what": what, "reason": reason}
    return await who.submit_modal(form, values | ({"length": [str(length)]} if length else {}))


def card_text(world: Any) -> str:
    """What the newest card says now."""
    return str(world.said(world.cards()[-1]))


def requests(world: Any, method: str, part: str) -> list[Any]:
    """The requests of the bot with this method whose path holds this."""
    return [entry for entry in world.env.http_requests if entry.method == method and part in entry.path]


def nothing_was_done(world: Any) -> bool:
    """Discord was not asked to do anything about Ana."""
    asked = [*requests(world, "PATCH", "/members/"), *requests(world, "PUT", "/bans/")]
    return not asked and not requests(world, "DELETE", "/members/")
