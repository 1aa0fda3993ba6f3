"""Clients without a login, which read what `gateway_feed` gives them: the bot, and a bare one to compare it with."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import discord

from bot.app import BylawBot
from bot.keys import new_key
from bot.settings import Settings
from classifier import Judge


def offline_settings(folder: Path, *, secret_key: str | None = None) -> Settings:
    """What the bot needs to start in this folder, whatever this machine's environment says."""
    given: dict[str, Any] = {name: field.get_default() for name, field in Settings.model_fields.items()}
    given |= {"data_dir": folder, "secret_key": secret_key or new_key(), "judge": "lite", "shard_count": 1}
    return Settings(**given)


class OfflineBot(BylawBot):
    """The bot, but for sending its commands to Discord."""

    def __init__(self, settings: Settings, *, judge: Judge | None = None) -> None:
        super().__init__(settings, judge=judge)
        self.taken_up = asyncio.Event()  #: it is connected, and has seen to what a former process left behind

    async def _send_commands(self) -> None:
        """There is nobody to send them to."""

    async def _take_up(self) -> None:
        await super()._take_up()
        self.taken_up.set()


class CountingClient(discord.AutoShardedClient):
    """The peer: counts messages and does nothing else."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            shard_count=1,
        )
        self.counted = 0
        self.taken_up = asyncio.Event()  #: it is connected

    async def on_ready(self) -> None:
        """All servers are there."""
        self.taken_up.set()

    async def on_message(self, message: discord.Message) -> None:
        """One more."""
        del message
        self.counted += 1
