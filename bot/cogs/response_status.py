"""The HTTP status of Discord's responses, for metrics."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import aiohttp
from discord.http import Route


def statuses_to(trace: aiohttp.TraceConfig, heard: Callable[[int | None], None]) -> None:
    """Pass on the status of every response from Discord, and None for a request without a response."""

    async def answered(
        session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        del session, context
        if str(params.url).startswith(Route.BASE):
            heard(params.response.status)

    async def unanswered(
        session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        del session, context
        if str(params.url).startswith(Route.BASE):
            heard(None)

    trace.on_request_end.append(answered)
    trace.on_request_exception.append(unanswered)
