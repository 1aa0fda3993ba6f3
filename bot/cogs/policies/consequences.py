"""``/policy consequence``: what follows a violation by itself, rule by rule. Off until an admin switches it on."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.policies import consequence_replies
from bot.cogs.policies.base import A_NAME, Choices, Name, PolicyPart, choices
from bot.moderation.policies.consequences import USUAL_SCORE, ConsequenceMode, RuleConsequence
from bot.moderation.policies.outcomes import Refused

_MODES = [
    app_commands.Choice(name="off: moderators do everything", value=ConsequenceMode.OFF.value),
    app_commands.Choice(name="dry run: cards say what would have been done", value=ConsequenceMode.REHEARSE.value),
    app_commands.Choice(name="on: Bylaw does it by itself", value=ConsequenceMode.ON.value),
]
Score = app_commands.Range[float, 0.0, 1.0]


class PolicyConsequences(PolicyPart):
    """The command about consequences: for those who manage the server, because it acts against members."""

    @app_commands.command(description="Let a rule delete or time out by itself: off, dry run or on; shows what is set")
    @app_commands.describe(
        name=A_NAME,
        rule="The rule, such as R1; leave it out to see what is set",
        mode="A rule is rehearsed before it can be switched on",
        score=f"From which score on, {USUAL_SCORE} if nothing is set; lower ones only open a case",
    )
    @app_commands.choices(mode=_MODES)
    @app_commands.autocomplete(name=PolicyPart.offered_names)
    async def consequence(
        self,
        interaction: discord.Interaction[Any],
        name: Name,
        rule: app_commands.Range[str, 1, 20] | None = None,
        mode: str | None = None,
        score: Score | None = None,
    ) -> None:
        """Set one rule, or show them all."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        found = await self.tools.consequences.of_policy(interaction.guild_id, name)
        if isinstance(found, Refused):
            await send(interaction, Reply(text=found.why))
        elif rule is None and mode is None and score is None:
            await send(interaction, consequence_replies.overview(name, found))
        elif rule is None or mode is None:
            await send(interaction, Reply(text=consequence_replies.WHICH))
        else:
            outcome = await self.tools.consequences.set(
                interaction.guild_id,
                name,
                rule,
                mode=ConsequenceMode(mode),
                from_score=_score_before(found, rule) if score is None else score,
                actor_id=interaction.user.id,
            )
            await send(interaction, consequence_replies.of_setting(outcome))

    @consequence.autocomplete("rule")
    async def _rules(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        return choices(await self.rules_of_named(interaction), current)


def _score_before(found: tuple[RuleConsequence, ...], rule_id: str) -> float:
    """What was set for the rule before; a rule that was never set gets the usual score."""
    same = (each.setting for each in found if each.rule.id.casefold() == rule_id.strip().casefold())
    return next((setting.from_score for setting in same if setting is not None), USUAL_SCORE)
