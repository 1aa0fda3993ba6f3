"""Two installations: each with a database, a key of its own, and a way to carry servers between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Cipher, new_key
from bot.storage.cases.marks import write_words
from bot.storage.privacy.departures import of_server
from bot.storage.tables.actions import case_notes
from bot.storage.tables.cases import metadata
from bot.storage.tables.lookups import note_words
from bot.storage.tables.privacy import departures
from bot.storage.transfer.export import Exported, ServerExport
from bot.storage.transfer.file_format import TransferReader
from bot.storage.transfer.importing import Imported, ServerImport
from bot.storage.transfer.references import gives_ids
from tests.bot.storage.rows import NOON, filled

HERE, ELSEWHERE, NEW = 1, 2, 3
PASSPHRASE = "a passphrase that is long enough"


def new_cipher() -> Cipher:
    """A key that nobody else has."""
    return Cipher((new_key().encode(),))


def is_alone(table: Table) -> bool:
    """Has a server one row in it?"""
    return [column.name for column in table.primary_key.columns] == ["guild_id"]


@dataclass(kw_only=True)
class Installation:
    """A database and its key."""

    engine: AsyncEngine
    cipher: Cipher = field(default_factory=new_cipher)

    async def fill(self, *guilds: int, rows: int = 2, first: int = 1) -> None:
        """Rows in every table for each of these servers, with a text in every encrypted column."""
        async with self.engine.begin() as connection:
            for table in metadata.sorted_tables:
                if table in (departures, note_words):
                    continue
                for place, guild_id in enumerate(guilds):
                    for number in range(first + place * rows, first + (place + 1) * rows):
                        row = self._row(table, number, guild_id)
                        if number == first + place * rows or not is_alone(table):
                            await connection.execute(insert(table).values(row))
            if connection.dialect.name == "postgresql":  # which does not see that ids were written
                for table in filter(gives_ids, metadata.sorted_tables):
                    sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
                    await connection.execute(text(f"SELECT setval({sequence}, max(id)) FROM {table.name}"))

    def _row(self, table: Table, number: int, guild_id: int) -> dict[str, Any]:
        row = filled(table, number, guild_id=guild_id)
        texts = {
            column.name: self.cipher.encrypt(f"{table.name} {column.name} {number}")
            for column in table.columns
            if column.name.endswith("_encrypted")
        }
        if table.name == "screened_sets":
            row |= {"version_ids": [number], "known": {"looked": number}}
        return {**row, **texts}

    async def mark_words(self, guild_id: int) -> None:
        """Make the marks of notes' words, as the store does."""
        async with self.engine.begin() as connection:
            rows = await connection.execute(select(case_notes).where(case_notes.c.guild_id == guild_id))
            for row in rows.mappings().all():
                text = self.cipher.decrypt(row["text_encrypted"]) or ""
                number = row["case_number"]
                await write_words(connection, guild_id, number, note_id=row["id"], text=text, cipher=self.cipher)

    async def export(self, guild_id: int, target: Path, *, passphrase: str | None = PASSPHRASE) -> Exported:
        """Write a server into a file."""
        return await ServerExport(self.engine, cipher=self.cipher, now=lambda: NOON).write(
            guild_id, target, passphrase=passphrase
        )

    async def take(self, file: Path, *, guild_id: int | None = None, passphrase: str | None = PASSPHRASE) -> Imported:
        """Read a server out of a file."""
        with file.open("rb") as opened:
            reader = TransferReader(opened, name=file.name, passphrase=passphrase)
            return await ServerImport(self.engine, cipher=self.cipher, now=lambda: NOON).read(
                reader, name=file.name, guild_id=guild_id
            )

    async def content(self, guild_id: int) -> dict[str, list[dict[str, Any]]]:
        """Everything that is kept of a server, with texts in clear."""
        found: dict[str, list[dict[str, Any]]] = {}
        async with self.engine.connect() as connection:
            for table in metadata.sorted_tables:
                query = select(table).where(of_server(table, guild_id)).order_by(*table.primary_key.columns)
                rows = (await connection.execute(query)).mappings().all()
                found[table.name] = [{name: self._clear(value) for name, value in row.items()} for row in rows]
        return found

    def _clear(self, value: Any) -> Any:
        if not isinstance(value, bytes):
            return value
        return self.cipher.decrypt(value) or value

    async def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        async with self.engine.connect() as connection:
            return {
                table.name: len((await connection.execute(select(table))).all()) for table in metadata.sorted_tables
            }
