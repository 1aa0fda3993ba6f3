"""The REST that the bot uses, with faults in the way."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from benchmarks.loopback import payloads
from benchmarks.loopback.faults import Fault, Faults
from benchmarks.loopback.payloads import BOT, OWNER, Payload
from benchmarks.loopback.world import BotAction, World

Answer = tuple[int, Any]
Route = Callable[["Rest", re.Match[str], web.Request, Payload], Answer]

_NO_CHANNEL = (404, {"message": "Unknown Channel", "code": 10_003})
_NO_ACCESS = (403, {"message": "Missing Access", "code": 50_001})
_NO_MESSAGE = (404, {"message": "Unknown Message", "code": 10_008})
_NO_ROUTE = (404, {"message": "404: Not Found", "code": 0})
_NO_TOKEN = (401, {"message": "401: Unauthorized", "code": 0})


class Rest:
    """Answers requests from what the world holds, unless a fault comes first."""

    def __init__(self, worlds: Sequence[World], *, token: str, gateway_url: Callable[[], str]) -> None:
        self.worlds = worlds
        self.world = worlds[0]  #: which also has the channels of direct messages
        self.faults = Faults()
        self.requests: list[str] = []  #: method and path of each, oldest first
        self.gateway_url = gateway_url
        self._token = token

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        path = request.path.removeprefix("/api/v10")
        what = f"{request.method} {path}"
        body = await _body_of(request)
        self.requests.append(what)
        fault = self.faults.take(what)
        if fault is None:
            return _answered(*self._answer(what, request, body))
        await asyncio.sleep(fault.delay_s)
        only_late = fault.status == 200 and fault.body is None
        answer = self._answer(what, request, body) if fault.afterwards or only_late else _NO_ROUTE
        return _answered(*answer) if only_late else _gone_wrong(fault, request)

    def at(self, channel_id: int) -> World:
        """The server that this channel belongs to; the first one where none does."""
        return next((each for each in self.worlds if each.place(channel_id) is not None), self.world)

    def _answer(self, what: str, request: web.Request, body: Payload) -> Answer:
        if request.headers.get("Authorization") != f"Bot {self._token}":
            return _NO_TOKEN
        for pattern, route in _ROUTES:
            match = pattern.fullmatch(what)
            if match:
                status, answer = route(self, match, request, body)
                if status < 300 and request.headers.get("X-Audit-Log-Reason"):
                    reason = unquote(request.headers["X-Audit-Log-Reason"])
                    self.world.done.append(BotAction(what=what, reason=reason, body=json.dumps(body)))
                return status, answer
        return _NO_ROUTE


async def _body_of(request: web.Request) -> Payload:
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return dict(json.loads(str(form.get("payload_json", "{}"))))
    found = await request.read()
    return dict(json.loads(found)) if found.startswith(b"{") else {}


def _answered(status: int, answer: Any) -> web.Response:
    """`application/json` and nothing behind it: discord.py takes anything else for plain text."""
    headers = {
        "X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "999", "X-RateLimit-Reset-After": "1.0",
        "Via": "1.1 google",
    }  # fmt: skip
    if status == 204:
        return web.Response(status=204, headers=headers)
    return web.Response(
        status=status, body=json.dumps(answer).encode(), content_type="application/json", headers=headers
    )


def _gone_wrong(fault: Fault, request: web.Request) -> web.Response:
    if fault.status == 0:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    body = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
    return web.Response(
        status=fault.status, body=body.encode(), content_type=fault.content_type, headers=dict(fault.headers)
    )


def _number(request: web.Request, name: str) -> int | None:
    return int(request.query[name]) if name in request.query else None


def _me(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del rest, match, request, body
    return 200, payloads.user(BOT, bot=True)


def _application(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del rest, match, request, body
    return 200, payloads.application()


def _commands(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del rest, match, request, body
    return 200, []


def _gateway(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del match, request, body
    limit = {"total": 1000, "remaining": 999, "reset_after": 1, "max_concurrency": 1}
    return 200, {"url": rest.gateway_url(), "shards": 1, "session_start_limit": limit}


def _user(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del rest, request, body
    return 200, payloads.user(int(match["id"]))


def _member(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del rest, request
    found = payloads.member(int(match["id"]))
    return 200, {**found, "communication_disabled_until": body.get("communication_disabled_until")}


def _direct(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del match, request
    return 200, rest.world.direct(int(body.get("recipient_id", OWNER)))


def _channel(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del request, body
    found = rest.at(int(match["channel"])).place(int(match["channel"]))
    return (200, found) if found is not None else _NO_CHANNEL


def _history(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del body
    channel_id = int(match["channel"])
    world = rest.at(channel_id)
    if world.place(channel_id) is None:
        return _NO_CHANNEL
    if not world.may_read(channel_id):
        return _NO_ACCESS
    after, before = _number(request, "after"), _number(request, "before")
    return 200, world.history(channel_id, after=after, before=before, limit=_number(request, "limit") or 50)


def _post(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del request
    channel_id = int(match["channel"])
    world = rest.at(channel_id)
    if world.place(channel_id) is None:
        return _NO_CHANNEL
    return 200, {key: value for key, value in world.post_as_bot(channel_id, body).items() if key != "sent"}


def _message(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del request, body
    channel_id, message_id = int(match["channel"]), int(match["id"])
    found = rest.at(channel_id).history(channel_id, after=message_id - 1, before=None, limit=1)
    return (200, found[0]) if found and int(found[0]["id"]) == message_id else _NO_MESSAGE


def _edit(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del request
    found = rest.at(int(match["channel"])).edit_as_bot(int(match["channel"]), int(match["id"]), body)
    return _NO_MESSAGE if found is None else (200, {key: value for key, value in found.items() if key != "sent"})


def _delete(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del request, body
    return (
        (204, None) if rest.at(int(match["channel"])).delete(int(match["channel"]), int(match["id"])) else _NO_MESSAGE
    )


def _archived(rest: Rest, match: re.Match[str], request: web.Request, body: Payload) -> Answer:
    del request, body
    archived = [
        each
        for each in rest.at(int(match["channel"])).threads.values()
        if each["parent_id"] == match["channel"] and each["thread_metadata"]["archived"]
    ]
    return 200, {"threads": archived, "members": [], "has_more": False}


_ROUTES: tuple[tuple[re.Pattern[str], Route], ...] = tuple(
    (re.compile(pattern), route)
    for pattern, route in (
        (r"GET /users/@me", _me),
        (r"GET /oauth2/applications/@me", _application),
        (r"PUT /applications/\d+/(guilds/\d+/)?commands", _commands),
        (r"GET /gateway/bot", _gateway),
        (r"GET /users/(?P<id>\d+)", _user),
        (r"(GET|PATCH) /guilds/\d+/members/(?P<id>\d+)", _member),
        (r"POST /users/@me/channels", _direct),
        (r"GET /channels/(?P<channel>\d+)", _channel),
        (r"GET /channels/(?P<channel>\d+)/messages", _history),
        (r"GET /channels/(?P<channel>\d+)/messages/(?P<id>\d+)", _message),
        (r"POST /channels/(?P<channel>\d+)/messages", _post),
        (r"PATCH /channels/(?P<channel>\d+)/messages/(?P<id>\d+)", _edit),
        (r"DELETE /channels/(?P<channel>\d+)/messages/(?P<id>\d+)", _delete),
        (r"GET /channels/(?P<channel>\d+)/threads/archived/public", _archived),
    )
)
