"""Checks whether a key belongs to a database, and deletes texts whose key is lost."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, RowMapping, Table, delete, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.keys import Cipher
from bot.storage.cases.case_rows import LOST, NO_TEXT
from bot.storage.cases.marks import forget_words
from bot.storage.database.engine import create_engine, reading
from bot.storage.database.migrate import tables_in
from bot.storage.privacy.key_rotation import BATCH, encrypted_columns, in_batches, is_row
from bot.storage.tables.actions import case_notes
from bot.storage.tables.cases import cases
from bot.storage.tables.members import appeals

Columns = tuple[Column[Any], ...]


async def fits(address: str, cipher: Cipher | None) -> bool:
    """Does this key open any text in the database? Also True if there is no text. Creates no database, and reads any
    revision.

    Args:
        cipher: None if there is no key.

    Raises:
        StorageError: the database cannot be opened.
    """
    present = await tables_in(address)
    if not present:
        return True
    engine = create_engine(address)
    found = False
    try:
        async with reading(engine) as connection:
            for table, columns in encrypted_columns().items():
                for column in await _present(connection, table, columns) if table.name in present else ():
                    tokens = await connection.stream_scalars(select(column).where(column.is_not(None)))
                    async for token in tokens:
                        if token in NO_TEXT:
                            continue
                        found = True
                        if cipher is None:
                            return False
                        if cipher.decrypt(token) is not None:
                            return True
    finally:
        await engine.dispose()
    return not found


async def _present(connection: AsyncConnection, table: Table, columns: Columns) -> Columns:
    """The columns that exist in the database, which may have an older revision."""
    there = await connection.run_sync(lambda each: {column["name"] for column in inspect(each).get_columns(table.name)})
    return tuple(column for column in columns if column.name in there)


async def discard_unreadable(engine: AsyncEngine, cipher: Cipher) -> int:
    """Delete every text that none of the current keys decrypts. Returns how many. Rows that are meaningless without
    their text are deleted.

    Raises:
        StorageError: the database could not do what was asked; earlier deletions stay in force.
    """
    count = 0
    for table, columns in encrypted_columns().items():

        async def discard(
            connection: AsyncConnection, rows: list[RowMapping], table: Table = table, columns: Columns = columns
        ) -> None:
            nonlocal count
            for row in rows:
                lost = [column for column in columns if _is_lost(row[column.name], cipher)]
                count += len(lost)
                if lost:
                    await _discard(connection, table, row, lost, cipher)

        await in_batches(engine, table, columns, discard, size=BATCH)
    return count


def _is_lost(token: bytes | None, cipher: Cipher) -> bool:
    return token is not None and token not in NO_TEXT and cipher.decrypt(token) is None


async def _discard(
    connection: AsyncConnection, table: Table, row: RowMapping, lost: list[Column[Any]], cipher: Cipher
) -> None:
    if table is case_notes:
        await forget_words(connection, [row["id"]])
    whole = {cases.c.rationale_encrypted: LOST}
    if table is appeals:  # lists of questions and answers
        whole = dict.fromkeys((appeals.c.answers_encrypted, appeals.c.asked_encrypted), cipher.encrypt("[]"))
    if any(not column.nullable and column not in whole for column in lost):
        await connection.execute(delete(table).where(is_row(table, row)))
        return
    values = {column.name: whole.get(column) for column in lost}
    await connection.execute(update(table).where(is_row(table, row)).values(values))
