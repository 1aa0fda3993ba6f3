"""The page's API. Each handler reads fields, calls one function, and answers in JSON."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import simcord
from aiohttp import web
from simcord.backend.errors import BackendError

from bot.cogs.policies.editor import NAME_LIMIT
from bot.sandbox.actions import menus, policy_editor
from bot.sandbox.actions.passing_time import let_pass
from bot.sandbox.actions.raid import raid
from bot.sandbox.requests import Fields, fields_of
from bot.sandbox.session import Session
from bot.sandbox.world.errors import Gone, SandboxRefusal

_log = logging.getLogger(__name__)

STATE_EVERY = 0.4  #: seconds between checks of the server
_IMPOSSIBLE = "That cannot be done here."

Ask = Callable[[Fields], Awaitable[Any]]


class Routes:
    """The handlers of one sandbox."""

    def __init__(self, session: Session, *, frame_origin: str) -> None:
        self._session = session
        self._world = session.world
        self._frame_origin = frame_origin

    def table(self, prefix: str) -> list[web.RouteDef]:
        """All routes, under the secret path of the page."""
        asks: dict[str, Ask] = {
            "enter": self._enter,
            "switch": self._switch,
            "look": self._look,
            "menus": self._menus,
            "menu": self._menu,
            "reads": self._reads,
            "policies": self._policies,
            "lint": self._lint,
            "sentences": self._sentences,
            "publish": self._publish,
            "raid": self._raid,
            "hour": self._hour,
            "reset": self._reset,
        }
        routes = [web.post(f"{prefix}/api/{name}", partial(self._answer, ask)) for name, ask in asks.items()]
        return [*routes, web.post(f"{prefix}/api/hello", self._hello), web.get(f"{prefix}/api/events", self._events)]

    async def _answer(self, ask: Ask, request: web.Request) -> web.Response:
        try:
            fields = await fields_of(request)
            self._session.require(fields.number("tab"))
            return web.json_response(await ask(fields))
        except SandboxRefusal as refusal:
            return web.json_response({"error": str(refusal)}, status=refusal.status)
        except (simcord.SetupError, BackendError) as error:
            _log.warning("the simulated server refused a step error=%s", type(error).__name__)
            return web.json_response({"error": _IMPOSSIBLE}, status=400)

    async def _hello(self, request: web.Request) -> web.Response:
        """A tab was opened."""
        try:
            await fields_of(request)
            tab = await self._session.open_tab()
        except SandboxRefusal as refusal:
            return web.json_response({"error": str(refusal)}, status=refusal.status)
        return web.json_response({**self._session.fixed(), "tab": tab, "frameOrigin": self._frame_origin})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Stream the state whenever it changes, until a newer tab takes over."""
        tab = request.query.get("tab", "")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        last = ""
        try:
            while tab == str(self._session.tab):
                now = json.dumps(await self._state())
                if now != last:
                    await response.write(f"event: state\ndata: {now}\n\n".encode())
                    last = now
                await asyncio.sleep(STATE_EVERY)
            await response.write(b"event: taken\ndata: {}\n\n")
        except ConnectionResetError:  # the tab was closed
            return response
        return response

    async def _state(self) -> dict[str, Any]:
        try:
            return await self._session.state()
        except Gone:  # it was reset just now
            return {"tab": self._session.tab, "ready": False}

    async def _enter(self, fields: Fields) -> dict[str, Any]:
        await self._session.enter(fields.text("person"), fields.text("room"))
        return {"moves": self._session.moves}

    async def _switch(self, _: Fields) -> dict[str, Any]:
        await self._session.switch()
        return {"moves": self._session.moves}

    async def _look(self, fields: Fields) -> dict[str, Any]:
        await self._session.look_at(fields.text("room"))
        return {"moves": self._session.moves}

    async def _menus(self, fields: Fields) -> dict[str, Any]:
        who, room_key = self._session.at.person, self._session.room_named(fields.text("room"))

        async def offered(simulation: Any) -> dict[str, list[str]]:
            return menus.offered(simulation, who, room_key)

        return await self._world.do(offered)

    async def _menu(self, fields: Fields) -> dict[str, Any]:
        who, room_key = self._session.at.person, self._session.room_named(fields.text("room"))
        message_id, name = fields.number("message"), fields.text("name")
        return await self._world.do(lambda simulation: menus.use(simulation, who, room_key, message_id, name))

    async def _reads(self, fields: Fields) -> dict[str, Any]:
        room_key, message_id = self._session.room_named(fields.text("room")), fields.number("message")
        return await self._world.beside(
            lambda simulation: self._session.model.of_message(simulation, room_key, message_id)
        )

    async def _policies(self, _: Fields) -> dict[str, Any]:
        return {"policies": await self._world.beside(policy_editor.listing)}

    async def _lint(self, fields: Fields) -> dict[str, Any]:
        return await policy_editor.lint_text(fields.text("text"))

    async def _sentences(self, fields: Fields) -> dict[str, Any]:
        sentences = fields.texts("sentences", most=policy_editor.MOST_SENTENCES)
        judge = self._world.who.judge
        return {"answers": await policy_editor.try_sentences(judge, fields.text("text"), sentences)}

    async def _publish(self, fields: Fields) -> dict[str, Any]:
        name, text = " ".join(fields.text("name", most=NAME_LIMIT).split()), fields.text("text")
        return await self._world.do(lambda simulation: policy_editor.publish(simulation, name, text))

    async def _raid(self, _: Fields) -> dict[str, Any]:
        return {"members": await self._world.do(raid)}

    async def _hour(self, _: Fields) -> dict[str, Any]:
        return {"failed": await self._world.do(let_pass)}

    async def _reset(self, _: Fields) -> dict[str, Any]:
        await self._world.reset()
        return {}
