"""A way to PostgreSQL that goes silent: it passes nothing on and closes nothing, like a machine without power."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url


class Relay:
    """Stands between a client and the server. New connections are still taken, and answered by nobody."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._passes = asyncio.Event()
        self._passes.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    def go_silent(self) -> None:
        """Pass nothing on from now on."""
        self._passes.clear()

    def come_back(self) -> None:
        """The machine has power again and knows nothing of the connections of before."""
        for each in self._writers:
            each.transport.abort()
        self._writers.clear()
        self._passes.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect a client with the server."""
        task = asyncio.current_task()
        assert task is not None
        self._keep(task)
        self._writers.append(writer)
        await self._passes.wait()
        try:
            onward_reader, onward_writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            return
        self._writers.append(onward_writer)
        for source, target in ((reader, onward_writer), (onward_reader, writer)):
            self._keep(asyncio.create_task(self._pump(source, target)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._passes.wait()
                target.write(data)
            await self._passes.wait()
            target.close()
        except OSError:
            target.transport.abort()

    async def close(self) -> None:
        """End everything."""
        while tasks := list(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self.come_back()


@asynccontextmanager
async def relayed(address: str) -> AsyncIterator[tuple[Relay, str]]:
    """The relay to the database at this address, and the address of the same database behind it."""
    url = make_url(address)
    assert url.host is not None
    assert url.port is not None
    relay = Relay(url.host, url.port)
    server = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield relay, url.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
    finally:
        server.close()
        await relay.close()
