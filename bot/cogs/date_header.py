"""What time it is for Discord, by the header ``Date`` of its answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import aiohttp
from discord.http import Route

Watcher = Callable[[aiohttp.ClientSession, SimpleNamespace, aiohttp.TraceRequestEndParams], Awaitable[None]]


def dates_to(heard: Callable[[datetime], None]) -> Watcher:
    """Passes on the time of every answer of Discord's. For `aiohttp.TraceConfig.on_request_end`."""

    async def after(
        session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        del session, context
        if not str(params.url).startswith(Route.BASE):
            return
        try:
            moment = parsedate_to_datetime(params.response.headers.get("Date", ""))
        except ValueError:
            return
        if moment.tzinfo is not None:
            heard(moment)

    return after
