"""``/policy``: admins write, test, publish and take back their server's rules. The parts, put together."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.cogs.consequence_part import PolicyConsequences
from bot.cogs.policy_backtesting import PolicyBacktesting
from bot.cogs.policy_changing import PolicyChanging
from bot.cogs.policy_pinning import PolicyPinning
from bot.cogs.policy_reading import PolicyReading
from bot.cogs.policy_scoping import PolicyScoping
from bot.cogs.policy_trying import PolicyTrying
from bot.cogs.policy_writing import PolicyWriting


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
