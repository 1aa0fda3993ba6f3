"""A minimal ASGI edge: requests, and objects or refusals as responses, as values."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from classifier.errors import described

_log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Object = dict[str, Any]

_DRAINED = 32 << 20  # bytes read of a body that is too large, so that its sender can read the response


class Refusal(Exception):
    """A request is refused. The text is one line for the caller, and never quotes what they sent."""

    def __init__(self, status: int, line: str, **headers: str) -> None:
        super().__init__(line)
        self.status = status
        self.headers = headers


class Disconnected(Exception):
    """The caller disconnected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request whose body isn't read yet."""

    method: str
    path: str
    headers: dict[str, str]  #: by their names in lower case
    receive: Receive

    async def body(self, most: int) -> bytes:
        """The whole body.

        Raises:
            Refusal: it is longer than `most` bytes.
            Disconnected: the caller disconnected before its end.
        """
        data, length, more = bytearray(), 0, True
        while more:
            event = await self.receive()
            if event["type"] == "http.disconnect":
                raise Disconnected
            part, more = event.get("body", b""), event.get("more_body", False)
            length += len(part)
            if length <= most:
                data += part
            elif length > _DRAINED:
                break
        if length > most:
            raise Refusal(413, f"the body is longer than {most >> 20} MiB: send less at a time")
        return bytes(data)

    async def json_object(self, most: int) -> Object:
        """The body as a JSON object.

        Raises:
            Refusal: it is too long, or isn't one.
            Disconnected: the caller disconnected before its end.
        """
        data = await self.body(most)
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            raise Refusal(400, "the body is not JSON in UTF-8") from None
        if not isinstance(value, dict):
            raise Refusal(400, "the body is not a JSON object")
        return value


Answer = Callable[[HttpRequest], Awaitable[Object]]


class HttpEdge:
    """An ASGI application around one function: what it returns is sent as JSON, what it raises as one line."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (the ASGI interface)."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await send({"type": f"{scope['type']}.close"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        request = HttpRequest(method=scope["method"], path=scope["path"], headers=headers, receive=receive)
        try:
            await _reply(send, 200, await self._answer(request))
        except Disconnected:
            return
        except Refusal as refusal:
            await _reply(send, refusal.status, {"error": str(refusal)}, **refusal.headers)
        except Exception as error:  # noqa: BLE001  # the text of an unknown error may quote a message, and Ray would log it
            _log.error("a request to the judge failed: %s", described(error))  # a traceback may, too
            await _reply(send, 500, {"error": "the judge failed at this request: look into its log"})


async def _reply(send: Send, status: int, data: Object, **headers: str) -> None:
    body = json.dumps(data, separators=(",", ":")).encode()
    given = {"content-type": "application/json", "content-length": str(len(body)), "cache-control": "no-store"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    """The lifespan protocol, without anything to open or close."""
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
