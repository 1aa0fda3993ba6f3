"""Hidden channels, which the bot may not view. Discord sends them with their id, type and position, and a placeholder
as name.

discord.py 2.7.1 does not know the flag that marks them, and some of its parsers fail on the fields that are null. So
these payloads are completed before they are parsed (`complete_hidden_channels`), and everything else asks `can_see`.

https://docs.discord.com/developers/resources/channel#obfuscated-channels
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord
from discord.ext import commands

HIDDEN_NAME = "___hidden___"
HIDDEN_FLAG = 1 << 17  #: CHANNEL_OBFUSCATED

_VOICE_DEFAULTS = {"bitrate": 64_000, "user_limit": 0}
_EVENTS = ("CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE")

Payload = dict[str, Any]


def can_see(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Does Discord show this channel to the bot? A thread is visible if its channel is."""
    if isinstance(channel, discord.Thread):
        return channel.parent is None or can_see(channel.parent)
    return channel.name != HIDDEN_NAME and channel.permissions_for(channel.guild.me).view_channel


def hidden_channels(guild: discord.Guild) -> list[discord.abc.GuildChannel]:
    """The channels that the bot cannot see. Categories have no messages and are left out."""
    return [each for each in guild.channels if not isinstance(each, discord.CategoryChannel) and not can_see(each)]


def complete_hidden_channels(bot: commands.AutoShardedBot) -> None:
    """Let discord.py parse hidden channels whatever Discord leaves out of them."""
    parsers = bot._connection.parsers  # noqa: SLF001  # discord.py offers no other way to see a payload first
    for event in _EVENTS:
        parsers[event] = _completing(parsers[event], lambda data: [data])
    parsers["GUILD_CREATE"] = _completing(parsers["GUILD_CREATE"], lambda data: data.get("channels") or [])


def _completing(
    parse: Callable[[Any], Any], channels_in: Callable[[Payload], list[Payload]]
) -> Callable[[Payload], None]:
    def parse_completed(data: Payload) -> None:
        for channel in channels_in(data):
            if channel.get("name") == HIDDEN_NAME or (channel.get("flags") or 0) & HIDDEN_FLAG:
                _complete(channel, guild_id=channel.get("guild_id") or data["id"])
        parse(data)

    return parse_completed


def _complete(channel: Payload, *, guild_id: str) -> None:
    """Complete a payload: only id, type and position are reliable."""
    for key in [key for key, value in channel.items() if value is None]:
        del channel[key]
    denied = {"id": guild_id, "type": 0, "allow": "0", "deny": str(discord.Permissions(view_channel=True).value)}
    channel |= {"name": HIDDEN_NAME, "permission_overwrites": [denied], "available_tags": []}
    for key, value in {"position": 0, **_VOICE_DEFAULTS}.items():
        channel.setdefault(key, value)
