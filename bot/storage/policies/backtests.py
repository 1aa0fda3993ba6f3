"""Backtests in the database: the job, and a row for each case. No message's text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.moderation.trials.backtest import (
    KEPT_PER_SERVER,
    Backtest,
    BacktestCase,
    BacktestState,
    CaseToJudge,
    NewBacktest,
)
from bot.storage.audit import entries
from bot.storage.audit.log import write_entries
from bot.storage.database.engine import reading, writing
from bot.storage.database.event_loop import yielding
from bot.storage.tables.trials import backtest_cases, backtests
from classifier import Effort, UndecidedReason
from guild_policies.backtest import Agreement, Compared

_LARGEST_ID = 2**63 - 1


class SqlBacktestStore:
    """`bot.moderation.trials.backtest.BacktestStore` over SQLite or PostgreSQL. Raises `StorageError`."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def start(self, new: NewBacktest) -> Backtest:
        """Store a new backtest, and delete the server's oldest ones."""
        at = self._now()
        async with writing(self._engine) as connection:
            result = await connection.execute(
                insert(backtests).values(
                    guild_id=new.guild_id,
                    policy_id=new.policy_id,
                    policy_name=new.policy_name,
                    draft_revision=new.draft_revision,
                    text=new.text,
                    days=new.days,
                    effort=None if new.effort is None else new.effort.value,
                    threshold=new.threshold,
                    state=BacktestState.RUNNING.value,
                    started_by=new.started_by,
                    started_at=at,
                    shown_channel_id=new.shown_channel_id,
                    shown_message_id=new.shown_message_id,
                )
            )
            (backtest_id,) = result.inserted_primary_key or (0,)
            if new.cases:
                await connection.execute(
                    insert(backtest_cases),
                    [
                        {
                            "backtest_id": backtest_id,
                            "case_number": case.number,
                            "channel_id": case.channel_id,
                            "message_id": case.message_id,
                            "violation": case.violation,
                            "rules": [],
                        }
                        for case in new.cases
                    ],
                )
            await self._drop_old(connection, new.guild_id)
            await write_entries(connection, [entries.backtest_started(new, at=at)])
            found = await self._one(connection, new.guild_id, backtest_id)
        assert found is not None  # noqa: S101 - inserted in this very transaction
        return found

    async def shown_in(self, guild_id: int, backtest_id: int, *, channel_id: int, message_id: int) -> None:
        """Remember where the progress message is."""
        which = update(backtests).where(backtests.c.guild_id == guild_id, backtests.c.id == backtest_id)
        async with writing(self._engine) as connection:
            await connection.execute(which.values(shown_channel_id=channel_id, shown_message_id=message_id))

    async def keep(self, guild_id: int, backtest_id: int, results: tuple[Compared[int], ...]) -> None:
        """Keep results, by case number."""
        async with writing(self._engine) as connection:
            if await self._one(connection, guild_id, backtest_id) is None:
                return
            for result in results:
                which = update(backtest_cases).where(
                    backtest_cases.c.backtest_id == backtest_id, backtest_cases.c.case_number == result.id
                )
                await connection.execute(
                    which.values(
                        agreement=result.agreement.value,
                        rules=list(result.rule_ids),
                        score=result.score,
                        reason=None if result.reason is None else result.reason.value,
                    )
                )

    async def end(
        self, guild_id: int, backtest_id: int, *, state: BacktestState, actor_id: int | None
    ) -> Backtest | None:
        """End a backtest that runs; None if there is none that does."""
        at = self._now()
        which = update(backtests).where(
            backtests.c.guild_id == guild_id,
            backtests.c.id == backtest_id,
            backtests.c.state == BacktestState.RUNNING.value,
        )
        async with writing(self._engine) as connection:
            if not (await connection.execute(which.values(state=state.value, ended_at=at))).rowcount:
                return None
            ended = await self._one(connection, guild_id, backtest_id)
            if ended is not None:
                await write_entries(connection, [entries.backtest_ended(ended, actor_id=actor_id, at=at)])
            return ended

    async def find(self, guild_id: int, backtest_id: int) -> Backtest | None:
        """The backtest with this id."""
        if not 0 < backtest_id <= _LARGEST_ID:
            return None
        async with reading(self._engine) as connection:
            return await self._one(connection, guild_id, backtest_id)

    async def cases(self, guild_id: int, backtest_id: int) -> tuple[BacktestCase, ...]:
        """Its cases, newest first."""
        query = (
            select(backtest_cases)
            .join(backtests, backtests.c.id == backtest_cases.c.backtest_id)
            .where(backtests.c.guild_id == guild_id, backtests.c.id == backtest_id)
            .order_by(backtest_cases.c.case_number.desc())
        )
        async with reading(self._engine) as connection:
            return tuple([_case(row) async for row in yielding((await connection.execute(query)).mappings())])

    async def unfinished(self) -> tuple[Backtest, ...]:
        """The running backtests of all servers and those to resume, oldest first."""
        query = select(backtests).where(backtests.c.state == BacktestState.RUNNING.value).order_by(backtests.c.id)
        async with reading(self._engine) as connection:
            return tuple(_backtest(row) for row in (await connection.execute(query)).mappings())

    async def _one(self, connection: AsyncConnection, guild_id: int, backtest_id: int) -> Backtest | None:
        query = select(backtests).where(backtests.c.guild_id == guild_id, backtests.c.id == backtest_id)
        row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else _backtest(row)

    async def _drop_old(self, connection: AsyncConnection, guild_id: int) -> None:
        ended = select(backtests.c.id).where(
            backtests.c.guild_id == guild_id, backtests.c.state != BacktestState.RUNNING.value
        )
        old = (await connection.execute(ended.order_by(backtests.c.id.desc()).offset(KEPT_PER_SERVER))).scalars().all()
        await connection.execute(delete(backtest_cases).where(backtest_cases.c.backtest_id.in_(old)))
        await connection.execute(delete(backtests).where(backtests.c.id.in_(old)))


def _backtest(row: RowMapping) -> Backtest:
    values: dict[str, Any] = dict(row)
    values["state"] = BacktestState(row["state"])
    values["effort"] = None if row["effort"] is None else Effort(row["effort"])
    return Backtest(**values)


def _case(row: RowMapping) -> BacktestCase:
    case = CaseToJudge(
        number=row["case_number"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        violation=row["violation"],
    )
    if row["agreement"] is None:
        return BacktestCase(case=case, result=None)
    result = Compared(
        id=case.number,
        violation=case.violation,
        agreement=Agreement(row["agreement"]),
        rule_ids=tuple(row["rules"]),
        score=row["score"],
        reason=None if row["reason"] is None else UndecidedReason(row["reason"]),
    )
    return BacktestCase(case=case, result=result)
