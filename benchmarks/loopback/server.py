"""Starts the loopback Discord, and lets discord.py find it instead of the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import discord
import yarl
from aiohttp import web
from discord.gateway import DiscordWebSocket

from benchmarks.loopback.gateway import Gateway
from benchmarks.loopback.payloads import Ids, Payload, guild_of
from benchmarks.loopback.rest import Rest
from benchmarks.loopback.world import World

TOKEN = "bG9vcGJhY2s.loopback.token"  #: the only one that it accepts


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopbackDiscord:
    """The state, the gateway and the REST, at one port of this machine."""

    world: World  #: the first server
    worlds: tuple[World, ...]
    gateway: Gateway
    rest: Rest
    port: int


@asynccontextmanager
async def loopback_discord(*, channels: int = 3, servers: int = 1) -> AsyncIterator[LoopbackDiscord]:
    """Listens on a free port until the end of the block.

    Args:
        servers: how many there are; of this many shards, each has one.
    """
    gateway = Gateway(guilds=lambda: [each.guild() for each in worlds])
    ids = Ids()

    def world(guild_id: int) -> World:
        def emit(name: str, data: Payload) -> None:
            gateway.emit(name, data, guild_id)

        return World(emit=emit, channels=channels, guild_id=guild_id, ids=ids)

    worlds = tuple(world(guild_of(number)) for number in range(servers))
    rest = Rest(worlds, token=TOKEN, gateway_url=lambda: gateway.address)
    application = web.Application(client_max_size=32 * 1024**2)
    application.router.add_get("/gateway", gateway.handle)
    application.router.add_route("*", "/api/v10/{path:.*}", rest.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        gateway.address = f"ws://127.0.0.1:{port}/gateway"
        yield LoopbackDiscord(world=worlds[0], worlds=worlds, gateway=gateway, rest=rest, port=port)
    finally:
        await runner.cleanup()


@contextmanager
def discord_at(port: int) -> Iterator[None]:
    """discord.py finds Discord at this port of this machine inside the block."""
    http: Any = discord.http.Route
    before = http.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    http.BASE = f"http://127.0.0.1:{port}/api/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"ws://127.0.0.1:{port}/gateway")
    try:
        yield
    finally:
        http.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before
