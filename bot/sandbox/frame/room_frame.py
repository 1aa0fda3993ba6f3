"""SimCord's Preview of the current room.

A simulated server has one Preview at a time, of one channel. Entering a room closes the previous Preview; pages that
still show that one get no more answers, because each Preview has its own secret.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import simcord

from bot.sandbox.world.errors import Gone
from bot.sandbox.world.places import Whereabouts, actor_in, channel_of
from bot.simulation.simulated_server import Simulation

_MOMENT_SECONDS = 0.1
_TRIES = 100
_GONE = "This room was closed. Reload the sandbox's page."


@dataclass(frozen=True, slots=True)
class RoomAnswer:
    """A Preview's response."""

    status: int
    content: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _OpenPreview:
    """An open Preview, and our connections to it."""

    preview: simcord.Preview
    client: aiohttp.ClientSession

    async def close(self) -> None:
        """Close both.

        Our connections are closed first, because a closing Preview waits up to a minute for a new connection without a
        request.
        """
        await self.client.close()
        await self.preview.close()


class RoomFrame:
    """Manages the Preview."""

    def __init__(self) -> None:
        self._room: _OpenPreview | None = None
        self.number = 0  #: number of the Preview, grows with each

    @property
    def secret(self) -> str:
        """The secret that its page needs to act; empty if there is none."""
        return "" if self._room is None else self._room.preview.capability

    async def ask(
        self, method: str, path_and_query: str, *, body: bytes, headers: Mapping[str, str], secret: str | None
    ) -> RoomAnswer:
        """Forward a request to the Preview, for a page with this secret, or for a file that needs none.

        Raises:
            Gone: the secret is an earlier Preview's, or the Preview was closed before it answered.
        """
        room = self._room
        if room is None or secret not in (None, room.preview.capability):
            raise Gone(_GONE)
        address = room.preview.url.split("/#")[0]
        try:
            async with room.client.request(
                method, address + path_and_query, data=body or None, headers=headers, allow_redirects=False
            ) as answer:
                said = RoomAnswer(answer.status, await answer.read(), answer.headers)
        except (aiohttp.ClientError, OSError, RuntimeError) as error:  # RuntimeError: our connections were just closed
            raise Gone(_GONE) from error
        if room is not self._room:  # what a closing Preview answers is outdated
            raise Gone(_GONE)
        return said

    async def open(self, simulation: Simulation, at: Whereabouts) -> None:
        """Show a room, replacing the previous one.

        Raises:
            Gone: the server is busy for too long.
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
            except simcord.SetupError:  # the bot is busy at this moment
                await asyncio.sleep(_MOMENT_SECONDS)
        else:
            raise Gone("The server is busy. Try again in a moment.")
        await preview.__aenter__()
        self._room = _OpenPreview(preview, aiohttp.ClientSession())
        self.number += 1

    async def refresh(self, simulation: Simulation) -> None:
        """Refresh the Preview after changes made elsewhere."""
        del simulation
        if self._room is not None:
            try:
                await self._room.preview.refresh()
            except simcord.SetupError:  # it is busy, and refreshes when done
                return

    async def close(self, simulation: Simulation) -> None:
        """Close the Preview, if there is one."""
        del simulation
        room, self._room = self._room, None
        if room is not None:
            await room.close()
