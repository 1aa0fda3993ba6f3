"""Exports a server from a database to a file, and imports it; each function opens the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.keys import Cipher
from bot.storage.database.engine import create_engine
from bot.storage.transfer.export import Exported, ServerExport
from bot.storage.transfer.file_format import TransferReader
from bot.storage.transfer.importing import Imported, ServerImport, require_revision


async def export_server(
    address: str,
    guild_id: int,
    target: Path,
    *,
    cipher: Cipher,
    passphrase: str | None,
    now: Callable[[], datetime],
) -> Exported:
    """`ServerExport.write`, and raises what that raises."""
    engine = create_engine(address)
    try:
        return await ServerExport(engine, cipher=cipher, now=now).write(guild_id, target, passphrase=passphrase)
    finally:
        await engine.dispose()


async def import_server(
    address: str,
    file: Path,
    *,
    cipher: Cipher,
    passphrase: str | None,
    now: Callable[[], datetime],
    guild_id: int | None = None,
) -> Imported:
    """`ServerImport.read`, and raises what that raises, and `OSError` if the file can't be read."""
    engine = create_engine(address)
    try:
        with file.open("rb") as opened:
            reader = TransferReader(opened, name=str(file), passphrase=passphrase)
            return await ServerImport(engine, cipher=cipher, now=now).read(reader, name=str(file), guild_id=guild_id)
    finally:
        await engine.dispose()


def look_at(file: Path, *, passphrase: str | None) -> None:
    """Check the beginning of a file, before a database or a key is created for it.

    Raises:
        TransferError: it isn't an export, is from another version, or its passphrase is different.
        OSError: it cannot be read.
    """
    with file.open("rb") as opened:
        reader = TransferReader(opened, name=str(file), passphrase=passphrase)
        require_revision(reader, str(file))
        reader.contents()
