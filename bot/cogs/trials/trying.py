"""``/policy test``, ``try-out`` and ``backtest``: try a draft before it is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.permission import admits_editor, admits_editor_or_reviewer
from bot.cogs.interactions.reply import Reply, defer, replace, send
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import A_NAME, Name, PolicyCommands
from bot.cogs.policies.buttons import PolicyClick, PolicyVerb
from bot.cogs.trials import replies as trial_replies
from bot.cogs.trials.runner import TrialRunner
from bot.cogs.trials.side_by_side import render_test
from bot.languages.translation import _, length, marked
from bot.moderation.policies.flash import FlashRules
from bot.moderation.policies.outcomes import Blocked, Refused
from bot.moderation.setup import Setup
from bot.moderation.trials.backtest import Backtest
from bot.moderation.trials.backtests import MAX_DAYS
from bot.moderation.trials.side_by_side import MAX_TEST_LENGTH, PolicyTest
from bot.moderation.trials.try_outs import TryOuts
from guild_policies.versions import StoredPolicy

DEFAULT_DAYS, DEFAULT_HOURS = 30, 24

_CANCELS = frozenset({PolicyVerb.CANCEL_BACKTEST, PolicyVerb.CANCEL_READING, PolicyVerb.STOP_WOBBLE})
NOT_SET_UP = marked("Run /setup first: reports go to the moderators' channel.")
RUNS = marked("Started. Progress and result are shown in {channel}.")


class _AnyPlace(app_commands.Transformer):
    """A channel, category, forum or thread of any kind: only its id is needed."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """A channel to Discord."""
        return discord.AppCommandOptionType.channel

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> Place:
        """Return the channel unchanged."""
        del interaction
        place: Place = value
        return place


Place = app_commands.AppCommandChannel | app_commands.AppCommandThread
AnyPlace = app_commands.Transform[Place, _AnyPlace]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTools:
    """The services that the commands about trials call."""

    tests: PolicyTest
    try_outs: TryOuts
    runner: TrialRunner
    setup: Setup
    flash: FlashRules


class PolicyTrying(PolicyCommands):
    """The commands that ask the judge about a draft."""

    trials: TrialTools

    try_out = app_commands.Group(name="try-out", description="A draft judges live messages silently for a time")

    @app_commands.command(description="Judge a text under the draft and under the version in force, side by side")
    @app_commands.describe(name=A_NAME, text="What is to be judged, in your own words")
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def test(
        self, interaction: discord.Interaction[Any], name: Name, text: app_commands.Range[str, 1, MAX_TEST_LENGTH]
    ) -> None:
        """Ask the judge twice."""
        await defer(interaction)
        if not await admits_editor_or_reviewer(interaction, self.tools.access) or interaction.guild_id is None:
            return
        outcome = await self.trials.tests.compare(interaction.guild_id, name, text)
        if isinstance(outcome, Refused):
            await send(interaction, Reply(text=outcome.why))
        else:
            await interaction.edit_original_response(view=render_test([outcome]))

    @try_out.command(description="Start: differences to the version in force are reported to your moderators' channel")
    @app_commands.describe(
        name=A_NAME,
        channel="Only there, with its threads; wherever the policy applies if left out",
        hours="For how long; a day if left out",
    )
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def start(
        self,
        interaction: discord.Interaction[Any],
        name: Name,
        channel: AnyPlace | None = None,
        hours: app_commands.Range[int, 1, 336] = DEFAULT_HOURS,
    ) -> None:
        """Begin a try-out."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        await defer(interaction)
        settings = await self.trials.setup.settings_of(guild_id)
        if settings is None:
            await send(interaction, Reply(text=_(NOT_SET_UP)))
            return
        outcome = await self.trials.try_outs.start(
            guild_id,
            name,
            channel_id=channel.id if channel else None,
            length=timedelta(hours=hours),
            report_channel_id=settings.review_channel_id,
            actor_id=interaction.user.id,
        )
        if isinstance(outcome, Blocked):
            await send(interaction, policy_replies.cannot_be_judged(outcome))
        elif isinstance(outcome, Refused):
            await send(interaction, Reply(text=outcome.why))
        else:
            await send(interaction, trial_replies.try_out_started(outcome))

    @try_out.command(description="Stop, and read what was found so far")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def stop(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """End a try-out now."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        await defer(interaction)
        outcome = await self.trials.try_outs.stop(guild_id, name, actor_id=interaction.user.id)
        reply = Reply(text=outcome.why) if isinstance(outcome, Refused) else trial_replies.try_out_report(outcome)
        await send(interaction, reply)

    @try_out.command(description="What is being tried out, and what was counted so far")
    async def status(self, interaction: discord.Interaction[Any]) -> None:
        """List the try-outs that run."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            await defer(interaction)
            await send(interaction, trial_replies.try_outs_running(await self.trials.try_outs.running(guild_id)))

    @app_commands.command(
        description="Hold a draft against your team's past decisions, or against a channel's messages"
    )
    @app_commands.describe(
        name=A_NAME,
        days="How far back; 30 days if left out",
        channel="Judge the recent messages of this channel instead; nothing of them is stored",
    )
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def backtest(
        self,
        interaction: discord.Interaction[Any],
        name: Name,
        days: app_commands.Range[int, 1, MAX_DAYS] = DEFAULT_DAYS,
        channel: discord.TextChannel | discord.Thread | None = None,
    ) -> None:
        """Start a backtest, and say where its progress is shown; the runner carries it out."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        await defer(interaction)
        settings = await self.trials.setup.settings_of(guild_id)
        if settings is None:
            await send(interaction, Reply(text=_(NOT_SET_UP)))
            return
        where = settings.review_channel_id
        started: Backtest | int | Blocked | Refused
        if channel is None:
            started = await self.trials.runner.start(
                guild_id, name, days=days, actor_id=interaction.user.id, shown=where
            )
        else:
            started = await self.trials.runner.read(channel, interaction.user, name, days=days, shown=where)
        if isinstance(started, Blocked):
            await send(interaction, policy_replies.cannot_be_judged(started))
        elif isinstance(started, Refused):
            await send(interaction, Reply(text=started.why))
        else:
            await send(interaction, Reply(text=_(RUNS, channel=f"<#{where}>")))

    @commands.Cog.listener()
    async def on_policy_merged(self, interaction: discord.Interaction[Any], policy: StoredPolicy) -> None:
        """A newer version of an imported policy became a draft: start a backtest."""
        async with answering("a comparison", interaction):
            compared = await compare_draft(self.trials, policy, interaction.user.id)
            if compared:
                await send(interaction, Reply(text=compared))

    @commands.Cog.listener("on_policy_click")
    async def cancel(self, interaction: discord.Interaction[Any], click: PolicyClick) -> None:
        """An admin ends a backtest, the reading of a channel or a wobble test."""
        if click.verb not in _CANCELS:
            return
        async with answering("a cancellation", interaction):
            if not await admits_editor(interaction, self.tools.access) or interaction.guild_id is None:
                return
            await interaction.response.defer()
            runner = self.trials.runner
            if click.verb is PolicyVerb.CANCEL_BACKTEST:
                reply = await runner.cancel(interaction.guild_id, click.number, actor_id=interaction.user.id)
            elif click.verb is PolicyVerb.STOP_WOBBLE:
                policy = await self.tools.desk.by_id(interaction.guild_id, click.policy_id)
                wobble_of = policy.id if policy else 0  # no policy has that id
                reply = await runner.stop(interaction.guild_id, 0, wobble_of=wobble_of)
            else:
                shown = interaction.message.id if interaction.message else 0
                reply = await runner.stop(interaction.guild_id, shown)
            await replace(interaction, reply)


async def compare_draft(trials: TrialTools, policy: StoredPolicy, user_id: int) -> str:
    """Start a backtest of a policy's draft. Returns a sentence about it, or an empty one."""
    settings = await trials.setup.settings_of(policy.guild_id)
    if settings is None:
        return ""
    where = settings.review_channel_id
    outcome = await trials.runner.start(policy.guild_id, policy.name, days=DEFAULT_DAYS, actor_id=user_id, shown=where)
    if isinstance(outcome, Backtest):
        return _(
            "It is being compared with your team's decisions of the last {length}: see {channel}.",
            length=length(timedelta(days=DEFAULT_DAYS)),
            channel=f"<#{where}>",
        )
    return outcome.why if isinstance(outcome, Refused) else ""
