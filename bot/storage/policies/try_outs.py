"""Try-outs in the database: counts, and a row for each difference. No message's text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.moderation.trials.try_out import (
    KEPT_PER_SERVER,
    MAX_DIFFERENCES,
    Difference,
    NewTryOut,
    TriedAlready,
    TryOut,
    TryOutCounts,
    in_order,
)
from bot.storage.audit import entries
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import insert_if_absent, reading, writing
from bot.storage.tables.trials import try_out_differences, try_outs
from guild_policies.store.tables import policies

_LARGEST_ID = 2**63 - 1
_COUNTS = ("judged", "newly_flagged", "no_longer_flagged", "undecided", "left_out")


class SqlTryOutStore:
    """`bot.moderation.trials.try_out.TryOutStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def start(self, new: NewTryOut) -> TryOut:
        """Store a new try-out, and delete the server's oldest ones. Raises `TriedAlready`."""
        at = self._now()
        async with writing(self._engine) as connection:
            # The policy's row is the lock: if two try-outs are begun at once, the second sees the first.
            await connection.execute(select(policies.c.id).where(policies.c.id == new.policy_id).with_for_update())
            running = select(try_outs.c.id).where(
                try_outs.c.guild_id == new.guild_id,
                try_outs.c.policy_id == new.policy_id,
                try_outs.c.ended_at.is_(None),
            )
            if (await connection.execute(running)).first() is not None:
                raise TriedAlready
            result = await connection.execute(
                insert(try_outs).values(
                    guild_id=new.guild_id,
                    policy_id=new.policy_id,
                    policy_name=new.policy_name,
                    draft_revision=new.draft_revision,
                    text=new.text,
                    channel_id=new.channel_id,
                    report_channel_id=new.report_channel_id,
                    started_by=new.started_by,
                    started_at=at,
                    ends_at=new.ends_at,
                    told=False,
                    **dict.fromkeys(_COUNTS, 0),
                )
            )
            (try_out_id,) = result.inserted_primary_key or (0,)
            await self._drop_old(connection, new.guild_id)
            await write_entries(connection, [entries.try_out_started(new, at=at)])
            (found,) = await _all(connection, select(try_outs).where(try_outs.c.id == try_out_id))
        return found

    async def running(self, guild_id: int | None = None) -> tuple[TryOut, ...]:
        """Try-outs that have not ended, oldest first; of all servers if `guild_id` is None."""
        query = select(try_outs).where(try_outs.c.told.is_(False), try_outs.c.ended_at.is_(None))
        if guild_id is not None:
            query = query.where(try_outs.c.guild_id == guild_id)
        async with reading(self._engine) as connection:
            return await _all(connection, query)

    async def add(self, try_out_id: int, counts: TryOutCounts, differences: tuple[Difference, ...]) -> None:
        """Add to the counts, and keep differences up to `MAX_DIFFERENCES`."""
        sums = {name: try_outs.c[name] + getattr(counts, name) for name in _COUNTS}
        async with writing(self._engine) as connection:
            await connection.execute(update(try_outs).where(try_outs.c.id == try_out_id).values(sums))
            counted = select(func.count()).where(try_out_differences.c.try_out_id == try_out_id)
            room = MAX_DIFFERENCES - (await connection.execute(counted)).scalar_one()
            for each in differences[: max(0, room)]:
                await connection.execute(
                    insert_if_absent(connection, try_out_differences).values(
                        try_out_id=try_out_id,
                        message_id=each.message_id,
                        edit=each.edit,
                        channel_id=each.channel_id,
                        newly_flagged=each.newly_flagged,
                        rules=list(each.rule_ids),
                        score=each.score,
                        score_published=each.score_published,
                    )
                )

    async def end(self, guild_id: int, try_out_id: int, *, actor_id: int | None) -> TryOut | None:
        """End a try-out that runs; None if there is none that does."""
        at = self._now()
        which = update(try_outs).where(
            try_outs.c.guild_id == guild_id, try_outs.c.id == try_out_id, try_outs.c.ended_at.is_(None)
        )
        async with writing(self._engine) as connection:
            if not (await connection.execute(which.values(ended_at=at))).rowcount:
                return None
            (ended,) = await _all(connection, select(try_outs).where(try_outs.c.id == try_out_id))
            await write_entries(connection, [entries.try_out_ended(ended, actor_id=actor_id, at=at)])
            return ended

    async def not_told(self) -> tuple[TryOut, ...]:
        """Try-outs of all servers that have ended and whose report was not posted, oldest first."""
        query = select(try_outs).where(try_outs.c.told.is_(False), try_outs.c.ended_at.is_not(None))
        async with reading(self._engine) as connection:
            return await _all(connection, query)

    async def told(self, guild_id: int, try_out_id: int) -> None:
        """Record that the report was posted."""
        which = update(try_outs).where(try_outs.c.guild_id == guild_id, try_outs.c.id == try_out_id)
        async with writing(self._engine) as connection:
            await connection.execute(which.values(told=True))

    async def find(self, guild_id: int, try_out_id: int) -> TryOut | None:
        """The try-out with this id."""
        if not 0 < try_out_id <= _LARGEST_ID:
            return None
        query = select(try_outs).where(try_outs.c.guild_id == guild_id, try_outs.c.id == try_out_id)
        async with reading(self._engine) as connection:
            found = await _all(connection, query)
        return found[0] if found else None

    async def differences(self, guild_id: int, try_out_id: int) -> tuple[Difference, ...]:
        """The stored differences, most certain first."""
        query = (
            select(try_out_differences)
            .join(try_outs, try_outs.c.id == try_out_differences.c.try_out_id)
            .where(try_outs.c.guild_id == guild_id, try_outs.c.id == try_out_id)
        )
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return in_order([_difference(row) for row in rows])

    async def _drop_old(self, connection: AsyncConnection, guild_id: int) -> None:
        over = select(try_outs.c.id).where(try_outs.c.guild_id == guild_id, try_outs.c.told.is_(True))
        old = (await connection.execute(over.order_by(try_outs.c.id.desc()).offset(KEPT_PER_SERVER))).scalars().all()
        await connection.execute(delete(try_out_differences).where(try_out_differences.c.try_out_id.in_(old)))
        await connection.execute(delete(try_outs).where(try_outs.c.id.in_(old)))


async def _all(connection: AsyncConnection, query: Select[tuple[object, ...]]) -> tuple[TryOut, ...]:
    rows = (await connection.execute(query.order_by(try_outs.c.id))).mappings()
    return tuple(map(_try_out, rows))


def _try_out(row: RowMapping) -> TryOut:
    values = {name: value for name, value in row.items() if name not in _COUNTS}
    return TryOut(**values, counts=TryOutCounts(**{name: row[name] for name in _COUNTS}))


def _difference(row: RowMapping) -> Difference:
    return Difference(
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        edit=row["edit"],
        newly_flagged=row["newly_flagged"],
        rule_ids=tuple(row["rules"]),
        score=row["score"],
        score_published=row["score_published"],
    )
