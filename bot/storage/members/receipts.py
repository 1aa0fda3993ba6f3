"""Receipts in the database, signed when they are written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import RowMapping, and_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.keys import Signer
from bot.moderation.cases.receipt import Receipt
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.members import receipts


class SqlReceipts:
    """`bot.moderation.cases.receipt.ReceiptStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], signer: Signer) -> None:
        self._engine = engine
        self._now = now
        self._signer = signer

    async def issue(self, guild_id: int, number: int, statement: str) -> Receipt:
        """Sign and store a statement about a case, or return the existing one."""
        values = {
            "guild_id": guild_id, "case_number": number, "statement": statement,
            "signature": self._signer.sign(statement.encode()).hex(), "public_key": self._signer.public_key.hex(),
            "issued_at": self._now(),
        }  # fmt: skip
        query = select(receipts).where(and_(receipts.c.guild_id == guild_id, receipts.c.case_number == number))
        async with writing(self._engine) as connection:
            await connection.execute(insert_if_absent(connection, receipts).values(values))
            return _receipt((await connection.execute(query)).mappings().one())

    async def of_case(self, guild_id: int, number: int) -> Receipt | None:
        """The receipt of this case, if one was issued."""
        query = select(receipts).where(receipts.c.guild_id == guild_id, receipts.c.case_number == number)
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _receipt(row)

    async def public_keys(self) -> tuple[bytes, ...]:
        """The public keys of all stored receipts."""
        async with reading(self._engine) as connection:
            found = await connection.scalars(select(receipts.c.public_key).distinct())
            return tuple(bytes.fromhex(key) for key in sorted(found))


def _receipt(row: RowMapping) -> Receipt:
    return Receipt(
        statement=row["statement"],
        signature=bytes.fromhex(row["signature"]),
        public_key=bytes.fromhex(row["public_key"]),
    )
