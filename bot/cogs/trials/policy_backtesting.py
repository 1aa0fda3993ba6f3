"""``/policy backtest``: a draft against the team's own decisions, or on what was written in a channel lately."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import A_NAME, Name, PolicyPart
from bot.cogs.trials.trying import NOT_SET_UP
from bot.moderation.policies.outcomes import Blocked, Refused
from bot.moderation.trials.backtest import Backtest
from bot.moderation.trials.backtests import MAX_DAYS

DEFAULT_DAYS = 30


class PolicyBacktesting(PolicyPart):
    """The command that starts backtests; `trial_runner` sees them through."""

    @app_commands.command(
        description="Hold a draft against your team's past decisions, or against a channel's messages"
    )
    @app_commands.describe(
        name=A_NAME,
        days="How far back; 30 days if left out",
        channel="Judge the recent messages of this channel instead; nothing of them is stored",
    )
    @app_commands.autocomplete(name=PolicyPart.offered_names)
    async def backtest(
        self,
        interaction: discord.Interaction[Any],
        name: Name,
        days: app_commands.Range[int, 1, MAX_DAYS] = DEFAULT_DAYS,
        channel: discord.TextChannel | discord.Thread | None = None,
    ) -> None:
        """Start, and say where its progress is shown."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        await defer(interaction)
        settings = await self.tools.setup.settings_of(guild_id)
        if settings is None:
            await send(interaction, Reply(text=NOT_SET_UP))
            return
        where = settings.review_channel_id
        started: Backtest | int | Blocked | Refused
        if channel is None:
            started = await self.tools.runner.start(
                guild_id, name, days=days, actor_id=interaction.user.id, shown=where
            )
        else:
            started = await self.tools.runner.read(channel, interaction.user, name, days=days, shown=where)
        if isinstance(started, Blocked):
            await send(interaction, policy_replies.cannot_be_judged(started))
        elif isinstance(started, Refused):
            await send(interaction, Reply(text=started.why))
        else:
            await send(interaction, Reply(text=f"It runs. Progress and result are shown in <#{where}>."))
