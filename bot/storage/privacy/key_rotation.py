"""Key rotation: encrypts everything with the newest key, and renews the marks of notes' words.

It stores no progress: texts that already use the newest key are skipped. So a run after an interruption reads
everything again and only writes what is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, RowMapping, Table, and_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import Cipher
from bot.storage.cases.case_rows import NO_TEXT
from bot.storage.cases.marks import forget_words, write_words
from bot.storage.database.engine import writing
from bot.storage.tables.actions import case_notes
from bot.storage.tables.cases import metadata
from bot.storage.tables.lookups import note_words

ENCRYPTED = "_encrypted"  #: suffix of the names of all columns with encrypted texts
Columns = tuple[Column[Any], ...]
Work = Callable[[AsyncConnection, list[RowMapping]], Awaitable[None]]

BATCH = 200  #: rows per transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """The result of a pass over the database."""

    texts: int  #: encrypted with the newest key
    unreadable: int  #: unchanged, because none of the current keys decrypts them
    notes: int  #: notes with new marks

    @property
    def found_nothing(self) -> bool:
        """Is everything that can be decrypted under the newest key?"""
        return not self.texts and not self.notes


def encrypted_columns() -> dict[Table, Columns]:
    """Every column that holds encrypted texts, by its table."""
    found = {
        table: tuple(column for column in table.columns if column.name.endswith(ENCRYPTED))
        for table in metadata.sorted_tables
    }
    return {table: columns for table, columns in found.items() if columns}


async def renew(
    engine: AsyncEngine, cipher: Cipher, *, batch: int = BATCH, done: Callable[[str], None] = lambda _: None
) -> Renewed:
    """One pass over the whole database, in small transactions.

    Args:
        done: called with the name of each table when it is done.

    Raises:
        StorageError: the database could not do what was asked; earlier batches stay committed.
    """
    counts: Counter[str] = Counter()
    for table, columns in encrypted_columns().items():

        async def under_newest(
            connection: AsyncConnection, rows: list[RowMapping], table: Table = table, columns: Columns = columns
        ) -> None:
            for row in rows:
                changed, lost = _renewed(row, columns, cipher)
                counts.update(texts=len(changed), unreadable=lost)
                if changed:
                    await connection.execute(update(table).where(is_row(table, row)).values(changed))

        await in_batches(engine, table, columns, under_newest, size=batch)
        done(table.name)
    notes = await _renew_marks(engine, cipher, batch)
    return Renewed(texts=counts["texts"], unreadable=counts["unreadable"], notes=notes)


def _renewed(row: RowMapping, columns: Columns, cipher: Cipher) -> tuple[dict[str, bytes], int]:
    """Encrypt the texts of a row that use an older key with the newest. Also returns how many can't be decrypted."""
    changed: dict[str, bytes] = {}
    lost = 0
    for column in columns:
        token = row[column.name]
        if token is None or token in NO_TEXT or cipher.is_newest(token):
            continue
        renewed = cipher.renewed(token)
        if renewed is None:
            lost += 1
        else:
            changed[column.name] = renewed
    return changed, lost


async def _renew_marks(engine: AsyncEngine, cipher: Cipher, batch: int) -> int:
    """Recreate marks from the notes, because marks are digests and can't be converted. Returns how many notes had other
    marks."""
    renewed: set[int] = set()
    columns = (case_notes.c.guild_id, case_notes.c.case_number, case_notes.c.text_encrypted)

    async def marked_again(connection: AsyncConnection, rows: list[RowMapping]) -> None:
        ids = [row["id"] for row in rows]
        before = await _marks_of(connection, ids)
        await forget_words(connection, ids)
        for row in rows:
            text = None if row["text_encrypted"] is None else cipher.decrypt(row["text_encrypted"])
            if text is not None:
                await write_words(
                    connection, row["guild_id"], row["case_number"], note_id=row["id"], text=text, cipher=cipher
                )
        renewed.update(note_id for note_id, _ in before ^ await _marks_of(connection, ids))

    await in_batches(engine, case_notes, columns, marked_again, size=batch)
    return len(renewed)


async def _marks_of(connection: AsyncConnection, note_ids: list[int]) -> set[tuple[int, int]]:
    query = select(note_words.c.note_id, note_words.c.word).where(note_words.c.note_id.in_(note_ids))
    return {(row.note_id, row.word) for row in await connection.execute(query)}


async def in_batches(engine: AsyncEngine, table: Table, columns: Columns, work: Work, *, size: int) -> None:
    """Work on all rows of a table in order of their key, `size` per transaction."""
    key = list(table.primary_key.columns)
    last: tuple[Any, ...] | None = None
    while True:
        query = select(*key, *columns).order_by(*key).limit(size)
        if last is not None:
            query = query.where(tuple_(*key) > tuple_(*last))
        async with writing(engine) as connection:
            rows = list((await connection.execute(query.with_for_update())).mappings())
            if not rows:
                return
            await work(connection, rows)
        last = tuple(rows[-1][column.name] for column in key)


def is_row(table: Table, row: RowMapping) -> Any:
    """The condition that names this row."""
    return and_(*(column == row[column.name] for column in table.primary_key.columns))
