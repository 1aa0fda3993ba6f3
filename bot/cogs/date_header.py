"""Discord's time, from the ``Date`` header of its responses."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import aiohttp
from discord.http import Route

_log = logging.getLogger(__name__)

MAY_DIFFER = timedelta(minutes=1)

Watcher = Callable[[aiohttp.ClientSession, SimpleNamespace, aiohttp.TraceRequestEndParams], Awaitable[None]]


def dates_to(heard: Callable[[datetime], None]) -> Watcher:
    """Passes on the time of every response from Discord. For `aiohttp.TraceConfig.on_request_end`."""

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


class ClockWatch:
    """Passes on times, and logs once if this machine's clock differs; again only after it was right.

    Args:
        own: this machine's clock.
    """

    def __init__(self, heard: Callable[[datetime], None], *, own: Callable[[], datetime]) -> None:
        self._heard = heard
        self._own = own
        self._told = False

    def __call__(self, moment: datetime) -> None:
        """Process a time from Discord."""
        lead = self._own() - moment
        differs = abs(lead) >= MAY_DIFFER
        if differs and not self._told:
            _log.warning(
                "this machine's clock is wrong by Discord's: set it right seconds_ahead=%.0f", lead.total_seconds()
            )
        self._told = differs
        self._heard(moment)
