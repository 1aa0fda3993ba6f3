"""Stale cards in the database: those that may still quote a deleted text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.moderation.cards.stale_card import StaleCard
from bot.storage.cases.case_queries import batches
from bot.storage.database.engine import reading, writing
from bot.storage.tables.cases import cases
from bot.storage.tables.members import appeals
from bot.storage.tables.privacy import stale_cards


async def mark_stale(connection: AsyncConnection, guild_id: int, numbers: Iterable[int], *, at: datetime) -> None:
    """Mark the cards of these cases as stale, because their texts were deleted. Runs within the transaction that
    deletes the texts, so that a crash can't come in between."""
    appealed = exists().where(
        appeals.c.guild_id == cases.c.guild_id,
        appeals.c.case_number == cases.c.number,
        appeals.c.card_message_id.is_not(None),
    )
    for batch in batches(sorted(set(numbers))):
        named = and_(cases.c.guild_id == guild_id, cases.c.number.in_(batch))
        on_discord = select(cases.c.number).where(named, or_(cases.c.card_message_id.is_not(None), appealed))
        found = (await connection.execute(on_discord.order_by(cases.c.number))).scalars().all()
        if found:
            known = and_(stale_cards.c.guild_id == guild_id, stale_cards.c.case_number.in_(found))
            await connection.execute(delete(stale_cards).where(known))
            row = {"guild_id": guild_id, "marked_at": at, "due_at": at, "tries": 0}
            await connection.execute(insert(stale_cards), [row | {"case_number": number} for number in found])


class SqlStaleCards:
    """`bot.moderation.cards.stale_card.StaleCardStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def servers(self) -> tuple[int, ...]:
        """The servers that have cards which are due."""
        query = select(stale_cards.c.guild_id).where(stale_cards.c.due_at <= self._now()).distinct()
        async with reading(self._engine) as connection:
            return tuple(sorted((await connection.execute(query)).scalars()))

    async def due(self, guild_id: int, *, limit: int) -> tuple[StaleCard, ...]:
        """Cards of a server that are due, those that have waited longest first."""
        query = select(stale_cards).where(stale_cards.c.guild_id == guild_id, stale_cards.c.due_at <= self._now())
        query = query.order_by(stale_cards.c.due_at, stale_cards.c.case_number).limit(limit)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).mappings()
            return tuple(
                StaleCard(
                    guild_id=row["guild_id"],
                    case_number=row["case_number"],
                    marked_at=row["marked_at"],
                    tries=row["tries"],
                )
                for row in rows
            )

    async def done(self, card: StaleCard) -> None:
        """Record that nothing on Discord quotes the text now, unless the case was marked again meanwhile."""
        async with writing(self._engine) as connection:
            await connection.execute(delete(stale_cards).where(_is(card)))

    async def put_off(self, card: StaleCard, *, until: datetime) -> None:
        """Discord refused: try again later."""
        values = {"due_at": until, "tries": card.tries + 1}
        async with writing(self._engine) as connection:
            await connection.execute(update(stale_cards).where(_is(card)).values(values))


def _is(card: StaleCard) -> ColumnElement[bool]:
    return and_(
        stale_cards.c.guild_id == card.guild_id,
        stale_cards.c.case_number == card.case_number,
        stale_cards.c.marked_at == card.marked_at,
    )
