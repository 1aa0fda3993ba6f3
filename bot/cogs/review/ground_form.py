"""The menu to name the rule of a case if the judge named none, in its own form or in others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord

from bot.cogs.interactions.forms import opened_form
from bot.cogs.interactions.submitted_forms import SubmittedForm
from bot.cogs.interactions.wording import severity
from bot.languages.translation import _, marked, ngettext
from bot.moderation.cases.case import Case
from bot.moderation.cases.ground import MAX_WORDS, Ground
from bot.moderation.policies.nameable_rules import OTHER_REASON, NameableRule, NameableRules

RULE, WORDS = "rule", "words"
FORM = r"bylaw:ground:(?P<what>decide|name):(?P<guild>[0-9]{1,20}):(?P<number>[0-9]{1,19})"
#: English, translated when shown.
NOT_NAMED = marked("Choose the rule that was broken, or write the reason if no rule fits. Nothing was done.")

_MOST = 24  #: rules in a menu: Discord takes 25 choices, and one of them is: no rule
_LABEL = 100  #: characters of a choice


def ground_form(case: Case, rules: Sequence[NameableRule]) -> discord.ui.Modal:
    """The form that decides an open case as a violation, or names the rule of a decided one."""
    decides = case.decision is None
    # Translators: the title of a form, at most 35 characters, because numbers can be long.
    title = _("Case {number}: which rule?", number=case.number)
    what = "decide" if decides else "name"
    made = opened_form(title, f"bylaw:ground:{what}:{case.guild_id}:{case.number}")
    made.add_item(rule_menu(rules))
    field = discord.ui.TextInput[Any](
        custom_id=WORDS, style=discord.TextStyle.paragraph, max_length=MAX_WORDS, required=False
    )
    # Translators: in a form, at most 100 characters.
    hint = _("Needed if no rule fits. Shown on the card, and to the member if you act.")
    made.add_item(discord.ui.Label(text=_("Another reason"), description=hint, component=field))
    return made


def rule_menu(rules: Sequence[NameableRule]) -> discord.ui.Label[Any]:
    """The menu of rules. If there are more than fit, the others can be named by their id."""
    options = [_option(each) for each in rules[:_MOST]]
    # Translators: in a menu, at most 100 characters.
    other = discord.SelectOption(label=_("No rule, another reason"), value=OTHER_REASON)
    menu = discord.ui.Select[Any](custom_id=RULE, options=[*options, other], required=False)
    left = len(rules) - len(options)
    # Translators: in a form, at most 100 characters.
    hint = _("The judge named none.")
    if left > 0:
        hint = ngettext(
            # Translators: in a form, at most 100 characters.
            "The judge named none. {n} more rule: write its id, such as R7, as the reason.",
            "The judge named none. {n} more rules: write the id, such as R7, as the reason.",
            left,
        )
    # Translators: in a form, at most 45 characters.
    return discord.ui.Label(text=_("Which rule was broken"), description=hint, component=menu)


async def read_ground(sent: SubmittedForm, rules: NameableRules, guild_id: int, *, field: str = WORDS) -> Ground | None:
    """The ground named in a form with that menu; None if none was.

    Args:
        field: the custom_id of the field for the reason.
    """
    return await rules.ground(guild_id, key=sent.values.get(RULE, ""), words=sent.values.get(field, ""))


def _option(each: NameableRule) -> discord.SelectOption:
    rule = each.rule
    label = " ".join(f"{rule.id} {rule.title}".split())[:_LABEL]
    about = " ".join(f"{rule.policy_name} · {severity(rule.severity)}".split())[-_LABEL:]
    return discord.SelectOption(label=label, value=each.key, description=about)
