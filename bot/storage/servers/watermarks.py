"""How far each channel was dealt with, in the database."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.moderation.messages.watermarks import Place
from bot.storage.database.engine import reading, writing
from bot.storage.tables.watermarks import conversation_marks, watermarks


class SqlWatermarkStore:
    """`bot.moderation.messages.watermarks.WatermarkStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def all(self) -> dict[Place, int]:
        """Every mark, those of whole servers among them."""
        columns = watermarks.c
        async with reading(self._engine) as connection:
            rows = await connection.execute(select(columns.guild_id, columns.channel_id, columns.message_id))
            return {(guild_id, channel_id): message_id for guild_id, channel_id, message_id in rows}

    async def put(self, marks: Mapping[Place, int]) -> None:
        """Keep marks in one transaction. One that is kept already is never lowered."""
        if marks:
            async with writing(self._engine) as connection:
                await _raise(connection, watermarks, marks)

    async def forget_channel(self, guild_id: int, channel_id: int) -> None:
        """The channel is gone."""
        async with writing(self._engine) as connection:
            for table in (watermarks, conversation_marks):
                here = (table.c.guild_id == guild_id, table.c.channel_id == channel_id)
                await connection.execute(delete(table).where(*here))


class SqlConversationMarks:
    """`bot.moderation.judging.conversations.ConversationMarks` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, guild_id: int, channel_id: int) -> int:
        """The id of the last message looked at; 0 for none."""
        columns = conversation_marks.c
        query = select(columns.message_id).where(columns.guild_id == guild_id, columns.channel_id == channel_id)
        async with reading(self._engine) as connection:
            return await connection.scalar(query) or 0

    async def put(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """All up to this one were looked at. A smaller id than before changes nothing."""
        async with writing(self._engine) as connection:
            await _raise(connection, conversation_marks, {(guild_id, channel_id): message_id})


async def _raise(connection: AsyncConnection, table: Table, marks: Mapping[Place, int]) -> None:
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    new = make(table)
    higher = new.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={"message_id": new.excluded.message_id},
        where=new.excluded.message_id > table.c.message_id,
    )
    rows = [
        {"guild_id": guild_id, "channel_id": channel_id, "message_id": message_id}
        for (guild_id, channel_id), message_id in marks.items()
    ]
    await connection.execute(higher, rows)
