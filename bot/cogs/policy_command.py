"""``/policy``: admins write, test, publish and take back their server's rules. The parts, put together."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.cogs.policies.consequences import PolicyConsequences
from bot.cogs.policies.pinning import PolicyPinning
from bot.cogs.policies.publishing import PolicyChanging
from bot.cogs.policies.reading import PolicyReading
from bot.cogs.policies.scoping import PolicyScoping
from bot.cogs.policies.writing import PolicyWriting
from bot.cogs.trials.policy_backtesting import PolicyBacktesting
from bot.cogs.trials.trying import PolicyTrying


@app_commands.default_permissions(manage_guild=True)
class PolicyCog(
    PolicyWriting,
    PolicyReading,
    PolicyChanging,
    PolicyPinning,
    PolicyScoping,
    PolicyTrying,
    PolicyBacktesting,
    PolicyConsequences,
    commands.GroupCog,
    group_name="policy",
    group_description="Write your server's own rules",
):
    """All commands about policies."""
