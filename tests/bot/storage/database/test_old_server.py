"""A PostgreSQL that is too old is refused by its own greeting, before anything is asked of it."""

from __future__ import annotations

import asyncio
import struct

import pytest

from bot.storage.database.engine import create_engine, reading
from bot.storage.database.errors import StorageError

_SSL_REQUEST = 80_877_103


def part(kind: bytes, body: bytes) -> bytes:
    """A message of PostgreSQL's protocol (https://www.postgresql.org/docs/current/protocol-message-formats.html)."""
    return kind + struct.pack("!I", len(body) + 4) + body


async def greet(version: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let anybody in, say which version this is, and answer nothing else."""
    while True:
        (length,) = struct.unpack("!I", await reader.readexactly(4))
        body = await reader.readexactly(length - 4)
        if struct.unpack("!I", body[:4])[0] != _SSL_REQUEST:
            break
        writer.write(b"N")
    said = f"server_version\0{version}\0".encode()
    writer.write(part(b"R", struct.pack("!I", 0)) + part(b"S", said) + part(b"K", bytes(8)) + part(b"Z", b"I"))
    await writer.drain()
    await reader.read()
    writer.close()


@pytest.mark.parametrize("version", ["9.6.24", "13.23 (Debian 13.23-1)"])
async def test_an_old_server_is_one_line(version: str) -> None:
    """With its version and the oldest that will do."""
    server = await asyncio.start_server(lambda reader, writer: greet(version, reader, writer), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        engine = create_engine(f"postgresql://u:geheim@127.0.0.1:{port}/d")
        with pytest.raises(StorageError) as error:
            async with reading(engine):
                pass
        await engine.dispose()
    major = version.split(".")[0]
    assert str(error.value) == (f"The database server at 127.0.0.1 runs PostgreSQL {major}: it must be 14 or newer.")
