"""An operator collects traces: one message, from its event to its card."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from bot.tracing.export import ENDPOINT

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="pip install 'bylaw[otel]'")


class Collector:
    """A collector on this machine."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self._spans: list[Any] = []
        self._came = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        """What the bot sends."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        self.bodies.append(await request.read())
        for resource in ExportTraceServiceRequest.FromString(self.bodies[-1]).resource_spans:
            self._spans += [each for scope in resource.scope_spans for each in scope.spans]
        self._came.set()
        return web.Response()

    async def trace_of_a_card(self) -> list[Any]:
        """All spans of the trace that has a card in it, once its message is dealt with."""
        async with asyncio.timeout(20):
            while True:
                traces = [each.trace_id for each in self._spans if each.name == "card"]
                found = [each for each in self._spans if each.trace_id in traces]
                if any(each.name == "message" for each in found):
                    return found
                self._came.clear()
                await self._came.wait()


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int) -> AsyncIterator[Collector]:
    """The environment names it before the bot starts."""
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{unused_tcp_port}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    yield collector
    await runner.cleanup()


@pytest.mark.usefixtures("collector")
async def test_the_collector_gets_one_message_as_one_trace(collector: Collector, world: Any) -> None:
    """Its steps, and no word of it and no id."""
    await world.set_up()
    message = await world.ana.send(world.general, "the butler did it")
    spans = await collector.trace_of_a_card()
    assert len({each.trace_id for each in spans}) == 1
    assert {"message", "judge", "decision", "card"} <= {each.name for each in spans}
    sent = b"".join(collector.bodies)
    for secret in ("butler", world.ana.id, world.general.id, world.guild.id, message.id):
        assert str(secret).encode() not in sent
