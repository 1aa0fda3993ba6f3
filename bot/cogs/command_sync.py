"""Registers the commands with Discord, once, in the background: those registered before keep working."""

from __future__ import annotations

import logging

import aiohttp
import discord
from discord import app_commands

_log = logging.getLogger(__name__)


class CommandSync:
    """Retries until Discord has the commands, or refuses them permanently."""

    def __init__(self, tree: app_commands.CommandTree[discord.AutoShardedClient], *, server_id: int | None) -> None:
        """Nothing is sent yet.

        Args:
            server_id: register them in this server only, where they show up at once; for development.
        """
        self._tree = tree
        self._server_id = server_id
        self._over = False

    async def send(self) -> None:
        """Register them, unless done. If Discord refuses for now, the next call retries."""
        if self._over:
            return
        target = discord.Object(id=self._server_id) if self._server_id else None
        if target is not None:
            self._tree.copy_global_to(guild=target)
        try:
            await self._tree.sync(guild=target)
        except discord.HTTPException as error:
            self._over = 400 <= error.status < 500 and error.status != 429
            _log.error("commands not sent to Discord status=%d code=%d", error.status, error.code)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            _log.error("commands not sent to Discord error=%s", type(error).__name__)
        else:
            self._over = True
