"""Traces are sent where the environment names a collector and the extra is installed, and nowhere else."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
from typing import Any

import pytest
from aiohttp import web

from bot.console.checkup.machine_checks import check_traces
from bot.tracing.export import ENDPOINT, LONGEST_S, open_export

NAMED = {ENDPOINT: "http://127.0.0.1:4318"}


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is on a machine that never installed it."""
    find_spec = importlib.util.find_spec

    def none_of_opentelemetry(name: str, package: str | None = None) -> Any:
        if name.startswith("opentelemetry"):
            raise ModuleNotFoundError(name)
        return find_spec(name, package)

    monkeypatch.setattr("bot.tracing.export.find_spec", none_of_opentelemetry)


def test_the_doctor_says_nothing_where_nobody_asked() -> None:
    """Most installations send no traces."""
    assert check_traces({}) == []


@pytest.mark.usefixtures("without_the_extra")
def test_the_doctor_says_that_the_extra_is_missing() -> None:
    """With the command that installs it."""
    (line,) = check_traces(NAMED)
    assert line.status == "warn"
    assert "pip install 'bylaw[otel]'" in line.text


@pytest.mark.usefixtures("without_the_extra")
async def test_the_bot_runs_without_the_extra(caplog: pytest.LogCaptureFixture) -> None:
    """It says so once, and traces nothing."""
    opened = open_export(NAMED)
    with opened.traces.message() as step:
        step.note(result="judged")
    await opened.close()
    assert [(each.levelno, "bylaw[otel]" in each.message) for each in caplog.records] == [(logging.WARNING, True)]


async def test_a_collector_that_is_away_is_one_line(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """However often it is tried, and closing does not wait for it for long."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="pip install 'bylaw[otel]'")
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{unused_tcp_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    opened = open_export(os.environ)
    for _ in range(2):
        with opened.traces.message():
            pass
        await asyncio.to_thread(opened.provider.force_flush, 5_000)
    async with asyncio.timeout(LONGEST_S):
        await opened.close()
    assert [each.levelno for each in caplog.records] == [logging.WARNING]
    assert f"check that the collector runs and that {ENDPOINT} is right" in caplog.text


async def test_a_collector_gets_them(monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int) -> None:
    """Over OTLP, at the address that the environment names, with Bylaw as the service; closing sends what is left."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="pip install 'bylaw[otel]'")
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    bodies = []

    async def take(request: web.Request) -> web.Response:
        bodies.append((request.path, request.headers.get("Content-Encoding", ""), await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{unused_tcp_port}")
    try:
        (line,) = check_traces({ENDPOINT: f"http://127.0.0.1:{unused_tcp_port}"})
        assert line.status == "ok"
        opened = open_export({ENDPOINT: f"http://127.0.0.1:{unused_tcp_port}"})
        with opened.traces.message(lane="live"):
            pass
        await opened.close()
        await opened.close()
    finally:
        await runner.cleanup()
    ((path, _, body),) = bodies
    assert path == "/v1/traces"
    (sent,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert {each.key: each.value.string_value for each in sent.resource.attributes}["service.name"] == "bylaw"
    assert [each.name for scope in sent.scope_spans for each in scope.spans] == ["message"]
