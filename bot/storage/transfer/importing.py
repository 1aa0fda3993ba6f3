"""Imports a server from a file into this installation: everything in one transaction, or nothing.

Ids assigned by the database stay the same if they are still free, as in an empty database. Otherwise all ids of that
table are shifted by the same number, and so are all references to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import Cipher
from bot.moderation.cases.audit import AuditAction, AuditEntry
from bot.storage.audit.log import write_entries
from bot.storage.cases.marks import write_words
from bot.storage.cases.stale_cards import mark_stale
from bot.storage.database.engine import writing
from bot.storage.database.migrate import newest_revision
from bot.storage.privacy.departures import of_server
from bot.storage.tables.actions import case_actions, case_notes
from bot.storage.tables.privacy import departures
from bot.storage.transfer.errors import TransferError
from bot.storage.transfer.file_format import Contents, TransferReader
from bot.storage.transfer.references import gives_ids, moved
from bot.storage.transfer.tables import PROGRESS, for_another_server, travelling
from bot.storage.transfer.values import from_json

_BATCH = 500  #: rows in one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The result of an import."""

    guild_id: int
    from_guild_id: int
    rows: dict[str, int]  #: rows written of each table that has any
    moved: bool  #: ids were taken, so they differ from those in the file


@dataclass(slots=True, kw_only=True)
class _Work:
    """One import in progress."""

    connection: AsyncConnection
    contents: Contents
    guild_id: int
    shifts: Mapping[str, int]
    seen: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)

    @property
    def another_server(self) -> bool:
        return self.guild_id != self.contents.guild_id


