"""``/policy consequence``: automatic actions after a violation, rule by rule. Off until an admin switches them on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.reply import Reply, listed, send
from bot.cogs.interactions.wording import name as shown
from bot.cogs.interactions.wording import rule as shown_rule
from bot.cogs.interactions.wording import score_number
from bot.cogs.policies.base import A_NAME, Choices, Name, PolicyCommands, choices
from bot.languages.translation import _, marked
from bot.moderation.policies.consequences import USUAL_SCORE, ConsequenceMode, ConsequenceSet, RuleConsequence
from bot.moderation.policies.outcomes import Refused
from guild_policies.policy import ConsequenceKind
from guild_policies.text.values import written_consequence

_MODES = [
    app_commands.Choice(name="off: moderators do everything", value=ConsequenceMode.OFF.value),
    app_commands.Choice(name="dry run: cards say what would have been done", value=ConsequenceMode.REHEARSE.value),
    app_commands.Choice(name="on: Bylaw does it by itself", value=ConsequenceMode.ON.value),
]
Score = app_commands.Range[float, 0.0, 1.0]

WHICH = marked(
    "Name a rule and a mode, such as rule R1 and mode dry run. Without both, this command shows what is set."
)
RULE_LIMIT = 50

_NEVER = marked(
    "-# Staff, bots and the owner are immune, and Bylaw never kicks or bans automatically. Every card has a button "
    "that undoes a timeout; a deleted message does not come back."
)
_COUNTS = {
    ConsequenceMode.OFF: marked("From now on, nothing is done automatically."),
    ConsequenceMode.REHEARSE: marked("From now on, cards say what Bylaw would have done. Nothing is done."),
    ConsequenceMode.ON: marked("From now on, Bylaw does it automatically, and the card says so."),
}
_ONLY_REPORTS = marked("Bylaw only reports.")


class PolicyConsequences(PolicyCommands):
    """The command about consequences: for those who manage the server, because it acts against members."""

    @app_commands.command(description="Let a rule delete or time out by itself: off, dry run or on; shows what is set")
    @app_commands.describe(
        name=A_NAME,
        rule="The rule, such as R1; leave it out to see what is set",
        mode="A rule is rehearsed before it can be switched on",
        score="The lowest score to act on; lower ones only open a case",
    )
    @app_commands.choices(mode=_MODES)
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
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
            await send(interaction, _overview(name, found))
        elif rule is None or mode is None:
            await send(interaction, Reply(text=_(WHICH)))
        else:
            outcome = await self.tools.consequences.set(
                interaction.guild_id,
                name,
                rule,
                mode=ConsequenceMode(mode),
                from_score=_score_before(found, rule) if score is None else score,
                actor_id=interaction.user.id,
            )
            await send(interaction, _of_setting(outcome))

    @consequence.autocomplete("rule")
    async def _rules(self, interaction: discord.Interaction[Any], current: str) -> Choices:
        return choices(await self.rules_of_named(interaction), current)


def _score_before(found: tuple[RuleConsequence, ...], rule_id: str) -> float:
    """The score that was set for the rule before, or the default."""
    same = (each.setting for each in found if each.rule.id.casefold() == rule_id.strip().casefold())
    return next((setting.from_score for setting in same if setting is not None), USUAL_SCORE)


def _overview(policy_name: str, rules: Sequence[RuleConsequence]) -> Reply:
    """Every rule of the published version, with its automatic action."""
    head = _("**Automatic actions under {policy}**", policy=shown(policy_name))
    return listed(head, [f"- {_line(each)}" for each in rules], _(_NEVER), f"{policy_name} consequences")


def _of_setting(outcome: ConsequenceSet | Refused) -> Reply:
    """The current setting, or why nothing was set."""
    if isinstance(outcome, Refused):
        return Reply(text=outcome.why)
    setting = outcome.setting
    found = RuleConsequence(rule=outcome.rule, setting=setting, line_changed=False)
    return Reply(text=f"**{shown(outcome.policy_name)}**, {_line(found)}\n{_(_COUNTS[setting.mode])}\n{_(_NEVER)}")


def follows_now(found: RuleConsequence | None) -> str:
    """The automatic action for a rule now, in a sentence; None stands for a rule not in force."""
    if found is None or found.setting is None or found.rule.consequence.kind is ConsequenceKind.FLAG:
        return _(_ONLY_REPORTS)
    if found.acts:
        wish = written_consequence(found.rule.consequence)
        score = score_number(found.setting.from_score)
        return _("Bylaw acts automatically: {action}, from a score of {score} on.", action=wish, score=score)
    if found.setting.mode is ConsequenceMode.OFF:
        return _(_ONLY_REPORTS)
    return _("This is a dry run: cards say what Bylaw would have done.")


def _line(found: RuleConsequence) -> str:
    title = shown_rule(found.rule.id, found.rule.title, RULE_LIMIT)
    if found.rule.consequence.kind is ConsequenceKind.FLAG:
        return _("{rule}: only flags", rule=title)
    wish = written_consequence(found.rule.consequence)
    setting = found.setting
    if setting is None or setting.mode is ConsequenceMode.OFF:
        return _("{rule}: **off** (its line says {action})", rule=title, action=wish)
    values = {"rule": title, "action": wish, "score": score_number(setting.from_score)}
    if setting.mode is ConsequenceMode.REHEARSE:
        return _("{rule}: **dry run**, {action} from score {score} on", **values)
    if found.line_changed:
        return _(
            "{rule}: **dry run**, because its line said {before} when it was turned on; now {action} from score "
            "{score} on",
            before=setting.wished,
            **values,
        )
    return _("{rule}: **on**, {action} from score {score} on", **values)
