"""``/policy flash``: one sentence in force at once, for some hours. The report at its end is in `flash_reports`."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.permission import admits_editor
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.wording import at, name
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import POLICY_GONE, PolicyCommands
from bot.cogs.policies.buttons import PolicyClick, PolicyVerb
from bot.cogs.trials.trying import TrialTools, compare_draft
from bot.languages.translation import _, marked
from bot.moderation.policies.flash import MAX_HOURS, MAX_SENTENCE
from bot.moderation.policies.outcomes import Blocked, Refused, Saved
from guild_policies.versions import StoredPolicy

DEFAULT_HOURS = 6
_LASTING = marked("/policy edit makes it more exact; /policy publish and /policy resume put it in force for good.")


class PolicyFlash(PolicyCommands):
    """The command, and the button under the report."""

    trials: TrialTools

    @app_commands.command(description="Put one sentence in force for some hours; it flags and does nothing else")
    @app_commands.describe(
        text="What breaks the rule, in one sentence, such as: links to the leaked build",
        hours="For how long; 6 hours if left out",
    )
    async def flash(
        self,
        interaction: discord.Interaction[Any],
        text: app_commands.Range[str, 1, MAX_SENTENCE],
        hours: app_commands.Range[int, 1, MAX_HOURS] = DEFAULT_HOURS,
    ) -> None:
        """Start a flash rule."""
        guild_id = await self.admitted(interaction)
        if guild_id is None:
            return
        await defer(interaction)
        outcome = await self.trials.flash.start(guild_id, text, hours=hours, actor_id=interaction.user.id)
        if isinstance(outcome, Blocked):
            await send(interaction, policy_replies.cannot_be_judged(outcome))
        elif isinstance(outcome, Refused):
            await send(interaction, Reply(text=outcome.why))
        else:
            await send(interaction, started(outcome, text))

    @commands.Cog.listener("on_policy_click")
    async def keep(self, interaction: discord.Interaction[Any], click: PolicyClick) -> None:
        """An editor wants to keep the policy: create a draft with findings, and backtest it."""
        if click.verb is not PolicyVerb.KEEP_FLASH:
            return
        async with answering("the draft of a flash rule", interaction):
            if not await admits_editor(interaction, self.tools.access) or interaction.guild_id is None:
                return
            await defer(interaction)
            policy = await self.tools.desk.by_id(interaction.guild_id, click.policy_id)
            if policy is None:
                await send(interaction, Reply(text=_(POLICY_GONE)))
                return
            saved = await self.tools.life.start_draft(policy.guild_id, policy.name, actor_id=interaction.user.id)
            reply = await policy_replies.of_saving(saved, self.tools.desk, text="", name=policy.name)
            if isinstance(saved, Saved):
                compared = await compare_draft(self.trials, policy, interaction.user.id)
                text = "\n".join([reply.text, " ".join(filter(None, [compared, _(_LASTING)]))])
                reply = Reply(text=text, files=reply.files)
            await send(interaction, reply)


def started(policy: StoredPolicy, sentence: str) -> Reply:
    """The flash rule is in force."""
    ends = f"{at(policy.ends_at, 'f')} ({at(policy.ends_at, 'R')})" if policy.ends_at else ""
    return Reply(
        text=_(
            "**{policy}** is in force from the next message on: {sentence}\nIt only flags. Members see it in /rules, "
            "and it ends automatically {moment}. /policy pause ends it sooner.",
            policy=name(policy.name),
            sentence=on_one_line(sentence, MAX_SENTENCE),
            moment=ends,
        )
    )
