"""Keeps one simulated server running, takes one step at a time in it, and starts a fresh one on demand.

SimCord refuses a step while another is in progress, and must end in the task in which it began. So one task holds the
server and takes the steps in turn. Work that only asks the judge or the database runs in parallel.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.sandbox.world.errors import Gone
from bot.simulation.play import Play
from bot.simulation.simulated_server import Simulation, simulate
from classifier import Judge

T = TypeVar("T")
Step = Callable[[Simulation], Awaitable[T]]
Hook = Callable[[Simulation], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoJudges:
    """The judge, and a note about it for people."""

    judge: Judge
    patiently: bool  #: it takes seconds
    introduction: str
    is_lite: bool


class World:
    """The simulated server of the current round. A reset ends the round and begins the next."""

    def __init__(self, who: WhoJudges) -> None:
        self.who = who
        self.round = 0  #: grows with each fresh server; 0 until the first one is ready
        self._simulation: Simulation | None = None
        self._context: contextvars.Context | None = None
        self._steps: asyncio.Queue[tuple[Step[Any], asyncio.Future[Any]] | None] = asyncio.Queue()
        self._on_ready: list[Hook] = []
        self._on_end: list[Hook] = []

    @property
    def is_ready(self) -> bool:
        """Is there a server to act in?"""
        return self._simulation is not None

    def subscribe(self, *, on_ready: Hook | None = None, on_end: Hook | None = None) -> None:
        """Call these when a server is ready, or before it ends."""
        self._on_ready += [on_ready] if on_ready else []
        self._on_end += [on_end] if on_end else []

    async def run(self) -> None:
        """Keep a server running until cancelled.

        Raises:
            bot.simulation.stage.Refused: a server could not be prepared.
        """
        while True:
            await self._one_round()

    async def reset(self) -> None:
        """Discard the server and start a fresh one. Returns at once, without waiting for it."""
        self._require()
        self._simulation = None
        self._steps.put_nowait(None)

    async def do(self, step: Step[T]) -> T:
        """Take a step in the server, after those requested before.

        Raises:
            Gone: there is no server, or it ended before the step's turn.
        """
        self._require()
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._steps.put_nowait((step, done))
        return await done

    async def beside(self, work: Callable[[Simulation], Coroutine[Any, Any, T]]) -> T:
        """Run work that takes no step in the server, such as asking the judge, in parallel with steps.

        Raises:
            Gone: there is no server.
        """
        simulation = self._require()
        context = self._context.copy() if self._context else None
        return await asyncio.create_task(work(simulation), context=context)

    def _require(self) -> Simulation:
        if self._simulation is None:
            raise Gone("The server is being made. Wait a moment.")
        return self._simulation

    async def _one_round(self) -> None:
        async with simulate(self.who.judge, patiently=self.who.patiently) as simulation:
            await Play(simulation, lambda _: None).prepare()
            self._context = contextvars.copy_context()
            self.round += 1
            for hook in self._on_ready:
                await hook(simulation)
            self._simulation = simulation
            try:
                while (asked := await self._steps.get()) is not None:
                    await _take(*asked, simulation)
            finally:
                self._simulation = None
                self._refuse_the_rest()
                for hook in self._on_end:
                    await hook(simulation)
                simulation.env.errors  # noqa: B018 - reading them keeps SimCord from raising them here; the bot logged them

    def _refuse_the_rest(self) -> None:
        while not self._steps.empty():
            asked = self._steps.get_nowait()
            if asked is not None and not asked[1].done():
                asked[1].set_exception(Gone("The server was reset before that was done."))


async def _take(step: Step[T], done: asyncio.Future[T], simulation: Simulation) -> None:
    if done.cancelled():
        return
    try:
        result = await step(simulation)
    except Exception as error:  # noqa: BLE001 - whoever asked for the step gets it
        if not done.cancelled():
            done.set_exception(error)
        return
    if not done.cancelled():
        done.set_result(result)
