"""Serves the page, only on this machine.

Anybody with the address can act as any person in the simulated server, so it contains a secret. Other pages in the same
browser have no access: they don't know the secret, their posts carry another origin, and no page may frame this one.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.frame.proxy import FrameProxy
from bot.sandbox.frame.room_frame import RoomFrame
from bot.sandbox.routes import Routes
from bot.sandbox.session import Session
from bot.sandbox.views.model import ModelView
from bot.sandbox.world.world import World

HOST = "127.0.0.1"
_MOST_BYTES = 1 << 20
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_NOT_HERE = """There is no page at this address.

Open the whole address that `bylaw sandbox` printed in your terminal, with the long secret at its end. It is another one
at every start, so an address from an earlier start no longer works.
"""
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-src {frame}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@asynccontextmanager
async def serving(world: World, model: ModelView, *, port: int | None) -> AsyncIterator[str]:
    """Serve the page. Yields its address with the secret. The caller runs the world meanwhile.

    Raises:
        OSError: the port is taken.
    """
    secret = secrets.token_urlsafe(24)
    frame = RoomFrame()
    session = Session(world, frame, model)
    proxy = FrameProxy(world, frame)
    async with _listening(proxy.application(), None) as frame_port:
        frame_origin = f"http://{HOST}:{frame_port}"
        app = web.Application(middlewares=[_guard(frame_origin)], client_max_size=_MOST_BYTES)
        app.add_routes(Routes(session, frame_origin=frame_origin).table(f"/{secret}"))
        app.router.add_get(f"/{secret}/", _page)
        app.router.add_get(f"/{secret}/{{file}}", _page)
        async with _listening(app, port) as own_port:
            proxy.may_frame = f"http://{HOST}:{own_port}"
            yield f"{proxy.may_frame}/{secret}/"


@asynccontextmanager
async def _listening(app: web.Application, port: int | None) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port or 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _page(request: web.Request) -> web.Response:
    """The page, or one of the files that it is made of."""
    folder = files("bot.sandbox").joinpath("web")
    wanted = request.match_info.get("file", "index.html")
    found = next((file for file in folder.iterdir() if file.name == wanted), None)
    kind = _KINDS.get(f".{wanted.rpartition('.')[2]}")
    if found is None or kind is None:
        raise web.HTTPNotFound
    return web.Response(body=found.read_bytes(), content_type=kind, charset="utf-8")


def _guard(frame_origin: str) -> Middleware:
    """Answers requests without the secret with what to do, and sets the same headers on all responses."""
    headers = {**_HEADERS, "Content-Security-Policy": _POLICY.format(frame=frame_origin)}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        own = f"http://{request.host}"
        host_is_ours = request.host.rpartition(":")[0] == HOST
        if not host_is_ours or (request.method != "GET" and request.headers.get("Origin") != own):
            return web.Response(status=403, text="Only the sandbox's own page may ask here.\n", headers=headers)
        try:
            response = await handler(request)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as wrong:
            return web.Response(status=wrong.status, text=_NOT_HERE, headers=headers)
        if not response.prepared:
            response.headers.update(headers)
        return response

    return guard
