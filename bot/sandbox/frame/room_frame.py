"""SimCord's Preview of the room that somebody is in.

A simulated server has one Preview at a time, of one channel. Entering a room closes the Preview before it; pages that
still show that one no longer get an answer, because each Preview has a secret of its own.
"""

from __future__ import annotations

import asyncio

import simcord

from bot.sandbox.world.errors import Gone
from bot.sandbox.world.places import Whereabouts, actor_in, channel_of
from bot.simulation.simulated_server import Simulation

_MOMENT_SECONDS = 0.1
_TRIES = 100


class RoomFrame:
    """The one Preview."""

    def __init__(self) -> None:
        self._preview: simcord.Preview | None = None
        self.number = 0  #: of the Preview: grows with each

    @property
    def address(self) -> str | None:
        """Where the Preview listens, without its secret; None where there is none."""
        return None if self._preview is None else self._preview.url.split("/#")[0]

    @property
    def secret(self) -> str:
        """What its page needs to act; empty where there is none."""
        return "" if self._preview is None else self._preview.capability

    async def open(self, simulation: Simulation, at: Whereabouts) -> None:
        """Show a room in place of the one before.

        Raises:
            Gone: the server is busy, for longer than anything should take.
        """
        await self.close(simulation)
        for _ in range(_TRIES):
            try:
                preview = simulation.env.preview(
                    channel_of(simulation, at.room),
                    viewers=[actor_in(simulation, at.person, at.room)],
                    layout="channel",
                )
                break
            except simcord.SetupError:  # the bot is at work this very moment
                await asyncio.sleep(_MOMENT_SECONDS)
        else:
            raise Gone("The server is busy. Try again in a moment.")
        await preview.__aenter__()
        self._preview = preview
        self.number += 1

    async def refresh(self, simulation: Simulation) -> None:
        """Show what happened without the Preview's own doing."""
        del simulation
        if self._preview is not None:
            try:
                await self._preview.refresh()
            except simcord.SetupError:  # it is busy, and shows everything at its own end
                return

    async def close(self, simulation: Simulation) -> None:
        """Close the Preview, if there is one."""
        del simulation
        preview, self._preview = self._preview, None
        if preview is not None:
            await preview.close()
