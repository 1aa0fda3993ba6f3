"""The status of Discord's answers is heard, and nobody else's."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web
from discord.http import Route

from bot.cogs.response_status import statuses_to


async def heard_from(address: str) -> list[int | None]:
    """What was heard of one request."""
    heard: list[int | None] = []
    trace = aiohttp.TraceConfig()
    statuses_to(trace, heard.append)
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        try:
            async with session.get(address):
                pass
        except aiohttp.ClientConnectionError:
            heard.append(-1)
    return heard


async def test_an_answer_of_discords_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it says; other sites' answers are not, and a request that nobody answers is heard as None."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=503)

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    address = f"http://{host}:{port}"
    assert await heard_from(address) == []
    monkeypatch.setattr(Route, "BASE", address)
    assert await heard_from(address) == [503]
    await runner.cleanup()
    assert await heard_from(address) == [None, -1]
    monkeypatch.undo()
    assert await heard_from(address) == [-1]
