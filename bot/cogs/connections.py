"""The state of the connections to Discord."""

from __future__ import annotations

from discord.ext import commands


class Connections(commands.Cog):
    """Tracks discord.py's events of each shard."""

    def __init__(self) -> None:
        self._up: set[int] = set()

    @property
    def up(self) -> int:
        """How many are up."""
        return len(self._up)

    @commands.Cog.listener()
    async def on_shard_connect(self, shard_id: int) -> None:
        """A new session."""
        self._up.add(shard_id)

    @commands.Cog.listener()
    async def on_shard_resumed(self, shard_id: int) -> None:
        """The session was resumed after an interruption."""
        self._up.add(shard_id)

    @commands.Cog.listener()
    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Lost, or closed."""
        self._up.discard(shard_id)
