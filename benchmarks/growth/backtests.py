"""A draft held against many decisions. The judge answers at once: what is measured is everything else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.growth.case_lists import filled_stores
from benchmarks.growth.sample import Sample, timed
from benchmarks.workload.many_cases import GUILD
from bot.keys import Cipher
from bot.moderation.cases.case import CaseState
from bot.moderation.policies.judge_requests import JudgeRequests
from bot.moderation.trials.backtest import Backtest, BacktestState
from bot.moderation.trials.backtests import Backtests, BacktestStores
from bot.storage.database.engine import writing
from bot.storage.tables.cases import cases
from bot.wiring.stores import utc_now
from classifier.scripted import ScriptedJudge, violation

MODERATOR = 8
POLICY = """# Calm

## Rules
### R1 Shouting
Breaks it: shouting at others.
Examples:
- violates: "SHUT UP ALL OF YOU"
- allowed: "please be quiet"
"""


async def backtests(count: int) -> dict[str, Sample]:
    """Started, carried out, and its report read."""

    async def prepare(engine: AsyncEngine, cipher: Cipher) -> None:
        del cipher
        decided: dict[str, Any] = {"state": CaseState.VIOLATION.value, "decided_by": MODERATOR}
        at = utc_now() - timedelta(days=1)
        async with writing(engine) as connection:
            await connection.execute(update(cases).values(policy_id=1, opened_at=at, decided_at=at, **decided))

    async with filled_stores(count, prepare=prepare, now=utc_now) as stores:
        await stores.policies.create(guild_id=GUILD, name="Calm", text=POLICY, actor_id=MODERATOR)
        service = Backtests(
            BacktestStores(backtests=stores.backtests, policies=stores.policies, cases=stores.cases),
            judge=ScriptedJudge(lambda _: violation("R1")),
            requests=JudgeRequests(),
            now=utc_now,
        )

        async def run() -> None:
            started = await service.start(GUILD, "Calm", actor_id=MODERATOR)
            if not isinstance(started, Backtest):
                raise TypeError(f"no backtest was started: {started}")
            report = await service.run(started)
            if report.backtest.state is not BacktestState.DONE or report.done != count:
                raise RuntimeError(f"not every decision was looked at: {report.done} of {count}")

        return {"a backtest": await timed(run)}
