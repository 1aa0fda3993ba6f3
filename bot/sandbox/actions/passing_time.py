"""Advances time in the simulated server: moves the clock forward, and runs all scheduled work."""

from __future__ import annotations

from datetime import timedelta

from bot.simulation.simulated_server import Simulation

AN_HOUR = timedelta(hours=1)


async def let_pass(simulation: Simulation, time: timedelta = AN_HOUR) -> tuple[str, ...]:
    """Advance the clock and run every scheduled job once. Returns the names of those that failed."""
    simulation.clock.skip(time)
    services, schedule = simulation.bot.services, simulation.bot.schedule
    services.discord_time.heard(simulation.clock.now())  # otherwise the bot would think that the clock was set wrong
    failed = tuple([name for name in schedule.names if not await schedule.run_now(name)])
    await simulation.settle()
    return failed
