"""``/rules``: the rules, for any member. Only shown to the member who asks."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.channels.hidden import hidden_channels
from bot.cogs.interactions.quoting import on_one_line, units
from bot.cogs.interactions.reply import CONTENT_LIMIT, Document, Reply, send
from bot.cogs.interactions.wording import acting_rules, at, name, rule
from bot.languages.translation import _, marked, ngettext
from bot.moderation.policies.public_rules import PublicPolicy, PublicRules, RulesPage
from guild_policies.scope import Scope

BREAKS_SHOWN = 160
APPEAL_SHOWN = 500
_IN_FILE = marked("The file has the full text.")
RULES_THAT_MAY_FIT = CONTENT_LIMIT // len("- R1\n")  #: longer texts are not tried

_NOT_AT_WORK = marked("Bylaw checks no rules in this server right now.")
_NO_APPEAL = marked("Think a decision is wrong? Use /appeal. For anything else, message the moderators.")


class RulesCommand(commands.Cog):
    """The command that everybody has."""

    def __init__(self, *, public: PublicRules) -> None:
        self._public = public

    @app_commands.command(description="The rules that Bylaw checks here, what it keeps for how long, and how to appeal")
    async def rules(self, interaction: discord.Interaction[Any]) -> None:
        """Show the rules to one member."""
        if interaction.guild_id is not None:
            hidden = len(hidden_channels(interaction.guild)) if interaction.guild else 0
            await send(interaction, rules_page(await self._public.of(interaction.guild_id), hidden=hidden))


def rules_page(page: RulesPage, *, hidden: int = 0) -> Reply:
    """The rules in force: in full if they fit, otherwise their titles, with the full text as a file.

    Args:
        hidden: how many channels Bylaw cannot see.
    """
    if page.retention_days is None or not page.policies:
        return Reply(text=f"{_(_NOT_AT_WORK)}\n{_appeal(page)}")
    foot = _foot(page, hidden)
    may_fit = sum(len(policy.rules) for policy in page.policies) <= RULES_THAT_MAY_FIT
    whole = "\n\n".join(_policy(policy, whole=True) for policy in page.policies) if may_fit else ""
    if may_fit and units(whole) + units(foot) + 2 <= CONTENT_LIMIT:
        return Reply(text=f"{whole}\n\n{foot}")
    titles = "\n\n".join(_policy(policy, whole=False) for policy in page.policies) if may_fit else ""
    if not may_fit or units(titles) + units(foot) + units(_(_IN_FILE)) + 4 > CONTENT_LIMIT:
        titles = "\n".join(f"- **{name(policy.name)}**: {_count(policy)}" for policy in page.policies)
    document = Document(name="rules.txt", text="\n\n".join(map(_as_text, page.policies)))
    return Reply(text=f"{titles}\n\n{_(_IN_FILE)}\n{foot}", files=(document,))


def _policy(policy: PublicPolicy, *, whole: bool) -> str:
    until = " · " + _("until {moment}", moment=at(policy.ends_at, "f")) if policy.ends_at else ""
    lines = [f"**{name(policy.title or policy.name)}** · {_where(policy.scope)}{until}"]
    if whole and policy.purpose:
        lines.append(on_one_line(policy.purpose, 2 * BREAKS_SHOWN))
    for each in policy.rules:
        breaks = f": {on_one_line(each.breaks_it, BREAKS_SHOWN)}" if whole and each.breaks_it else ""
        lines.append(f"- {rule(each.id, each.title)}{breaks}")
    return "\n".join(lines)


def _where(scope: Scope) -> str:
    """Where a policy applies and to whom, briefly. Doesn't reveal names of channels that the member can't see."""
    where = [_("in {channels}", channels=_channels(scope.only_in)) if scope.only_in else _("everywhere")]
    if scope.not_in:
        where.append(_("not in {channels}", channels=_channels(scope.not_in)))
    if scope.newcomer_days:
        # Translators: the policy applies only to members who joined the server that recently.
        recent = ngettext("only in your first {n} day here", "only in your first {n} days here", scope.newcomer_days)
        where.append(recent)
    if scope.exempt_roles:
        where.append(ngettext("not for {n} role", "not for {n} roles", len(scope.exempt_roles)))
    return " · ".join(where)


def _channels(ids: frozenset[int]) -> str:
    shown = sorted(ids)[:3]
    more = [ngettext("{n} more", "{n} more", len(ids) - len(shown))] if len(ids) > len(shown) else []
    return ", ".join([*(f"<#{each}>" for each in shown), *more])


def _foot(page: RulesPage, hidden: int) -> str:
    how = _("**How it works**: Bylaw reads new messages in the places above and checks them against these rules.")
    kept = ngettext(
        "**What is kept**: the text of a flagged message for {n} day, with a few lines said just before it. No text of "
        "other messages is kept.",
        "**What is kept**: the text of a flagged message for {n} days, with a few lines said just before it. No text "
        "of other messages is kept.",
        page.retention_days or 0,
    )
    unseen = ngettext(
        "**What it does not read**: {n} channel that it cannot see.",
        "**What it does not read**: {n} channels that it cannot see.",
        hidden,
    )
    lines = [f"{how} {_what_follows(page)}", *([unseen] if hidden else []), kept, _appeal(page)]
    return "\n".join(lines)


def _what_follows(page: RulesPage) -> str:
    """The automatic actions, as set now."""
    if not page.acting:
        return _("It does not delete or punish anything on its own: moderators look at what it flags and decide.")
    return _(
        "Where it is sure, it acts on its own on {rules}; moderators see that and can correct it. They decide about "
        "everything else that it flags.",
        rules=acting_rules(page.acting),
    )


def _appeal(page: RulesPage) -> str:
    how = on_one_line(page.appeal, APPEAL_SHOWN) if page.appeal else _(_NO_APPEAL)
    return _("**Appeal**: {how}", how=how)


def _count(policy: PublicPolicy) -> str:
    return ngettext("{n} rule", "{n} rules", len(policy.rules))


def _as_text(policy: PublicPolicy) -> str:
    """A policy in its own words, without anything that is only for the judge."""
    version = _("version {number}", number=policy.version_number)
    parts = [f"{policy.title or policy.name} ({version})", policy.purpose]
    parts += [f"- {definition}" for definition in policy.definitions]
    for each in policy.rules:
        parts += [f"\n{each.id} {each.title}", each.breaks_it and _("Breaks it: {text}", text=each.breaks_it)]
        parts += [each.does_not and _("Does not break it: {text}", text=each.does_not)]
    if policy.when_unclear:
        parts.append("\n" + _("When it is unclear: {text}", text=policy.when_unclear))
    return "\n".join(part for part in parts if part)
