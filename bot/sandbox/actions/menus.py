"""Context menu commands of messages and users, which SimCord's Preview doesn't offer."""

from __future__ import annotations

from typing import Any

import simcord
from simcord.enums import AppCommandType

from bot.sandbox.actions.answers import texts_of
from bot.sandbox.views.messages import MESSAGE_GONE, find_message
from bot.sandbox.world.errors import BadRequest, Gone
from bot.sandbox.world.places import channel_of, may_read, room
from bot.simulation.simulated_server import Simulation

NO_MEMBER = "This was written by an app, and apps have no history here."


def offered(simulation: Simulation, person_key: str, room_key: str) -> dict[str, list[str]]:
    """The names of the commands that Discord would show this person, by the kind of target."""
    if not may_read(person_key, room_key) or room(room_key).of_member:
        return {"message": [], "user": []}
    backend, who = simulation.env.backend, simulation.people[person_key].id
    where = channel_of(simulation, room_key).id

    def names(kind: AppCommandType) -> list[str]:
        return [command["name"] for command in backend.visible_commands(user_id=who, channel_id=where, type=kind)]

    return {"message": names(AppCommandType.MESSAGE), "user": names(AppCommandType.USER)}


async def use(simulation: Simulation, person_key: str, room_key: str, message_id: int, name: str) -> dict[str, Any]:
    """Use a command on a message, or on its author. Returns the bot's ephemeral reply.

    Raises:
        BadRequest: Discord does not offer this command to them, or not about this author.
        Gone: the message doesn't exist.
    """
    menus = offered(simulation, person_key, room_key)
    message = find_message(simulation, room_key, message_id)
    if message is None:
        raise Gone(MESSAGE_GONE)
    target: Any = message
    if name in menus["user"]:
        target = _author(simulation, message.author.id)
    elif name not in menus["message"]:
        raise BadRequest("Discord does not show this command to you here.")
    actor = simulation.people[person_key]
    result = await actor.context_menu(channel_of(simulation, room_key), name, target)
    await simulation.settle()
    return {"answers": texts_of(result), "room": room(room_key).name}


def _author(simulation: Simulation, id: int) -> simcord.MemberActor:
    found = next((actor for actor in simulation.people.values() if actor.id == id), None)
    if found is None:
        raise BadRequest(NO_MEMBER)
    return found
