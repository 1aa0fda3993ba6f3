"""The simulated server's incident actions do what Discord's do."""

from __future__ import annotations

from datetime import timedelta

import discord
import pytest

from bot.simulation.simulated_server import simulate
from classifier.lite.judge import LiteJudge


async def test_pauses_are_set_told_of_and_limited() -> None:
    """The bot hears of each change; one that lasts longer than a day is refused and changes nothing."""
    async with simulate(LiteJudge(), patiently=False) as server:
        bot, guild_id = server.bot, server.guild.id
        until = discord.utils.utcnow().replace(microsecond=0) + timedelta(hours=1)
        await bot.http.edit_incident_actions(guild_id, payload={"invites_disabled_until": until.isoformat()})
        await server.settle()
        guild = bot.get_guild(guild_id)
        assert guild is not None
        assert guild.invites_paused_until == until
        too_late = (until + timedelta(days=1)).isoformat()
        with pytest.raises(discord.HTTPException) as refused:
            await bot.http.edit_incident_actions(guild_id, payload={"invites_disabled_until": too_late})
        assert refused.value.status == 400
        assert (await bot.http.get_guild(guild_id))["incidents_data"] == {"invites_disabled_until": until.isoformat()}
