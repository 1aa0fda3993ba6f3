"""Lets time pass in the simulated server: the clock goes forward, and all scheduled work takes a turn."""

from __future__ import annotations

from datetime import timedelta

from bot.simulation.simulated_server import Simulation

AN_HOUR = timedelta(hours=1)


async def let_pass(simulation: Simulation, time: timedelta = AN_HOUR) -> tuple[str, ...]:
    """Make it this much later and run every job of the schedule once; the names of those that failed."""
    simulation.clock.skip(time)
    services, schedule = simulation.bot.services, simulation.bot.schedule
    services.discord_time.heard(simulation.clock.now())  # or the bot would take it for a clock that was set wrong
    failed = tuple([name for name in schedule.names if not await schedule.run_now(name)])
    await simulation.settle()
    return failed