class ServerImport:
    """Reads servers out of files. The database is at the newest revision."""

    def __init__(self, engine: AsyncEngine, *, cipher: Cipher, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._cipher = cipher
        self._now = now

    async def read(self, reader: TransferReader, *, name: str, guild_id: int | None = None) -> Imported:
        """Import everything, with an audit entry.

        Args:
            name: of the file, for messages.
            guild_id: the server that it becomes; None for the original one.

        Raises:
            TransferError: the file cannot be used, or something is kept of that server here already; then nothing
                was written.
            StorageError: the database could not do what was asked, and nothing was written.
        """
        require_revision(reader, name)
        contents = reader.contents()
        target = guild_id or contents.guild_id
        async with writing(self._engine) as connection:
            await _require_nothing(connection, target)
            for table in (*PROGRESS, departures):
                await connection.execute(delete(table).where(table.c.guild_id == target))
            work = _Work(
                connection=connection,
                contents=contents,
                guild_id=target,
                shifts=await _shifts(connection, contents),
            )
            try:
                for table, rows in _batches(reader, work):
                    await self._write(work, table, rows)
            except (ValueError, KeyError, TypeError, OverflowError) as error:
                raise TransferError(
                    f"{name} holds a row that fits no table of this version: export it again with the same version of "
                    "Bylaw. Nothing was imported."
                ) from error
            _require_all(work, name)
            await self._finish(work, exported_at=reader.header.exported_at)
        moves = any(work.shifts.values())
        return Imported(guild_id=target, from_guild_id=contents.guild_id, rows=dict(work.written), moved=moves)

    async def _write(self, work: _Work, table: Table, rows: list[dict[str, Any]]) -> None:
        fitting = [each for row in rows if (each := self._fitting(work, table, row)) is not None]
        if not fitting:
            return
        await work.connection.execute(insert(table), fitting)
        work.written[table.name] += len(fitting)
        if table is case_notes:
            for row in fitting:
                await self._mark_words(work.connection, row)

    def _fitting(self, work: _Work, table: Table, row: dict[str, Any]) -> dict[str, Any] | None:
        if row.keys() != set(table.columns.keys()):
            raise ValueError("other columns")
        values = {column.name: from_json(column, row[column.name], self._cipher) for column in table.columns}
        if gives_ids(table):
            known = work.contents.tables[table.name]
            if not known.first <= values["id"] <= known.last:
                raise ValueError("an id that the file does not announce")
        _require_own_parents(work, table, values)
        if "guild_id" in values:
            values["guild_id"] = work.guild_id
        values = moved(table, values, work.shifts)
        return for_another_server(table, values) if work.another_server else values

    async def _mark_words(self, connection: AsyncConnection, row: Mapping[str, Any]) -> None:
        token = row["text_encrypted"]
        words = None if token is None else self._cipher.decrypt(token)
        if words is not None:
            await write_words(
                connection, row["guild_id"], row["case_number"], note_id=row["id"], text=words, cipher=self._cipher
            )

    async def _finish(self, work: _Work, *, exported_at: str) -> None:
        connection, guild_id = work.connection, work.guild_id
        await _count_on(connection, work)
        if work.shifts.get(case_actions.name) and not work.another_server:
            acted = select(case_actions.c.case_number).where(case_actions.c.guild_id == guild_id).distinct()
            numbers = (await connection.execute(acted)).scalars().all()
            await mark_stale(connection, guild_id, numbers, at=self._now())  # their buttons name actions by id
        entry = AuditEntry(
            guild_id=guild_id,
            actor_id=None,
            action=AuditAction.SERVER_IMPORTED,
            subject="server",
            detail=f"server {work.contents.guild_id} as it was on {exported_at}, {work.written.total()} rows",
            at=self._now(),
        )
        await write_entries(connection, [entry])


def require_revision(reader: TransferReader, name: str) -> None:
    """Refuse a file of another version.

    Raises:
        TransferError: its database had other tables.
    """
    newest, header = newest_revision(), reader.header
    if header.revision != newest:
        raise TransferError(
            f"{name} was exported by Bylaw {header.bylaw} at revision {header.revision} of the database, and this one "
            f"works with {newest}: install the same version in both places and export again. Nothing was imported."
        )


async def _require_nothing(connection: AsyncConnection, guild_id: int) -> None:
    for table in travelling():
        if table in PROGRESS:
            continue
        if (await connection.execute(select(table).where(of_server(table, guild_id)).limit(1))).first():
            raise TransferError(
                f"Something is kept of server {guild_id} here already (in {table.name}): import into a database that "
                "does not know it, or name another server with --guild. Nothing was imported."
            )


def _batches(reader: TransferReader, work: _Work) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """The rows of the file, in batches that fit into one statement."""
    tables = {table.name: table for table in travelling()}
    batch: list[dict[str, Any]] = []
    current = ""
    for name, row in reader.rows():
        if batch and (name != current or len(batch) == _BATCH):
            yield tables[current], batch
            batch = []
        current = name
        work.seen[name] += 1
        batch.append(row)
    if batch:
        yield tables[current], batch


def _require_own_parents(work: _Work, table: Table, values: Mapping[str, Any]) -> None:
    """Make sure that a row only refers to rows of this file."""
    for key in table.foreign_keys:
        known = work.contents.tables[key.column.table.name]
        if not known.first <= values[key.parent.name] <= known.last:
            raise ValueError("a row of somebody else")


def _require_all(work: _Work, name: str) -> None:
    if work.seen != Counter({table: counts.rows for table, counts in work.contents.tables.items() if counts.rows}):
        raise TransferError(f"{name} holds fewer or more rows than it says: export it again. Nothing was imported.")


async def _shifts(connection: AsyncConnection, contents: Contents) -> dict[str, int]:
    """The shift of each table's ids: 0 if the database hasn't assigned any of them."""
    shifts = {}
    for table in travelling():
        counts = contents.tables.get(table.name)
        if counts is not None and counts.rows and gives_ids(table):
            given = await _last_given(connection, table)
            shifts[table.name] = 0 if counts.first > given else given + 1 - counts.first
    return shifts


async def _last_given(connection: AsyncConnection, table: Table) -> int:
    """The last id that the database assigned in this table, even if that row was deleted."""
    highest = await connection.scalar(select(func.max(table.c.id))) or 0
    if connection.dialect.name == "postgresql":
        query = "SELECT pg_sequence_last_value(pg_get_serial_sequence(:name, 'id')::regclass)"
    else:
        query = "SELECT seq FROM sqlite_sequence WHERE name = :name"
    return max(highest, await connection.scalar(text(query), {"name": table.name}) or 0)


async def _count_on(connection: AsyncConnection, work: _Work) -> None:
    """Continue ids after the imported ones. SQLite does this automatically."""
    if connection.dialect.name != "postgresql":
        return
    query = text("SELECT setval(pg_get_serial_sequence(:name, 'id')::regclass, :last)")
    for table in travelling():
        if gives_ids(table) and work.written[table.name]:
            last = work.contents.tables[table.name].last + work.shifts[table.name]
            await connection.execute(query, {"name": table.name, "last": last})
