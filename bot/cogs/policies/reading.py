"""``/policy show``, ``list``, ``history``, ``diff`` and ``export``: read policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.wording import agreement, at, rule
from bot.cogs.interactions.wording import name as shown
from bot.cogs.policies import lists
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import (
    A_NAME,
    DRAFT,
    PUBLISHED,
    Name,
    PolicyCommands,
    PolicyTools,
    no_such,
    version_of,
)
from bot.cogs.policies.scope_page import THRESHOLDS, advice_lines
from bot.languages.translation import _, marked, ngettext
from bot.moderation.cascade.cascade import Cascade
from bot.moderation.cascade.words import described
from bot.moderation.lookups.numbers.policy_numbers import DAYS, PolicyNumbers
from bot.moderation.lookups.numbers.stats import RuleStats
from bot.moderation.policies.publishing import Publishing
from guild_policies.text.origin import Origin, source_of, with_origin
from guild_policies.versions import StoredPolicy

# Translators: a command's text, at most 100 characters.
_A_VERSION = marked("published, draft or a number; the version in force if left out")
_IN_FORCE = marked("**{policy}** version {number}, in force, written by {member} {moment}")
_NOT_IN_FORCE = marked("**{policy}** version {number}, not in force, written by {member} {moment}")
RULES_COUNTED = 6  #: below a text
TITLE_LIMIT = 36  #: UTF-16 units


class PolicyReading(PolicyCommands):
    """The commands that change nothing."""

    @app_commands.command(description="Read a policy: the version in force, the draft or an older version")
    @app_commands.describe(name=A_NAME, version=_A_VERSION)
    @app_commands.autocomplete(name=PolicyCommands.offered_names, version=PolicyCommands.offered_versions)
    async def show(self, interaction: discord.Interaction[Any], name: Name, version: str | None = None) -> None:
        """Show a text."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            await send(interaction, await _text_page(self.tools, guild_id, name, version))

    @app_commands.command(description="Get a policy's text as a file, to keep it or to change it elsewhere")
    @app_commands.describe(name=A_NAME, version=_A_VERSION)
    @app_commands.autocomplete(name=PolicyCommands.offered_names, version=PolicyCommands.offered_versions)
    async def export(self, interaction: discord.Interaction[Any], name: Name, version: str | None = None) -> None:
        """Send a text as a file."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            page = await _text_page(self.tools, guild_id, name, version, as_file=True)
            await send(interaction, page)

    @app_commands.command(name="list", description="All policies of this server: what is in force, and what it costs")
    async def list_(self, interaction: discord.Interaction[Any]) -> None:
        """List the policies."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            await defer(interaction)
            policies = await self.tools.desk.list(guild_id)
            await send(interaction, lists.overview(policies, await self.tools.costs.of(guild_id)))

    @app_commands.command(description="Every version of a policy that was in force, when and by whom")
    @app_commands.describe(name=A_NAME)
    @app_commands.autocomplete(name=PolicyCommands.offered_names)
    async def history(self, interaction: discord.Interaction[Any], name: Name) -> None:
        """List the publications."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            await send(interaction, await _history_page(self.tools.desk, guild_id, name))

    @app_commands.command(description="What changed between two versions of a policy, rule by rule")
    @app_commands.describe(name=A_NAME, old="published, draft or a number", new="published, draft or a number")
    @app_commands.autocomplete(
        name=PolicyCommands.offered_names, old=PolicyCommands.offered_versions, new=PolicyCommands.offered_versions
    )
    async def diff(self, interaction: discord.Interaction[Any], name: Name, old: str, new: str) -> None:
        """Compare two texts."""
        guild_id = await self.admitted(interaction)
        if guild_id is not None:
            await send(interaction, await _diff_page(self.tools.desk, guild_id, name, old, new))


async def _text_page(
    tools: PolicyTools, guild_id: int, name: str, which: str | None, *, as_file: bool = False
) -> Reply:
    """The text of a policy: the version in force, with its statistics, the draft or an older version.

    Args:
        as_file: as a file that /policy import accepts, even if it is short.
    """
    desk = tools.desk
    policy = await desk.find(guild_id, name)
    if policy is None:
        return no_such(name)
    wanted = (which or (PUBLISHED if policy.published else DRAFT)).strip().lower()
    if wanted == DRAFT:
        return _draft_page(policy, as_file=as_file)
    version = policy.published if wanted == PUBLISHED else await version_of(desk, policy, wanted)
    if version is None:
        return _no_such_version(policy)
    head = _(
        _IN_FORCE if policy.published and version.number == policy.published.number else _NOT_IN_FORCE,
        policy=shown(policy.name),
        number=version.number,
        member=f"<@{version.author_id}>",
        moment=at(version.created_at),
    )
    if as_file:
        origin = Origin(source=source_of(policy.guild_id, policy.created_at), version=version.number)
        return policy_replies.as_file(head, with_origin(version.text, origin), policy.name)
    foot = ""
    if version == policy.published:
        counted = numbers_foot(await tools.numbers.of(policy, offered=THRESHOLDS), policy.name)
        foot = "\n".join(line for line in (counted, await _first_look(tools.cascade, policy)) if line)
    return policy_replies.whole_text(head, version.text, f"{policy.name} v{version.number}", foot)


async def _first_look(cascade: Cascade, policy: StoredPolicy) -> str:
    """The state of the first look at this and other policies; empty if there is none."""
    sets = await cascade.of_server(policy.guild_id)
    version_id = policy.published.id if policy.published else 0
    mine = ((ids, known) for ids, known in sets if version_id in ids)
    looks = (described(known, policies=len(ids)) for ids, known in mine)
    return next((_("-# First look: {how}", how=how) for how in looks), "")


def numbers_foot(numbers: PolicyNumbers, policy_name: str) -> str:
    """The statistics of a policy; empty without decisions."""
    decided = [each for each in numbers.rules if each.decided]
    if not decided:
        return ""
    advice = advice_lines(numbers.advice, policy_name) if numbers.advice else []
    return "\n".join([*_agreement(decided), *advice])


def _agreement(rules: Sequence[RuleStats]) -> list[str]:
    lines = [
        _(
            "-# - {rule}: moderators agreed with {counted}",
            rule=rule(each.rule_id, each.title, TITLE_LIMIT),
            counted=agreement(each.confirmed, each.decided),
        )
        for each in rules[:RULES_COUNTED]
    ]
    more = len(rules) - RULES_COUNTED
    return [
        ngettext("-# Verdicts of the last {n} day:", "-# Verdicts of the last {n} days:", DAYS),
        *lines,
        *(
            [ngettext("-# and {n} more rule: /mod stats", "-# and {n} more rules: /mod stats", more)]
            if more > 0
            else []
        ),
    ]


async def _diff_page(desk: Publishing, guild_id: int, name: str, old: str, new: str) -> Reply:
    """What changed from one text of a policy to another."""
    policy = await desk.find(guild_id, name)
    if policy is None:
        return no_such(name)
    texts = [await _text_of(desk, policy, which) for which in (old, new)]
    if texts[0] is None or texts[1] is None:
        return _no_such_version(policy)
    head = _("**{policy}** from {old} to {new}", policy=shown(policy.name), old=shown(old), new=shown(new))
    return await policy_replies.changes_between(texts[0], texts[1], head, policy.name)


async def _history_page(desk: Publishing, guild_id: int, name: str) -> Reply:
    """Every time a version came into force."""
    policy = await desk.find(guild_id, name)
    return lists.history_of(policy, await desk.history(policy)) if policy else no_such(name)


def _no_such_version(policy: StoredPolicy) -> Reply:
    """Says that there is no version with that name or number."""
    return Reply(text=_("**{policy}** has no such version. /policy history lists them.", policy=shown(policy.name)))


def _draft_page(policy: StoredPolicy, *, as_file: bool) -> Reply:
    draft = policy.draft
    if draft is None:
        return Reply(text=_("**{policy}** has no draft.", policy=shown(policy.name)))
    head = _(
        "**{policy}** draft, revision {revision}, saved by {member} {moment}",
        policy=shown(policy.name),
        revision=draft.revision,
        member=f"<@{draft.author_id}>",
        moment=at(draft.updated_at),
    )
    if as_file:
        return policy_replies.as_file(head, draft.text, policy.name)
    return policy_replies.whole_text(head, draft.text, f"{policy.name} draft")


async def _text_of(desk: Publishing, policy: StoredPolicy, which: str) -> str | None:
    """The text of ``published``, ``draft`` or a version number."""
    wanted = which.strip().lower()
    if wanted == DRAFT:
        return policy.draft.text if policy.draft else None
    version = policy.published if wanted == PUBLISHED else await version_of(desk, policy, wanted)
    return version.text if version else None
