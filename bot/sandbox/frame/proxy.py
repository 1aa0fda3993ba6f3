"""A proxy that lets our page show SimCord's Preview.

The Preview forbids framing, and has a different address in each room. So the proxy serves it under one local address
that only our page may frame. Each action of a person there is one step of the server.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from importlib.resources import files

from aiohttp import web

from bot.sandbox.frame.room_frame import RoomAnswer, RoomFrame
from bot.sandbox.world.errors import Gone
from bot.sandbox.world.world import World
from bot.simulation.simulated_server import Simulation

_MOST_BYTES = 27 * 1024 * 1024  #: the Preview's limit is 26 MB
_CAPABILITY = "X-Simcord-Capability"  #: the header with the Preview's secret
_SENT_ON = ("Content-Type", _CAPABILITY, "X-Simcord-Context")
_ACTION = "/api/action"
_HELD = frozenset((_ACTION, "/api/pages", "/api/state"))
_HELD_SECONDS = 60.0  #: seconds; longer than a busy machine needs to show the next room
_MOMENT_SECONDS = 0.1
_TRIES = round(_HELD_SECONDS / _MOMENT_SECONDS)  #: marker of a file that the next room has, too
#: Headers that we set ourselves, or that describe the transport.
_NOT_BACK = frozenset(
    ("x-frame-options", "content-length", "content-encoding", "transfer-encoding", "connection", "date", "server")
)
_NOBODY = "frame-ancestors 'none'"
_GONE = "This room was closed. Reload the sandbox's page."


class FrameProxy:
    """Forwards requests to the open Preview."""

    def __init__(self, world: World, frame: RoomFrame) -> None:
        self._world = world
        self._frame = frame
        self._styles = files("bot.sandbox").joinpath("web", "frame.css").read_text(encoding="utf-8")
        self.may_frame = "'none'"  #: the origin whose pages may show it

    def application(self) -> web.Application:
        """The web application of the proxy. The caller chooses where it listens."""
        app = web.Application(client_max_size=_MOST_BYTES)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        own = f"http://{request.host}"
        if request.host.rpartition(":")[0] != "127.0.0.1" or request.headers.get("Origin", own) != own:
            raise web.HTTPForbidden(text="Only the sandbox's own page may ask here.")
        body = await request.read()

        async def send(_: Simulation | None = None) -> web.Response:
            return await self._send(request, body)

        acts = request.method == "POST" and request.path == _ACTION
        for _ in range(_TRIES):
            try:
                return await (self._world.do(send) if acts else send())
            except Gone:
                if _CAPABILITY in request.headers:
                    return await _of_a_room_before(request)
                await asyncio.sleep(_MOMENT_SECONDS)  # a file that all rooms have, so the next one has it, too
        raise web.HTTPGone(text=_GONE)

    async def _send(self, request: web.Request, body: bytes) -> web.Response:
        answer = await self._ask(request, body)
        if request.path == _ACTION and (as_it_is := _on_the_room_as_it_is(body, answer.content)):
            answer = await self._ask(request, as_it_is)
        is_style = request.path == "/preview.css" and answer.status == web.HTTPOk.status_code
        content = answer.content + (self._styles.encode() if is_style else b"")
        return web.Response(status=answer.status, body=content, headers=self._headers(answer.headers))

    async def _ask(self, request: web.Request, body: bytes) -> RoomAnswer:
        return await self._frame.ask(
            request.method,
            request.path_qs,
            body=body,
            headers={name: request.headers[name] for name in _SENT_ON if name in request.headers},
            secret=request.headers.get(_CAPABILITY),
        )

    def _headers(self, given: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in given.items() if name.lower() not in _NOT_BACK}
        policy = kept.get("Content-Security-Policy", _NOBODY)
        kept["Content-Security-Policy"] = policy.replace(_NOBODY, f"frame-ancestors {self.may_frame}")
        return kept


def _on_the_room_as_it_is(action: bytes, answer: bytes) -> bytes | None:
    """Retry the action, if the Preview only refused it because something was posted or edited in the room since the
    page last refreshed; None otherwise.

    Discord accepts a click on what was on somebody's screen, and so does the sandbox. The Preview still checks that the
    button exists.
    """
    try:
        asked, said = json.loads(action), json.loads(answer)
        if any(why["code"] == "stale-revision" for why in said["diagnostics"]):
            return json.dumps({**asked, "published_revision": said["revision"]}).encode()
    except (ValueError, TypeError, KeyError):  # an upload, or a refusal of another kind
        return None
    return None


async def _of_a_room_before(request: web.Request) -> web.Response:
    """Answer a page of a room that was left, without acting or refusing: our own page is about to show the next room,
    and refusals would only be noise in the browser's console.

    Long polls of that page are held until the page is closed. Other requests must not be, because a browser opens few
    connections and needs one for the next room.
    """
    if request.method == "DELETE":  # report it as closed, as that room is
        return web.json_response({"closed": True})
    if request.path in _HELD:
        await asyncio.sleep(_HELD_SECONDS)
        raise web.HTTPGone(text=_GONE)
    return web.Response(status=web.HTTPNoContent.status_code)
