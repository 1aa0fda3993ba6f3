"""Exports all data of a server to a file: from one moment, completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import snapshot, writing
from bot.storage.database.migrate import newest_revision
from bot.storage.privacy.departures import of_server
from bot.storage.tables.cases import audit_entries
from bot.storage.transfer.errors import TransferError
from bot.storage.transfer.file_format import Contents, TableCounts, TransferWriter
from bot.storage.transfer.references import gives_ids
from bot.storage.transfer.tables import travelling
from bot.storage.transfer.values import UnreadableText, to_json

_MOST_NAMED = 10  # servers in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The contents of the file."""

    rows: dict[str, int]  #: rows of each table that has any


class ServerExport:
    """Writes servers into files. The database is at the newest revision."""

    def __init__(self, engine: AsyncEngine, *, cipher: Cipher, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._cipher = cipher
        self._now = now

    async def write(self, guild_id: int, target: Path, *, passphrase: str | None) -> Exported:
        """Write a server into a new file, with an audit entry.

        Args:
            passphrase: encrypts the file; None leaves all texts in it readable.

        Raises:
            TransferError: nothing is kept of the server, a text cannot be read, or the file is there already or
                cannot be written; then there is no file.
            StorageError: the database could not do what was asked.
        """
        with _new_file(target) as file:
            await self._write_entry(guild_id)  # first: nothing is exported without one
            return Exported(rows=await self._write_all(guild_id, file, passphrase))

    async def _write_entry(self, guild_id: int) -> None:
        async with writing(self._engine) as connection:
            if not await _has_rows(connection, guild_id):
                known = await connection.scalars(
                    select(audit_entries.c.guild_id).distinct().order_by(audit_entries.c.guild_id).limit(_MOST_NAMED)
                )
                names = ", ".join(str(each) for each in known) or "none"
                raise TransferError(f"Nothing is kept of server {guild_id}. Servers in this database: {names}.")
            entry = AuditEntry(
                guild_id=guild_id,
                actor_id=None,
                action=AuditAction.SERVER_EXPORTED,
                subject="server",
                at=self._now(),
            )
            await write_entries(connection, [entry])

    async def _write_all(self, guild_id: int, file: BinaryIO, passphrase: str | None) -> dict[str, int]:
        writer = TransferWriter(file, passphrase=passphrase)
        async with snapshot(self._engine) as connection:
            counts = {table.name: await _counts(connection, table, guild_id) for table in travelling()}
            writer.begin(
                Contents(guild_id=guild_id, tables=counts),
                bylaw=version("bylaw"),
                revision=newest_revision() or "",
                exported_at=self._now().astimezone(UTC).isoformat(timespec="seconds"),
            )
            for table in travelling():
                await self._write_rows(connection, table, guild_id, writer)
        writer.end()
        return {name: found.rows for name, found in counts.items() if found.rows}

    async def _write_rows(
        self, connection: AsyncConnection, table: Table, guild_id: int, writer: TransferWriter
    ) -> None:
        query = select(table).where(of_server(table, guild_id)).order_by(*table.primary_key.columns)
        columns = tuple(table.columns)
        async for row in await connection.stream(query):
            try:
                values = {
                    column.name: to_json(column, value, self._cipher)
                    for column, value in zip(columns, row, strict=True)
                }
            except UnreadableText:
                raise TransferError(
                    f"A text in {table.name} cannot be read with the present key: put the right key back, or give such "
                    "texts up with `bylaw keys discard-texts --yes`. Nothing was exported."
                ) from None
            writer.row(table.name, values)


@contextmanager
def _new_file(target: Path) -> Iterator[BinaryIO]:
    """A file for this user only, which gets its name when it is complete."""
    if target.exists():
        raise TransferError(f"{target} is there already: name another file.")
    draft = target.with_name(f"{target.name}.unfinished")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
    except OSError as error:
        raise TransferError(
            f"{target} cannot be written ({error.strerror}): make room there, or name another folder."
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


async def _has_rows(connection: AsyncConnection, guild_id: int) -> bool:
    for table in travelling():
        if (await connection.execute(select(table).where(of_server(table, guild_id)).limit(1))).first():
            return True
    return False


async def _counts(connection: AsyncConnection, table: Table, guild_id: int) -> TableCounts:
    mine = of_server(table, guild_id)
    rows = await connection.scalar(select(func.count()).select_from(table).where(mine)) or 0
    if not rows or not gives_ids(table):
        return TableCounts(rows=rows)
    first, last = (await connection.execute(select(func.min(table.c.id), func.max(table.c.id)).where(mine))).one()
    return TableCounts(rows=rows, first=first, last=last)
