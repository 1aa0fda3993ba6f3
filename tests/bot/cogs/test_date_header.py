"""What time it is for Discord, by its answers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from discord.http import Route

from bot.cogs.date_header import ClockWatch, dates_to

SAID = "Sat, 31 Jan 2026 12:00:00 GMT"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@asynccontextmanager
async def answering(date: str) -> AsyncIterator[str]:
    """A server on this machine that says that it is this time; its address."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(headers={"Date": date})

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


@contextmanager
def discord_is(address: str) -> Iterator[None]:
    """Discord's API is there for a while."""
    real, Route.BASE = Route.BASE, address
    yield
    Route.BASE = real


async def heard_from(address: str) -> list[datetime]:
    """What was heard after one request."""
    heard: list[datetime] = []
    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(dates_to(heard.append))
    async with aiohttp.ClientSession(trace_configs=[trace]) as session, session.get(address) as answer:
        assert answer.status == 200
    return heard


@pytest.mark.parametrize(("date", "heard"), [(SAID, [NOON]), ("yesterday", []), ("", [])])
async def test_every_answer_says_what_time_it_is(date: str, heard: list[datetime]) -> None:
    """What is no time says nothing."""
    async with answering(date) as address:
        with discord_is(address):
            assert await heard_from(address) == heard


async def test_others_are_not_believed() -> None:
    """Only Discord's own answers count, not those of a file host."""
    async with answering(SAID) as address:
        assert await heard_from(address) == []


def test_a_clock_off_by_hours_is_logged_once_until_it_was_right(caplog: pytest.LogCaptureFixture) -> None:
    """Every answer of Discord's says what time it is; each is passed on."""
    heard: list[datetime] = []
    off = timedelta(hours=3)
    watch = ClockWatch(heard.append, own=lambda: NOON + off)
    with caplog.at_level(logging.WARNING):
        watch(NOON)
        watch(NOON)
        assert len(caplog.messages) == 1
        off = timedelta(seconds=1)
        watch(NOON)
        off = -timedelta(hours=2)
        watch(NOON)
    said = "this machine's clock is wrong by Discord's: set it right seconds_ahead="
    assert caplog.messages == [f"{said}10800", f"{said}-7200"]
    assert heard == [NOON] * 4
