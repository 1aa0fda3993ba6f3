"""What Discord sends, with the fields that discord.py reads and no more. Ids are strings, as Discord writes them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import discord

Payload = dict[str, Any]

BOT, OWNER, FIRST_MEMBER = 1_001, 1_002, 2_000
GUILD = 9_000
APPLICATION = 1_001
_EPOCH_MS = 1_420_070_400_000  # https://docs.discord.com/developers/reference#snowflakes

TEXT, DIRECT, VOICE, PUBLIC_THREAD, FORUM = 0, 1, 2, 11, 15  #: types of channels

_EVERYONE = discord.Permissions(view_channel=True, send_messages=True, read_message_history=True)
_BYLAW = (
    discord.Permissions(manage_messages=True, moderate_members=True, embed_links=True, attach_files=True) | _EVERYONE
)


class Ids:
    """Ids that rise with time, as Discord's do."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """A new one, for something that happens now."""
        now = (int(time.time() * 1000) - _EPOCH_MS) << 22
        self._last = max(now, self._last + 1)
        return self._last


def guild_of(number: int) -> int:
    """The id of the server with this number, from 0. Each is on another shard, where there are as many shards."""
    return GUILD + (number << 22)


def now_text() -> str:
    """This moment, as Discord writes it."""
    return datetime.now(UTC).isoformat()


def user(user_id: int, *, bot: bool = False) -> Payload:
    """A user."""
    name = "bylaw" if bot else f"member{user_id}"
    return {"id": str(user_id), "username": name, "discriminator": "0", "avatar": None, "global_name": None, "bot": bot}


def member(user_id: int) -> Payload:
    """A member of the server; the bot has its own role."""
    roles = [str(BOT)] if user_id == BOT else []
    return {"user": user(user_id, bot=user_id == BOT), "roles": roles, "flags": 0, "joined_at": now_text()}


def application() -> Payload:
    """What the bot is told about itself."""
    return {
        "id": str(APPLICATION),
        "name": "Bylaw",
        "description": "",
        "icon": None,
        "bot_public": False,
        "flags": 1 << 19,
        "bot_require_code_grant": False,
        "owner": user(OWNER),
        "verify_key": "0" * 64,
    }


def _role(role_id: int, name: str, permissions: discord.Permissions, position: int) -> Payload:
    return {
        "id": str(role_id),
        "name": name,
        "permissions": str(permissions.value),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def guild(channels: list[Payload], threads: list[Payload], guild_id: int = GUILD) -> Payload:
    """The server, as it comes with GUILD_CREATE."""
    roles = [_role(guild_id, "@everyone", _EVERYONE, 0), _role(BOT, "Bylaw", _BYLAW, 1)]
    return {
        "id": str(guild_id),
        "name": "Loopback",
        "unavailable": False,
        "owner_id": str(OWNER),
        "member_count": 2,
        "roles": roles,
        "channels": channels,
        "threads": threads,
        "members": [member(BOT)],
        "emojis": [],
        "stickers": [],
        "features": [],
    }


def channel(channel_id: int, name: str, kind: int = TEXT, *, guild_id: int = GUILD) -> Payload:
    """A channel nobody has written in."""
    return {
        "id": str(channel_id),
        "guild_id": str(guild_id),
        "type": kind,
        "name": name,
        "position": 0,
        "parent_id": None,
        "permission_overwrites": [],
        "topic": None,
        "nsfw": False,
        "last_message_id": None,
        "available_tags": [],
        **({"bitrate": 64_000, "user_limit": 0} if kind == VOICE else {}),
    }


def hidden(found: Payload) -> Payload:
    """A channel as it comes over the gateway to a bot that may not view it: id, type and position are right."""
    denied = {
        "id": found["guild_id"],
        "type": 0,
        "allow": "0",
        "deny": str(discord.Permissions(view_channel=True).value),
    }
    sensitive = {key: None for key in found if key not in {"id", "guild_id", "type", "position"}}
    return {**found, **sensitive, "name": "___hidden___", "flags": 1 << 17, "permission_overwrites": [denied]}


def thread(thread_id: int, parent_id: int, name: str, guild_id: int = GUILD) -> Payload:
    """A thread that is not archived."""
    return {
        "id": str(thread_id),
        "guild_id": str(guild_id),
        "parent_id": str(parent_id),
        "owner_id": str(FIRST_MEMBER),
        "type": PUBLIC_THREAD,
        "name": name,
        "message_count": 0,
        "member_count": 1,
        "last_message_id": None,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 1440,
            "archive_timestamp": now_text(),
            "locked": False,
        },
    }


def message(message_id: int, channel_id: int, author_id: int, content: str) -> Payload:
    """A message of a member or of the bot."""
    return {
        "id": str(message_id),
        "type": 0,
        "content": content,
        "channel_id": str(channel_id),
        "author": user(author_id, bot=author_id == BOT),
        "timestamp": now_text(),
        "edited_timestamp": None,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "flags": 0,
        "tts": False,
    }
