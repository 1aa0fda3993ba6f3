"""Where the cards of cases are, in the database."""

from __future__ import annotations

from sqlalchemy import or_, select

from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.case import CardState, Case
from bot.storage.audit import entries
from bot.storage.cases.case_table import CaseTable
from bot.storage.database.engine import reading
from bot.storage.tables.cases import cases


class SqlCaseCards(CaseTable):
    """`bot.moderation.cases.case.CaseCards` over SQLite or PostgreSQL. Raises `StorageError`."""

    async def card_posted(self, guild_id: int, number: int, *, channel_id: int, message_id: int) -> Case:
        """The card is in the moderators' channel now. Raises `NoSuchCase`."""
        case, _ = await self._change(
            guild_id,
            number,
            where=or_(
                cases.c.card_state != CardState.POSTED.value,
                cases.c.card_channel_id != channel_id,
                cases.c.card_message_id != message_id,
            ),
            values={
                "card_state": CardState.POSTED.value,
                "card_channel_id": channel_id,
                "card_message_id": message_id,
            },
            entry=lambda case: entries.card_posted(case, at=self._now()),
        )
        return case

    async def card_lost(self, guild_id: int, number: int) -> Case:
        """The card or its channel was deleted: set it to pending again, keeping its last place. Raises `NoSuchCase`."""
        case, _ = await self._change(
            guild_id,
            number,
            where=cases.c.card_state == CardState.POSTED.value,
            values={"card_state": CardState.PENDING.value},
            entry=lambda case: entries.of_case(case, AuditAction.CARD_LOST, at=self._now()),
        )
        return case

    async def pending_cards(self, guild_id: int | None = None, *, limit: int = 100) -> tuple[Case, ...]:
        """Cases whose card is not posted, oldest first; of all servers if `guild_id` is None."""
        query = select(cases).where(cases.c.card_state == CardState.PENDING.value)
        if guild_id is not None:
            query = query.where(cases.c.guild_id == guild_id)
        query = query.order_by(cases.c.opened_at, cases.c.guild_id, cases.c.number).limit(limit)
        async with reading(self._engine) as connection:
            return await self._all(connection, query)

    async def pending_numbers(self, guild_id: int) -> tuple[int, ...]:
        """The numbers of all cases of a server whose card is not posted, the lowest first."""
        query = select(cases.c.number).where(
            cases.c.guild_id == guild_id, cases.c.card_state == CardState.PENDING.value
        )
        async with reading(self._engine) as connection:
            return tuple((await connection.execute(query.order_by(cases.c.number))).scalars())

    async def servers_with_pending_cards(self) -> frozenset[int]:
        """The servers with a case whose card is not posted."""
        query = select(cases.c.guild_id).where(cases.c.card_state == CardState.PENDING.value).distinct()
        async with reading(self._engine) as connection:
            return frozenset((await connection.execute(query)).scalars())
