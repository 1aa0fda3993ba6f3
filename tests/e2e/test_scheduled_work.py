"""The table of scheduled work: every job of the real bot runs."""

from __future__ import annotations

from typing import Any

from bot.schedule import Schedule

JOBS = (
    "commands", "held events", "cards", "waiting", "unsettled", "retention", "stale cards", "erasures", "departures",
    "costs", "watermarks", "backlog", "catch-up", "conversations", "try-outs", "backtests", "drift", "flash rules",
    "strict starts", "appeals", "report outcomes", "edit offers", "raid controls", "samples", "questions",
)  # fmt: skip


async def test_the_bot_starts_its_schedule(world: Any, started_schedules: list[Schedule]) -> None:
    """Once, when it starts."""
    assert started_schedules == [world.bot.schedule]


async def test_every_job_runs(world: Any) -> None:
    """In a server in business, each ends without an error."""
    await world.set_up()
    assert world.bot.schedule.names == JOBS
    for name in JOBS:
        assert await world.bot.schedule.run_now(name), name
