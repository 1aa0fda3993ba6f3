"""HTTP to one endpoint: JSON out, JSON in, and a `RemoteError` for everything else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2

from classifier.remote.address import base_url
from classifier.remote.errors import (
    EndpointFailed,
    EndpointRefused,
    RemoteError,
    RequestRefused,
    ServerFault,
    TooLongForServer,
)
from classifier.remote.options import Times

LONGEST_ANSWER = 16 * 1024 * 1024  #: bytes; the longest thinking with its token ids takes a fraction of it
_BUSY = (408, 425, 429)
_ABOUT_REQUEST = (400, 413, 415, 422)
_TOO_LONG = ("context length", "context size", "context window", "exceed_context_size", "maximum context", "too long")

Object = dict[str, Any]


class Connection:
    """One endpoint. Safe to use from many tasks."""

    def __init__(
        self, url: str, *, key: str = "", times: Times | None = None, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        """Nothing is opened yet. `transport` replaces the network."""
        times = times or Times()
        self.url = base_url(url)
        self._client = httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx2.Timeout(times.answer, connect=times.connect),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=64),
            transport=transport,
        )

    async def get(self, path: str) -> Object:
        """The JSON object at a path.

        Raises:
            RemoteError: there is none.
        """
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> Object:
        """The JSON object that a path answers to `body`.

        Raises:
            RemoteError: there is none.
        """
        return await self._ask("POST", path, body)

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> Object:
        try:
            async with self._client.stream(method, self.url + path, json=body) as response:
                status, data = response.status_code, await self._read(response)
        except httpx2.ConnectTimeout:
            raise EndpointFailed(f"{self.url} does not answer: check that the server runs, and the firewall") from None
        except httpx2.ConnectError:
            raise EndpointFailed(f"{self.url} cannot be reached: check the address and that the server runs") from None
        except httpx2.TimeoutException:
            raise EndpointFailed(
                f"{self.url} is too slow: raise BYLAW_REMOTE_TIMEOUT_SECONDS or give the server less to do"
            ) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError):
            raise EndpointFailed(f"{self.url} broke the connection: look in the server's log") from None
        if status != httpx2.codes.OK:
            raise self._error(status, data)
        return self._object(data)

    async def _read(self, response: httpx2.Response) -> bytes:
        data = bytearray()
        async for chunk in response.aiter_bytes():
            data += chunk
            if len(data) > LONGEST_ANSWER:
                raise EndpointFailed(f"{self.url} sends more than any answer needs: check that the address is right")
        return bytes(data)

    def _object(self, data: bytes) -> Object:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise EndpointFailed(f"{self.url} answers with something that is not JSON: check that the address is right")
        return value

    def _error(self, status: int, data: bytes) -> RemoteError:
        """What a status means. The server's own words may quote a message, so they are read but never repeated."""
        if status in (401, 403):
            return EndpointRefused(f"{self.url} refuses the key (status {status}): check BYLAW_REMOTE_KEY")
        words = data[:4096].decode("utf-8", "replace").lower()
        if status in (400, 413, 422) and any(each in words for each in _TOO_LONG):
            return TooLongForServer(f"the context of {self.url} is too small for this policy and message")
        if status in _ABOUT_REQUEST:
            return RequestRefused(f"{self.url} refuses this request (status {status}): look in the server's log")
        if status in _BUSY or status >= 500:
            return ServerFault(f"{self.url} cannot answer at the moment (status {status}): look in the server's log")
        return EndpointRefused(
            f"{self.url} refuses what it is asked (status {status}): check the address and the model"
        )

    async def close(self) -> None:
        """Close the connections. Safe to call twice."""
        await self._client.aclose()
