"""Who may send next: as many requests at once as the endpoints take; the rest wait in the engine's fair queue."""

from __future__ import annotations

import asyncio

from classifier.judge import JudgeRequest, Lane
from classifier.llama.client.fair_queue import FairQueue, Full
from classifier.llama.client.token_estimate import estimated_tokens
from classifier.remote.options import RemoteOptions


class QueueFull(Exception):
    """Too many requests are already waiting; the text says of whom."""


class Turns:
    """Places for requests, given out in the order of `FairQueue`."""

    def __init__(self, options: RemoteOptions) -> None:
        limits = options.limits
        self._budgets = options.reasoning_tokens
        self._bounds = {Full.SERVER: limits.queue_per_server, Full.LANE: limits.queue_in_all}
        self._queue: FairQueue[asyncio.Future[None]] = FairQueue(
            per_server=limits.queue_per_server, in_all=limits.queue_in_all
        )
        self._places = 0
        self._taken = 0

    def resize(self, places: int) -> None:
        """Give out at most this many places. Places in use are kept until they are given back."""
        self._places = places
        self._give_out()

    async def take(self, request: JudgeRequest, *, again: bool = False) -> None:
        """Wait for a place; `give_back` it at the end.

        Raises:
            QueueFull: it may not even wait.
        """
        turn = asyncio.get_running_loop().create_future()
        lane = Lane.AGAIN if again and request.lane is Lane.LIVE else request.lane
        cost = estimated_tokens(request, self._budgets, again=again)
        full = self._queue.put(turn, lane=lane, server=request.server, cost=cost)
        if full is not None:
            raise QueueFull(f"{self._bounds[full]:,} requests {full.value} are already waiting")
        self._give_out()
        try:
            await turn
        except asyncio.CancelledError:
            if not self._queue.remove(turn) and not turn.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        """Let the next request have the place."""
        self._taken -= 1
        self._give_out()

    def _give_out(self) -> None:
        while self._taken < self._places and (turn := self._queue.take()) is not None:
            if not turn.cancelled():
                self._taken += 1
                turn.set_result(None)
