"""Stops requests to Discord during a Cloudflare ban of this machine.

Too many bad requests cause a temporary ban of the IP address, before Discord itself sees a request: a 429 that didn't
come through its proxy (https://docs.discord.com/developers/topics/rate-limits). Every further request would extend it.
So none is sent until the ban is over; callers get a connection error and retry on their own schedule.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from types import SimpleNamespace

import aiohttp
from discord.http import Route

_log = logging.getLogger(__name__)

USUAL_SECONDS = 60.0  #: seconds, if Cloudflare doesn't say how long
LONGEST_SECONDS = 3_600.0


class Banned(aiohttp.ClientConnectionError):
    """Nothing was sent, because this machine is banned at the moment."""


class CloudflareBan:
    """Watches requests to Discord, and stops all of them during a ban."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """There is no ban at first.

        Args:
            clock: monotonic seconds.
        """
        self._clock = clock
        self._banned_until = float("-inf")

    def watch(self) -> aiohttp.TraceConfig:
        """The trace config to watch an HTTP session; see `discord.Client`'s ``http_trace``."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._before)
        trace.on_request_end.append(self._after)
        return trace

    async def _before(
        self, session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        del session, context
        if str(params.url).startswith(Route.BASE) and self._clock() < self._banned_until:
            raise Banned("Discord takes nothing from this machine at the moment.")

    async def _after(
        self, session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        del session, context
        answer = params.response
        if answer.status != 429 or "Via" in answer.headers or not str(params.url).startswith(Route.BASE):
            return
        if self._clock() >= self._banned_until:  # requests in flight are refused, too
            seconds = _seconds(answer.headers.get("Retry-After", ""))
            self._banned_until = self._clock() + seconds
            _log.error("Discord refuses everything from this machine: nothing is sent for the next %.0f s", seconds)


def _seconds(retry_after: str) -> float:
    return min(float(retry_after), LONGEST_SECONDS) if retry_after.isdecimal() else USUAL_SECONDS
