"""The page: metrics, alive, ready, and one clear line where it cannot be served."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter

from bot.metrics.page import AddressUnusable, MetricsPage
from bot.metrics.readiness import Readiness, ReadinessMetrics

HERE = "127.0.0.1"


class Page:
    """An open page, and what it is asked."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.readiness = Readiness(shards=2, connected=2)
        registry.register(ReadinessMetrics(lambda: self.readiness))
        self.page = MetricsPage(registry, lambda: self.readiness)
        self.port = 0

    async def get(self, path: str) -> tuple[int, str]:
        """Status and text of an answer."""
        async with aiohttp.ClientSession() as session, session.get(f"http://{HERE}:{self.port}{path}") as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def page(registry: CollectorRegistry) -> AsyncIterator[Page]:
    """A page at a port that is free."""
    made = Page(registry)
    made.port = await made.page.open(HERE, 0)
    yield made
    await made.page.close()


async def test_metrics_are_served_as_prometheus_reads_them(page: Page, registry: CollectorRegistry) -> None:
    """As they are at that moment."""
    Counter("things", "Things.", registry=registry).inc(3)
    status, text = await page.get("/metrics")
    assert (status, "things_total 3.0\n" in text) == (200, True)
    assert "bylaw_ready 1.0\nbylaw_shards 2.0\nbylaw_shards_connected 2.0\n" in "".join(
        f"{line}\n" for line in text.splitlines() if not line.startswith("#")
    )


async def test_ready_says_why_it_is_not(page: Page) -> None:
    """With 503, which load balancers and Kubernetes read; being alive is another question."""
    assert await page.get("/readyz") == (200, "ready\n")
    page.readiness = Readiness(why_not="the judge does not answer")
    assert await page.get("/readyz") == (503, "the judge does not answer\n")
    assert await page.get("/healthz") == (200, "alive\n")
    assert "bylaw_ready 0.0" in (await page.get("/metrics"))[1]


async def test_nothing_else_is_served(page: Page) -> None:
    """Not even a list of what there is, and nothing can be sent."""
    assert (await page.get("/"))[0] == 404
    async with aiohttp.ClientSession() as session, session.post(f"http://{HERE}:{page.port}/metrics") as answer:
        assert answer.status == 405


async def test_a_port_that_is_taken_is_one_line(page: Page) -> None:
    """With what to do, and the page can be opened elsewhere afterwards."""
    other = MetricsPage(CollectorRegistry(), Readiness)
    with pytest.raises(AddressUnusable) as told:
        await other.open(HERE, page.port)
    assert str(told.value) == (
        f"The metrics cannot be served at {HERE}:{page.port}, another program uses this port: set BYLAW_METRICS_PORT "
        "to a free port, or leave it empty to serve no metrics."
    )
    assert await other.open(HERE, 0) != page.port
    await other.close()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
async def test_an_address_of_another_machine_is_one_line(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that is not ours, and a name that nobody knows."""

    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    if "invalid" in host:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)  # no test asks the network
    with pytest.raises(AddressUnusable) as told:
        await MetricsPage(CollectorRegistry(), Readiness).open(host, 9464)
    assert str(told.value) == (
        f"The metrics cannot be served at {host}:9464, this machine has no such address: set BYLAW_METRICS_HOST to one "
        "of this machine's."
    )


async def test_a_port_that_this_user_may_not_open_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 1024 the system refuses it to most users."""

    async def refuse(_: web.TCPSite) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(web.TCPSite, "start", refuse)  # tests may run as root, whom nothing is refused
    with pytest.raises(AddressUnusable, match=r"may not open this port: set BYLAW_METRICS_PORT to a port from 1024 on"):
        await MetricsPage(CollectorRegistry(), Readiness).open(HERE, 80)


async def test_closing_ends_it(page: Page) -> None:
    """Twice is as good as once, and a page that was never open may be closed."""
    await page.page.close()
    await page.page.close()
    await MetricsPage(CollectorRegistry(), Readiness).close()
    with pytest.raises(aiohttp.ClientConnectionError):
        await page.get("/healthz")
