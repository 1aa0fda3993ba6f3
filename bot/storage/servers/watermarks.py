"""Watermarks in the database: how far each channel was processed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Table, and_, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.moderation.messages.watermarks import Place, read_again_from
from bot.storage.database.engine import reading, writing
from bot.storage.tables.watermarks import conversation_marks, finished_messages, watermarks


class SqlWatermarkStore:
    """`bot.moderation.messages.watermarks.WatermarkStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def all(self) -> dict[Place, int]:
        """Every mark, including those of whole servers."""
        columns = watermarks.c
        async with reading(self._engine) as connection:
            rows = await connection.execute(select(columns.guild_id, columns.channel_id, columns.message_id))
            return {(guild_id, channel_id): message_id for guild_id, channel_id, message_id in rows}

    async def put(self, marks: Mapping[Place, int]) -> None:
        """Keep marks in one transaction. A stored mark is never lowered."""
        if marks:
            async with writing(self._engine) as connection:
                await _raise(connection, watermarks, marks)

    async def finished(self) -> dict[Place, dict[int, int]]:
        """The messages that are done in addition to the marks, each with its last edit."""
        columns = finished_messages.c
        query = select(columns.guild_id, columns.channel_id, columns.message_id, columns.edit)
        found: defaultdict[Place, dict[int, int]] = defaultdict(dict)
        async with reading(self._engine) as connection:
            for guild_id, channel_id, message_id, edit in await connection.execute(query):
                found[guild_id, channel_id][message_id] = edit
        return dict(found)

    async def put_finished(self, new: Mapping[Place, Mapping[int, int]], *, marks: Mapping[Place, int]) -> None:
        """Store messages in one transaction, and delete those covered by these marks."""
        rows = [
            {"guild_id": guild_id, "channel_id": channel_id, "message_id": message_id, "edit": edit}
            for (guild_id, channel_id), edits in new.items()
            for message_id, edit in edits.items()
        ]
        columns = finished_messages.c
        async with writing(self._engine) as connection:
            if rows:
                await _upsert(connection, finished_messages, "edit", rows)
            for (guild_id, channel_id), mark in marks.items():
                here = (columns.guild_id == guild_id, columns.channel_id == channel_id)
                as_posted = and_(columns.edit == 0, columns.message_id <= mark)
                old = or_(as_posted, columns.message_id <= read_again_from(mark))
                await connection.execute(delete(finished_messages).where(*here, old))

    async def forget_channel(self, guild_id: int, channel_id: int) -> None:
        """The channel was deleted."""
        async with writing(self._engine) as connection:
            for table in (watermarks, conversation_marks, finished_messages):
                here = (table.c.guild_id == guild_id, table.c.channel_id == channel_id)
                await connection.execute(delete(table).where(*here))


class SqlConversationMarks:
    """`bot.moderation.judging.conversations.ConversationMarks` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, guild_id: int, channel_id: int) -> int:
        """The id of the last message judged; 0 for none."""
        columns = conversation_marks.c
        query = select(columns.message_id).where(columns.guild_id == guild_id, columns.channel_id == channel_id)
        async with reading(self._engine) as connection:
            return await connection.scalar(query) or 0

    async def put(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """Record that all messages up to this one were judged. A smaller id than before changes nothing."""
        async with writing(self._engine) as connection:
            await _raise(connection, conversation_marks, {(guild_id, channel_id): message_id})


async def _raise(connection: AsyncConnection, table: Table, marks: Mapping[Place, int]) -> None:
    rows = [
        {"guild_id": guild_id, "channel_id": channel_id, "message_id": message_id}
        for (guild_id, channel_id), message_id in marks.items()
    ]
    await _upsert(connection, table, "message_id", rows)


async def _upsert(connection: AsyncConnection, table: Table, column: str, rows: list[dict[str, int]]) -> None:
    """Write rows; if a row exists, the higher value of this column wins."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    new = make(table)
    higher = new.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={column: new.excluded[column]},
        where=new.excluded[column] > table.c[column],
    )
    await connection.execute(higher, rows)
