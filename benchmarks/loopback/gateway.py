"""The gateway: sessions that are opened, resumed, broken off and forgotten, with everything said in between."""

from __future__ import annotations

import asyncio
import importlib
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol

import aiohttp
from aiohttp import web

from benchmarks.loopback import payloads
from benchmarks.loopback.payloads import BOT, GUILD, Payload


class Op(IntEnum):
    """What a gateway message is about."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class _Packer(Protocol):
    def pack(self, text: str) -> bytes: ...


class _Zlib:
    """One stream for the whole connection; every message ends with a flush."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj()

    def pack(self, text: str) -> bytes:
        return self._stream.compress(text.encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class _Zstd:
    """The same with the newer format, where a library for it is installed."""

    def __init__(self) -> None:
        zstandard: Any = importlib.import_module("zstandard")
        self._stream: Any = zstandard.ZstdCompressor().compressobj()
        self._flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK

    def pack(self, text: str) -> bytes:
        packed: bytes = self._stream.compress(text.encode()) + self._stream.flush(self._flush)
        return packed


_PACKERS: dict[str, Callable[[], _Packer]] = {"zlib-stream": _Zlib, "zstd-stream": _Zstd}


@dataclass(slots=True, eq=False)
class _Line:
    """One connection."""

    socket: web.WebSocketResponse
    packer: _Packer | None
    outbox: asyncio.Queue[Payload | int] = field(default_factory=asyncio.Queue)  #: an int closes the connection

    async def pump(self) -> None:
        """Send what is in the outbox, in order."""
        while not self.socket.closed:
            each = await self.outbox.get()
            try:
                if isinstance(each, int):
                    await self.socket.close(code=each)
                elif self.packer is not None:
                    await self.socket.send_bytes(self.packer.pack(json.dumps(each)))
                else:
                    await self.socket.send_str(json.dumps(each))
            except (ConnectionError, RuntimeError):  # the bot is gone
                return


@dataclass(slots=True)
class _Session:
    id: str
    shard: tuple[int, int]  #: which of how many
    line: _Line | None = None
    events: list[Payload] = field(default_factory=list)

    def has(self, guild_id: int) -> bool:
        """Does the shard hold this server?"""
        number, count = self.shard
        return (guild_id >> 22) % count == number

    def dispatch(self, name: str, data: Payload) -> None:
        """Number the event, remember it for a RESUME, and send it where somebody listens."""
        event = {"op": Op.DISPATCH, "t": name, "s": len(self.events) + 1, "d": data}
        self.events.append(json.loads(json.dumps(event)))  # as it was at this moment
        if self.line is not None:
            self.line.outbox.put_nowait(self.events[-1])


class Gateway:
    """All sessions. What goes wrong is set from outside."""

    def __init__(self, *, guilds: Callable[[], Iterable[Payload]]) -> None:
        self._guilds = guilds
        self._sessions: dict[str, _Session] = {}
        self._lines: set[_Line] = set()
        self._changed = asyncio.Condition()
        self._next = 0
        self._member = True
        self.address = ""  #: where a session is resumed
        self.compresses = True
        self.heartbeat_ms = 41_250
        self.acknowledges = True  #: answers heartbeats
        self.refuse_identify: int | None = None  #: a close code for whoever identifies
        self.heard: Counter[str] = Counter()  #: what came in: identify, resume, resumed, heartbeat, and ?compress=

    def emit(self, name: str, data: Payload, guild_id: int = GUILD) -> None:
        """Something happened in a server: every session that has it is told, now or when it is resumed."""
        for session in self._sessions.values() if self._member else ():
            if session.has(guild_id):
                session.dispatch(name, data)

    def take_away(self) -> None:
        """The bot is removed from the server and gets no more events from it."""
        self.emit("GUILD_DELETE", {"id": str(GUILD)})
        self._member = False

    def give_back(self) -> None:
        """The bot is added to the server again."""
        self._member = True
        joined, *_ = self._guilds()
        del joined["unavailable"]
        self.emit("GUILD_CREATE", joined)

    def break_off(self, code: int) -> None:
        """Close every connection with this code. Sessions stay and can be resumed."""
        for line in self._lines:
            line.outbox.put_nowait(code)

    def ask_to_reconnect(self) -> None:
        """Op 7."""
        self._tell({"op": Op.RECONNECT, "d": None, "s": None, "t": None})

    def invalidate(self, *, resumable: bool) -> None:
        """Op 9. What cannot be resumed is forgotten."""
        if not resumable:
            self.forget()
        self._tell({"op": Op.INVALID_SESSION, "d": resumable, "s": None, "t": None})

    def forget(self, shard: int | None = None) -> None:
        """No session can be resumed from now on; of one shard where it is named."""
        gone = {key: each for key, each in self._sessions.items() if shard in (None, each.shard[0])}
        for key, session in gone.items():
            session.line = None
            del self._sessions[key]

    async def until(self, what: str, times: int = 1) -> None:
        """Wait until this was heard so often."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.heard[what] >= times)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from HELLO to its end."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        asked = request.query.get("compress", "")
        await self._hear(f"compress {asked}")
        packer = _PACKERS[asked]() if self.compresses and asked in _PACKERS else None
        line = _Line(socket=socket, packer=packer)
        self._lines.add(line)
        pump = asyncio.create_task(line.pump())
        line.outbox.put_nowait({"op": Op.HELLO, "d": {"heartbeat_interval": self.heartbeat_ms}, "s": None, "t": None})
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._answer(line, json.loads(message.data))
        finally:
            self._lines.discard(line)
            pump.cancel()
            for session in self._sessions.values():
                if session.line is line:
                    session.line = None
        return socket

    async def _answer(self, line: _Line, said: Payload) -> None:
        op, data = said["op"], said["d"]
        if op == Op.HEARTBEAT:
            await self._hear("heartbeat")
            if self.acknowledges:
                line.outbox.put_nowait({"op": Op.HEARTBEAT_ACK, "d": None, "s": None, "t": None})
        elif op == Op.IDENTIFY:
            self._identify(line, data)
            await self._hear("identify")
        elif op == Op.RESUME:
            resumed = self._resume(line, data)
            await self._hear("resume")
            if resumed:
                await self._hear("resumed")

    def _identify(self, line: _Line, data: Payload) -> None:
        if self.refuse_identify is not None:
            line.outbox.put_nowait(self.refuse_identify)
            return
        self._next += 1
        number, count = data.get("shard", (0, 1))
        session = self._sessions[str(self._next)] = _Session(id=str(self._next), shard=(number, count), line=line)
        guilds = [each for each in self._guilds() if session.has(int(each["id"]))]
        ready = {
            "v": 10, "user": payloads.user(BOT, bot=True), "session_id": session.id, "resume_gateway_url": self.address,
            "guilds": [{"id": each["id"], "unavailable": True} for each in guilds], "shard": [number, count],
            "application": {"id": str(payloads.APPLICATION), "flags": 1 << 19},
        }  # fmt: skip
        session.dispatch("READY", ready)
        for each in guilds:
            session.dispatch("GUILD_CREATE", each)

    def _resume(self, line: _Line, data: Payload) -> bool:
        session = self._sessions.get(str(data["session_id"]))
        if session is None:
            line.outbox.put_nowait({"op": Op.INVALID_SESSION, "d": False, "s": None, "t": None})
            return False
        session.line = line
        for event in session.events[int(data["seq"] or 0) :]:
            line.outbox.put_nowait(event)
        session.dispatch("RESUMED", {})
        return True

    def _tell(self, what: Payload) -> None:
        for line in self._lines:
            line.outbox.put_nowait(what)

    async def _hear(self, what: str) -> None:
        self.heard[what] += 1
        async with self._changed:
            self._changed.notify_all()
