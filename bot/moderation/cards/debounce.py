"""Debouncing: several changes in a row are shown once, a few seconds after the first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import Context

from classifier.errors import described, is_outage

_log = logging.getLogger(__name__)

AFTER = 3.0  #: seconds


class Debounce:
    """Calls a function for a case after a delay, once for all requests that came in meanwhile."""

    def __init__(
        self,
        do: Callable[[int, int], Awaitable[None]],
        *,
        after: float = AFTER,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._do = do
        self._after = after
        self._sleep = sleep
        self._due: dict[tuple[int, int], asyncio.Task[None]] = {}

    def call(self, guild_id: int, number: int) -> None:
        """Schedule the call for this case. Returns at once."""
        key = (guild_id, number)
        if key not in self._due:
            self._due[key] = asyncio.create_task(self._wait(key), name="card refresh", context=Context())

    async def settle(self) -> None:
        """Wait until every scheduled call is done."""
        await asyncio.gather(*self._due.values(), return_exceptions=True)

    async def close(self) -> None:
        """Cancel what is scheduled. The cards catch up at their next change."""
        for task in tuple(self._due.values()):
            task.cancel()
        await self.settle()

    async def _wait(self, key: tuple[int, int]) -> None:
        try:
            await self._sleep(self._after)
        finally:
            del self._due[key]
        try:
            await self._do(*key)
        except Exception as error:  # noqa: BLE001 - the next change shows it
            ids = {"guild": key[0], "case": key[1]}
            if not is_outage(error):
                _log.error("card not refreshed", extra={**ids, "error": described(error)})
