"""Finds mentions of a member in all tables with encrypted texts except cases: notes, reasons, appeals, reports,
pins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, RowMapping, Table, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.keys import Cipher
from bot.storage.cases.case_rows import NO_TEXT
from bot.storage.cases.marks import forget_words, write_words
from bot.storage.database.event_loop import yielding
from bot.storage.privacy.key_rotation import is_row
from bot.storage.privacy.quotes import scrubbed
from bot.storage.tables.actions import case_notes
from bot.storage.tables.lookups import case_queries


async def next_rows(
    connection: AsyncConnection, table: Table, guild_id: int, *, after: tuple[Any, ...], limit: int
) -> list[RowMapping]:
    """The next rows of a server in a table, in order of its key."""
    key = list(table.primary_key.columns)
    query = select(table).where(table.c.guild_id == guild_id).order_by(*key).limit(limit)
    if after:
        query = query.where(tuple_(*key) > tuple_(*after))
    return list((await connection.execute(query.with_for_update())).mappings())


async def scrub_rows(
    connection: AsyncConnection,
    table: Table,
    rows: Iterable[RowMapping],
    columns: Iterable[Column[Any]],
    *,
    member_id: int,
    cipher: Cipher,
) -> list[RowMapping]:
    """Replace mentions of the member in these rows, and delete searches that name them. Returns the changed rows."""
    names = [column.name for column in columns]
    changed = []
    async for row in yielding(rows):
        texts = {name: _text(row[name], cipher) for name in names}
        if table is case_queries:
            if any(str(member_id) in text for text in texts.values() if text is not None):
                await connection.execute(delete(table).where(is_row(table, row)))
            continue
        others = {name: scrubbed(name, text, member_id) for name, text in texts.items() if text is not None}
        values = {name: cipher.encrypt(text) for name, text in others.items() if text != texts[name]}
        if values:
            await connection.execute(update(table).where(is_row(table, row)).values(values))
            changed.append(row)
        if values and table is case_notes:
            await forget_words(connection, [row["id"]])
            number, text = row["case_number"], others["text_encrypted"]
            await write_words(connection, row["guild_id"], number, note_id=row["id"], text=text, cipher=cipher)
    return changed


def _text(token: bytes | None, cipher: Cipher) -> str | None:
    return None if token is None or token in NO_TEXT else cipher.decrypt(token)
