"""What admins are told about consequences that follow by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from bot.cogs.interactions.reply import Reply, listed
from bot.cogs.interactions.wording import name, rule
from bot.moderation.policies.consequences import ConsequenceMode, ConsequenceSet, RuleConsequence
from bot.moderation.policies.outcomes import Refused
from guild_policies.policy import ConsequenceKind
from guild_policies.text.values import written_consequence

WHICH = "Name a rule and a mode, such as rule R1 and mode dry run. Without both, this command shows what is set."
RULE_LIMIT = 50

_NEVER = (
    "-# Staff, bots and the owner are immune, and kicks and bans never follow by themselves. Every card has a button "
    "that takes a timeout back; a deleted message does not come back."
)
_COUNTS = {
    ConsequenceMode.OFF: "From now on nothing follows by itself.",
    ConsequenceMode.REHEARSE: "From now on cards say what would have been done, and nothing is done.",
    ConsequenceMode.ON: "From now on Bylaw does it by itself, and the card says so.",
}


def overview(policy_name: str, rules: Sequence[RuleConsequence]) -> Reply:
    """Every rule of the published version, with what follows."""
    head = f"**What follows by itself under {name(policy_name)}**"
    return listed(head, [f"- {_line(each)}" for each in rules], _NEVER, f"{policy_name} consequences")


def of_setting(outcome: ConsequenceSet | Refused) -> Reply:
    """What is set now, or why nothing was."""
    if isinstance(outcome, Refused):
        return Reply(text=outcome.why)
    setting = outcome.setting
    found = RuleConsequence(rule=outcome.rule, setting=setting, line_changed=False)
    return Reply(text=f"**{name(outcome.policy_name)}**, {_line(found)}\n{_COUNTS[setting.mode]}\n{_NEVER}")


def _line(found: RuleConsequence) -> str:
    title = rule(found.rule.id, found.rule.title, RULE_LIMIT)
    if found.rule.consequence.kind is ConsequenceKind.FLAG:
        return f"{title}: only flags"
    wish = written_consequence(found.rule.consequence)
    setting = found.setting
    if setting is None or setting.mode is ConsequenceMode.OFF:
        return f"{title}: **off** (its line says {wish})"
    above = f"{wish} from {setting.from_score:.0%} on"
    if setting.mode is ConsequenceMode.REHEARSE:
        return f"{title}: **dry run**, {above}"
    if found.line_changed:
        return f"{title}: **dry run**, because its line was {setting.wished} when it was switched on; now {above}"
    return f"{title}: **on**, {above}"
