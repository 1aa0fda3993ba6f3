"""``/policy``: admins write, test, publish and roll back their server's rules."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.cogs.policies.base import PolicyTools
from bot.cogs.policies.consequences import PolicyConsequences
from bot.cogs.policies.pinning import PolicyPinning
from bot.cogs.policies.publishing import PolicyPublishing
from bot.cogs.policies.reading import PolicyReading
from bot.cogs.policies.scoping import PolicyScoping
from bot.cogs.policies.sources.importing import PolicyImporting
from bot.cogs.policies.writing import PolicyWriting
from bot.cogs.trials.flash import PolicyFlash
from bot.cogs.trials.trying import PolicyTrying, TrialTools


@app_commands.default_permissions(manage_guild=True)
class PolicyCommand(
    PolicyWriting,
    PolicyImporting,
    PolicyReading,
    PolicyPublishing,
    PolicyPinning,
    PolicyScoping,
    PolicyTrying,
    PolicyFlash,
    PolicyConsequences,
    commands.GroupCog,
    group_name="policy",
    group_description="Write your server's own rules",
):
    """All commands about policies."""

    def __init__(self, tools: PolicyTools, trials: TrialTools) -> None:
        super().__init__(tools)
        self.trials = trials
