"""``/rules``: what any member may know. Shown to whoever asks, and to nobody else."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.channels.hidden import hidden_channels
from bot.cogs.interactions.quoting import on_one_line, units
from bot.cogs.interactions.reply import CONTENT_LIMIT, Document, Reply, send
from bot.cogs.interactions.wording import acting_rules, at, how_many, name, rule
from bot.moderation.policies.public_rules import PublicPolicy, PublicRules, RulesPage
from guild_policies.scope import Scope

BREAKS_SHOWN = 160
APPEAL_SHOWN = 500
RULES_THAT_MAY_FIT = CONTENT_LIMIT // len("- R1\n")  #: what is more is not even tried

_NOT_AT_WORK = "No rule is checked by Bylaw in this server at the moment."
_NO_APPEAL = "You think that a decision is wrong? Use /appeal. Write to the moderators of this server about all else."


class RulesCommand(commands.Cog):
    """The command that everybody has."""

    def __init__(self, *, public: PublicRules) -> None:
        self._public = public

    @app_commands.command(description="The rules that are checked here, where, how long texts are kept, how to appeal")
    async def rules(self, interaction: discord.Interaction[Any]) -> None:
        """Show the rules to one member."""
        if interaction.guild_id is not None:
            hidden = len(hidden_channels(interaction.guild)) if interaction.guild else 0
            await send(interaction, rules_page(await self._public.of(interaction.guild_id), hidden=hidden))


def rules_page(page: RulesPage, *, hidden: int = 0) -> Reply:
    """The rules in force: whole where they fit, else their titles, and whole as a file.

    Args:
        hidden: how many channels Bylaw cannot see.
    """
    if page.retention_days is None or not page.policies:
        return Reply(text=f"{_NOT_AT_WORK}\n{_appeal(page)}")
    foot = _foot(page, hidden)
    may_fit = sum(len(policy.rules) for policy in page.policies) <= RULES_THAT_MAY_FIT
    whole = "\n\n".join(_policy(policy, whole=True) for policy in page.policies) if may_fit else ""
    if may_fit and units(whole) + units(foot) + 2 <= CONTENT_LIMIT:
        return Reply(text=f"{whole}\n\n{foot}")
    titles = "\n\n".join(_policy(policy, whole=False) for policy in page.policies) if may_fit else ""
    if not may_fit or units(titles) + units(foot) + 60 > CONTENT_LIMIT:
        titles = "\n".join(f"- **{name(policy.name)}**: {_count(policy)}" for policy in page.policies)
    document = Document(name="rules.txt", text="\n\n".join(map(_as_text, page.policies)))
    return Reply(text=f"{titles}\n\nThe file has their whole words.\n{foot}", files=(document,))


def _policy(policy: PublicPolicy, *, whole: bool) -> str:
    until = f" · until {at(policy.ends_at, 'f')}" if policy.ends_at else ""
    lines = [f"**{name(policy.title or policy.name)}** · {_where(policy.scope)}{until}"]
    if whole and policy.purpose:
        lines.append(on_one_line(policy.purpose, 2 * BREAKS_SHOWN))
    for each in policy.rules:
        breaks = f": {on_one_line(each.breaks_it, BREAKS_SHOWN)}" if whole and each.breaks_it else ""
        lines.append(f"- {rule(each.id, each.title)}{breaks}")
    return "\n".join(lines)


def _where(scope: Scope) -> str:
    """Where a policy applies and to whom, briefly: names of channels that a member cannot see stay unknown to them."""
    where = "everywhere" if not scope.only_in else f"in {_channels(scope.only_in)}"
    if scope.not_in:
        where += f", not in {_channels(scope.not_in)}"
    if scope.newcomer_days:
        where += f", for newcomers of {how_many(scope.newcomer_days, 'day', 'days')}"
    if scope.exempt_roles:
        where += f", not for {how_many(len(scope.exempt_roles), 'role', 'roles')}"
    return where


def _channels(ids: frozenset[int]) -> str:
    shown = sorted(ids)[:3]
    more = f" and {len(ids) - len(shown)} more" if len(ids) > len(shown) else ""
    return ", ".join(f"<#{each}>" for each in shown) + more


def _foot(page: RulesPage, hidden: int) -> str:
    how = (
        "**How it works**: Bylaw reads new messages where it is said above and compares them with these rules. "
        f"{_what_follows(page)}"
    )
    kept = (
        f"**What is kept**: the text of a flagged message for {how_many(page.retention_days or 0, 'day', 'days')}, "
        "with the few lines said just before it. Of other messages no text is kept."
    )
    unseen = (
        [f"**What it does not read**: {how_many(hidden, 'channel', 'channels')} that it cannot see."] if hidden else []
    )
    return "\n".join([how, *unseen, kept, _appeal(page)])


def _what_follows(page: RulesPage) -> str:
    """What Bylaw does by itself, as it is set now."""
    if not page.acting:
        return "It deletes nothing and punishes nobody: moderators look at what it flags and decide."
    return (
        f"Where it is sure, it acts by itself on {acting_rules(page.acting)}; moderators see that and can correct it. "
        "They look at everything else that it flags, and decide."
    )


def _appeal(page: RulesPage) -> str:
    return f"**Appeal**: {on_one_line(page.appeal, APPEAL_SHOWN) if page.appeal else _NO_APPEAL}"


def _count(policy: PublicPolicy) -> str:
    return how_many(len(policy.rules), "rule", "rules")


def _as_text(policy: PublicPolicy) -> str:
    """A policy in its own words, without anything that is for the judge only."""
    parts = [f"{policy.title or policy.name} (version {policy.version_number})", policy.purpose]
    parts += [f"- {definition}" for definition in policy.definitions]
    for each in policy.rules:
        parts += [f"\n{each.id} {each.title}", each.breaks_it and f"Breaks it: {each.breaks_it}"]
        parts += [each.does_not and f"Does not: {each.does_not}"]
    if policy.when_unclear:
        parts.append(f"\nWhen it is unclear: {policy.when_unclear}")
    return "\n".join(part for part in parts if part)
