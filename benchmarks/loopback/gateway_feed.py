"""Feeds a discord.py client with what Discord's gateway would send it, through discord.py's own reading: decompression,
JSON, parsers, events. Only the socket is missing."""
# ruff: noqa: SLF001  # discord.py has no public way in but its socket

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import discord
from discord.gateway import DiscordWebSocket

BOT_ID, OWNER_ID, GUILD_ID = 1_001, 1_002, 9_000 << 22
FIRST_MEMBER = 2_000
CHANNELS, MEMBERS = 50, 500
_EPOCH_MS = 1_420_070_400_000  # https://docs.discord.com/developers/reference#snowflakes


class Feed:
    """One session of the gateway, as a client without a socket reads it."""

    def __init__(self, client: discord.AutoShardedClient) -> None:
        self._client = client
        state = client._connection
        state.user = discord.ClientUser(state=state, data=cast(Any, _user(BOT_ID, bot=True)))
        state.shard_count = 1
        state.shard_ids = [0]
        self._socket = DiscordWebSocket(cast(Any, None), loop=asyncio.get_running_loop())
        self._socket._dispatch = client.dispatch
        self._socket._discord_parsers = state.parsers
        self._socket._decompressor = discord.utils._ZlibDecompressionContext()
        self._socket.shard_id = 0
        self._packer = zlib.compressobj()

    def packed(self, event: str, data: dict[str, Any], number: int) -> bytes:
        """An event as it comes over the wire. All of a session share one zlib stream, so the order matters."""
        text = json.dumps({"op": 0, "t": event, "s": number, "d": data})
        return self._packer.compress(text.encode()) + self._packer.flush(zlib.Z_SYNC_FLUSH)

    def ready(self, guild_ids: Iterable[int]) -> bytes:
        """The event that a session begins with: these servers are about to be described."""
        return self.packed(
            "READY",
            {
                "v": 10,
                "user": _user(BOT_ID, bot=True),
                "session_id": "a session",
                "resume_gateway_url": "wss://gateway.invalid",
                "application": {"id": str(BOT_ID), "flags": 0},
                "shard": [0, 1],
                "guilds": [{"id": str(each), "unavailable": True} for each in guild_ids],
            },
            1,
        )

    async def receive(self, packet: bytes) -> None:
        """Let the client read an event."""
        await self._socket.received_message(packet)


def guild(guild_id: int = GUILD_ID, *, channels: int = CHANNELS, last_message_id: int = 0) -> dict[str, Any]:
    """A server with text channels, and the bot in it."""
    everyone = {"id": str(guild_id), "name": "@everyone", "permissions": str(1 << 3), "position": 0, "color": 0}
    texts: list[dict[str, Any]] = [
        {
            "id": str(guild_id + number),
            "type": 0,
            "name": f"channel-{number}",
            "position": number,
            "permission_overwrites": [],
            "last_message_id": str(last_message_id + number) if last_message_id else None,
        }
        for number in range(1, channels + 1)
    ]
    me = {"user": _user(BOT_ID, bot=True), "roles": [], "flags": 0, "joined_at": "2026-01-01T00:00:00+00:00"}
    return {
        "id": str(guild_id),
        "name": "Server",
        "owner_id": str(OWNER_ID),
        "member_count": 1,
        "roles": [everyone],
        "channels": texts,
        "members": [me],
        "threads": [],
        "emojis": [],
        "stickers": [],
        "features": [],
        "unavailable": False,
    }


def messages(count: int, *, first: int = 0) -> Iterator[dict[str, Any]]:
    """Messages of many members in many channels, each with words of its own."""
    begun = datetime.now(UTC) + timedelta(minutes=2)
    first_id = (int(begun.timestamp() * 1000) - _EPOCH_MS) << 22
    for number in range(first, first + count):
        author = FIRST_MEMBER + number % MEMBERS
        yield {
            "id": str(first_id + (number << 12)),
            "type": 0,
            "channel_id": str(GUILD_ID + 1 + number % CHANNELS),
            "guild_id": str(GUILD_ID),
            "content": f"message {number}: has anybody seen the film at the old cinema yet?",
            "timestamp": begun.isoformat(),
            "edited_timestamp": None,
            "author": _user(author),
            "member": {"roles": [], "flags": 0, "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False},
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "attachments": [],
            "embeds": [],
            "components": [],
            "pinned": False,
            "tts": False,
            "flags": 0,
            "nonce": str(number),
        }


def _user(user_id: int, *, bot: bool = False) -> dict[str, Any]:
    return {
        "id": str(user_id),
        "username": f"member{user_id}",
        "discriminator": "0",
        "avatar": None,
        "global_name": None,
        "bot": bot,
        "public_flags": 0,
    }
