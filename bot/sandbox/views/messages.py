"""Messages in the page's format: plain values, which its scripts turn into nodes and never into markup."""

from __future__ import annotations

from typing import Any

import discord

from bot.sandbox.world.places import channel_of
from bot.simulation.simulated_server import Simulation

MESSAGE_GONE = "This message is no longer there."
SHOWN = 40  #: the newest messages of a room


def messages_in(simulation: Simulation, room_key: str) -> list[dict[str, Any]]:
    """The newest messages of a room, oldest first, without ephemeral ones."""
    shown = [message for message in channel_of(simulation, room_key).history() if not message.flags.ephemeral]
    return [view_of(message) for message in shown[-SHOWN:]]


def find_message(simulation: Simulation, room_key: str, message_id: int) -> discord.Message | None:
    """The message with this id in a room."""
    history = channel_of(simulation, room_key).history()
    return next((message for message in history if message.id == message_id), None)


def view_of(message: discord.Message) -> dict[str, Any]:
    """Everything of a message that the page shows."""
    return {
        "id": str(message.id),
        "author": message.author.display_name,
        "app": message.author.bot,
        "at": message.created_at.isoformat(),
        "edited": message.edited_at is not None,
        "text": message.content or message.system_content or "",
        "forwarded": [snapshot.content for snapshot in message.message_snapshots],
        "answers": str(message.reference.message_id) if _is_reply(message) and message.reference else None,
        "components": [component.to_dict() for component in message.components],
        "embeds": [embed.to_dict() for embed in message.embeds],
        "files": [file.filename for file in message.attachments],
    }


def _is_reply(message: discord.Message) -> bool:
    return message.type is discord.MessageType.reply


def names_of(simulation: Simulation) -> dict[str, str]:
    """The names behind mentions: ``@12`` for people and roles, ``#12`` for channels."""
    names = {f"@{actor.id}": actor.name.title() for actor in simulation.people.values()}
    names[f"@{simulation.reviewers.id}"] = simulation.reviewers.name
    names |= {f"#{channel.id}": name for name, channel in simulation.channels.items()}
    if simulation.bot.user is not None:
        names[f"@{simulation.bot.user.id}"] = simulation.bot.user.name
    return names
