"""Simulates a raid, which one person at a keyboard can't do: many members post one text within seconds."""

from __future__ import annotations

from bot.moderation.cards.raids import RAID_MEMBERS
from bot.sandbox.world.places import PEOPLE
from bot.simulation import story as scene
from bot.simulation.simulated_server import Simulation

TEXT = "Free Steam gift card worth 50$ for everyone, claim it now: https://steamcomrnunity-gift.example/claim"
_IN = "general"


async def raid(simulation: Simulation) -> int:
    """Let enough members post the same text. Returns how many did."""
    known = {person.key for person in PEOPLE}
    raiders = [name for name in scene.MEMBERS if name not in known][: RAID_MEMBERS + 1]
    for name in raiders:
        await simulation.people[name].send(simulation.channels[_IN], TEXT)
    await simulation.settle()
    return len(raiders)
