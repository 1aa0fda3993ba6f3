"""The HTTP page with metrics, liveness and readiness."""

from __future__ import annotations

import errno
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.metrics.readiness import Readiness
from classifier.errors import OperatorError

_CLOSE_SECONDS = 1.0  # seconds for requests in progress
_SET_PORT = "set BYLAW_METRICS_PORT to {}, or leave it empty to serve no metrics."
_ADVICE = {
    errno.EADDRINUSE: ("another program uses this port", _SET_PORT.format("a free port")),
    errno.EACCES: ("this user may not open this port", _SET_PORT.format("a port from 1024 on")),
}


class AddressUnusable(OperatorError):
    """The metrics can't be served on this address."""


class MetricsPage:
    """Serves the metrics until it is closed.

    ``/healthz`` answers for as long as the event loop runs. ``/readyz`` says 503 and why while the bot is not connected
    or its judge does not answer.
    """

    def __init__(self, registry: CollectorRegistry, readiness: Callable[[], Readiness]) -> None:
        self._registry = registry
        self._readiness = readiness
        self._runner: web.AppRunner | None = None

    async def open(self, host: str, port: int) -> int:
        """Start serving. Returns the port, which matters if 0 asked for any.

        Raises:
            AddressUnusable: another program has the port, this user may not open it, or the address is not this
                machine's.
        """
        app = web.Application()
        app.add_routes(
            (web.get("/metrics", self._metrics), web.get("/healthz", self._alive), web.get("/readyz", self._ready))
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            raise AddressUnusable(_advice(host, port, error)) from None
        self._runner = runner
        return int(runner.addresses[0][1])

    async def close(self) -> None:
        """Stop serving. Safe to call twice."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _metrics(self, request: web.Request) -> web.Response:
        del request
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _alive(self, request: web.Request) -> web.Response:
        del request
        return web.Response(text="alive\n")

    async def _ready(self, request: web.Request) -> web.Response:
        del request
        why_not = self._readiness().why_not
        return web.Response(text=f"{why_not or 'ready'}\n", status=503 if why_not else 200)


def _advice(host: str, port: int, error: OSError) -> str:
    """One line that says what to do."""
    why, what_to_do = _ADVICE.get(
        error.errno or 0, ("this machine has no such address", "set BYLAW_METRICS_HOST to one of this machine's.")
    )
    return f"The metrics cannot be served at {host}:{port}, {why}: {what_to_do}"
