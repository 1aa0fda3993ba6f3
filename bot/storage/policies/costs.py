"""What judging costs, in the database: a row for each version and day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.moderation.trials.costs import Spent
from bot.storage.database.engine import reading, writing
from bot.storage.tables.trials import policy_costs


class SqlCostStore:
    """`bot.moderation.trials.costs.CostStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, spent: tuple[Spent, ...]) -> None:
        """Add to the sums."""
        async with writing(self._engine) as connection:
            make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            for each in spent:
                new = make(policy_costs).values(
                    guild_id=each.guild_id,
                    day=each.day,
                    version_id=each.version_id,
                    policy_id=each.policy_id,
                    verdicts=each.verdicts,
                    seconds=each.seconds,
                )
                sums = {
                    "verdicts": policy_costs.c.verdicts + new.excluded.verdicts,
                    "seconds": policy_costs.c.seconds + new.excluded.seconds,
                }
                await connection.execute(
                    new.on_conflict_do_update(index_elements=list(policy_costs.primary_key.columns), set_=sums)
                )

    async def since(self, guild_id: int, day: date) -> tuple[Spent, ...]:
        """A server's sums of this day and later."""
        query = select(policy_costs).where(policy_costs.c.guild_id == guild_id, policy_costs.c.day >= day)
        query = query.order_by(policy_costs.c.day, policy_costs.c.version_id)
        async with reading(self._engine) as connection:
            return tuple(Spent(**row) for row in (await connection.execute(query)).mappings())

    async def forget(self, *, before: date) -> int:
        """Delete the sums of earlier days, of all servers. Returns how many rows were deleted."""
        async with writing(self._engine) as connection:
            return (await connection.execute(delete(policy_costs).where(policy_costs.c.day < before))).rowcount
