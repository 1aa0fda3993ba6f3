"""Backtests and try-outs in memory. See `tests.fakes.stores`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.moderation.trials import backtest as backtest_jobs
from bot.moderation.trials import try_out as try_out_jobs
from bot.moderation.trials.backtest import Backtest, BacktestCase, BacktestState, NewBacktest
from bot.moderation.trials.try_out import (
    MAX_DIFFERENCES,
    Difference,
    NewTryOut,
    TriedAlready,
    TryOut,
    TryOutCounts,
    in_order,
)
from bot.storage.audit import entries
from guild_policies.backtest import Compared
from tests.fakes.stores_audit import MemoryAuditLog


class MemoryBacktestStore:
    """`bot.moderation.trials.backtest.BacktestStore` as a dictionary."""

    def __init__(self, *, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._now = now
        self._audit = audit
        self._backtests: dict[int, Backtest] = {}
        self._cases: dict[int, dict[int, BacktestCase]] = {}
        self._last = 0

    async def start(self, new: NewBacktest) -> Backtest:
        """Keep a new backtest, and drop the server's oldest ones."""
        self._last += 1
        at = self._now()
        backtest = Backtest(
            id=self._last,
            guild_id=new.guild_id,
            policy_id=new.policy_id,
            policy_name=new.policy_name,
            draft_revision=new.draft_revision,
            text=new.text,
            days=new.days,
            effort=new.effort,
            threshold=new.threshold,
            state=BacktestState.RUNNING,
            started_by=new.started_by,
            started_at=at,
            ended_at=None,
            shown_channel_id=new.shown_channel_id,
            shown_message_id=new.shown_message_id,
        )
        self._backtests[backtest.id] = backtest
        self._cases[backtest.id] = {case.number: BacktestCase(case=case, result=None) for case in new.cases}
        ended = [
            each.id
            for each in reversed(self._backtests.values())
            if each.guild_id == new.guild_id and each.state is not BacktestState.RUNNING
        ]
        for old in ended[backtest_jobs.KEPT_PER_SERVER :]:
            del self._backtests[old], self._cases[old]
        self._audit.add([entries.backtest_started(new, at=at)])
        return backtest

    async def shown_in(self, guild_id: int, backtest_id: int, *, channel_id: int, message_id: int) -> None:
        """Remember where the progress message is."""
        backtest = await self.find(guild_id, backtest_id)
        if backtest is not None:
            self._backtests[backtest_id] = replace(backtest, shown_channel_id=channel_id, shown_message_id=message_id)

    async def keep(self, guild_id: int, backtest_id: int, results: tuple[Compared[int], ...]) -> None:
        """Keep results, by case number."""
        if await self.find(guild_id, backtest_id) is not None:
            cases = self._cases[backtest_id]
            for result in results:
                if result.id in cases:
                    cases[result.id] = replace(cases[result.id], result=result)

    async def end(
        self, guild_id: int, backtest_id: int, *, state: BacktestState, actor_id: int | None
    ) -> Backtest | None:
        """End a running backtest. None if it isn't running."""
        backtest = await self.find(guild_id, backtest_id)
        if backtest is None or backtest.state is not BacktestState.RUNNING:
            return None
        ended = replace(backtest, state=state, ended_at=self._now())
        self._backtests[backtest_id] = ended
        self._audit.add([entries.backtest_ended(ended, actor_id=actor_id, at=self._now())])
        return ended

    async def find(self, guild_id: int, backtest_id: int) -> Backtest | None:
        """The backtest with this id."""
        backtest = self._backtests.get(backtest_id)
        return backtest if backtest is not None and backtest.guild_id == guild_id else None

    async def cases(self, guild_id: int, backtest_id: int) -> tuple[BacktestCase, ...]:
        """Its cases, newest first."""
        if await self.find(guild_id, backtest_id) is None:
            return ()
        found = self._cases[backtest_id]
        return tuple(found[number] for number in sorted(found, reverse=True))

    async def unfinished(self) -> tuple[Backtest, ...]:
        """The running backtests of all servers and those to resume, oldest first."""
        return tuple(each for each in self._backtests.values() if each.state is BacktestState.RUNNING)


class MemoryTryOutStore:
    """`bot.moderation.trials.try_out.TryOutStore` as a dictionary."""

    def __init__(self, *, now: Callable[[], datetime], audit: MemoryAuditLog) -> None:
        self._now = now
        self._audit = audit
        self._try_outs: dict[int, TryOut] = {}
        self._differences: dict[int, dict[tuple[int, int], Difference]] = {}
        self._last = 0

    async def start(self, new: NewTryOut) -> TryOut:
        """Keep a new try-out, and drop the server's oldest ones. Raises `TriedAlready`."""
        if any(each.policy_id == new.policy_id for each in await self.running(new.guild_id)):
            raise TriedAlready
        self._last += 1
        at = self._now()
        try_out = TryOut(
            id=self._last,
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
            ended_at=None,
            told=False,
        )
        self._try_outs[try_out.id] = try_out
        self._differences[try_out.id] = {}
        over = [each.id for each in reversed(self._try_outs.values()) if each.guild_id == new.guild_id and each.told]
        for old in over[try_out_jobs.KEPT_PER_SERVER :]:
            del self._try_outs[old], self._differences[old]
        self._audit.add([entries.try_out_started(new, at=at)])
        return try_out

    async def running(self, guild_id: int | None = None) -> tuple[TryOut, ...]:
        """Try-outs that have not ended, oldest first; of all servers if `guild_id` is None."""
        return tuple(
            each for each in self._try_outs.values() if each.ended_at is None and guild_id in (None, each.guild_id)
        )

    async def add(self, try_out_id: int, counts: TryOutCounts, differences: tuple[Difference, ...]) -> None:
        """Add to the counts, and keep differences up to `MAX_DIFFERENCES`."""
        try_out, kept = self._try_outs[try_out_id], self._differences[try_out_id]
        self._try_outs[try_out_id] = replace(try_out, counts=try_out.counts + counts)
        for each in differences[: MAX_DIFFERENCES - len(kept)]:
            kept.setdefault((each.message_id, each.edit), each)

    async def end(self, guild_id: int, try_out_id: int, *, actor_id: int | None) -> TryOut | None:
        """End a running try-out. None if it isn't running."""
        try_out = await self.find(guild_id, try_out_id)
        if try_out is None or try_out.ended_at is not None:
            return None
        ended = replace(try_out, ended_at=self._now())
        self._try_outs[try_out_id] = ended
        self._audit.add([entries.try_out_ended(ended, actor_id=actor_id, at=self._now())])
        return ended

    async def not_told(self) -> tuple[TryOut, ...]:
        """Try-outs of all servers that have ended and whose report was not posted, oldest first."""
        return tuple(each for each in self._try_outs.values() if each.ended_at is not None and not each.told)

    async def told(self, guild_id: int, try_out_id: int) -> None:
        """Record that the report was posted."""
        try_out = await self.find(guild_id, try_out_id)
        if try_out is not None:
            self._try_outs[try_out_id] = replace(try_out, told=True)

    async def find(self, guild_id: int, try_out_id: int) -> TryOut | None:
        """The try-out with this id."""
        try_out = self._try_outs.get(try_out_id)
        return try_out if try_out is not None and try_out.guild_id == guild_id else None

    async def differences(self, guild_id: int, try_out_id: int) -> tuple[Difference, ...]:
        """The stored differences, most certain first."""
        if await self.find(guild_id, try_out_id) is None:
            return ()
        return in_order(list(self._differences[try_out_id].values()))
