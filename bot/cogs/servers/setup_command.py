"""``/setup``: where cards go, who decides, and policies to start with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.cards.board import missing_permissions, say_missing
from bot.cogs.channels.hidden import hidden_channels
from bot.cogs.interactions.action_words import NEEDED
from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.quoting import on_one_line
from bot.cogs.interactions.reply import Reply, defer, send
from bot.cogs.interactions.wording import acting_rules, how_many, name, say_hidden
from bot.cogs.servers.settings_language import LANGUAGE_CHOICES, chosen_language
from bot.moderation.cases.action import ActionKind
from bot.moderation.servers.server import MAX_APPEAL_LENGTH
from bot.moderation.setup import SetUp, Setup, SetupChoices
from guild_policies import templates

ALL, BASICS, NONE = "all", "basics", "none"
_BUTTONS = {
    ActionKind.DELETE: "Delete",
    ActionKind.TIMEOUT: "Time out",
    ActionKind.KICK: "Kick",
    ActionKind.BAN: "Ban",
}
APPEAL_SHOWN = 300
_GROUPS: dict[str, Callable[[], tuple[str, ...]]] = {
    BASICS: lambda: templates.BASICS,
    ALL: lambda: templates.BASICS,  # as it was called when there were no others
    NONE: tuple,
}


class SetupCommand(commands.Cog):
    """The command with which a server begins."""

    def __init__(self, *, setup: Setup) -> None:
        self._setup = setup

    @app_commands.command(description="Choose where flagged messages are shown and who decides on them")
    @app_commands.describe(
        channel="Where Bylaw posts its cards: your moderators' channel",
        reviewers="A role that may decide on cases, besides those who may manage messages",
        editors="A role that may write and publish policies, besides those who may manage the server",
        appeal="How members object to a decision, in a sentence; /rules shows it to them",
        language="The language of cards and of everything else that Bylaw posts in your server",
        starters="Policies to start with: basics (the default the first time), none or one of them",
    )
    @app_commands.choices(language=LANGUAGE_CHOICES)
    @app_commands.default_permissions(manage_guild=True)
    async def setup(
        self,
        interaction: discord.Interaction[Any],
        channel: discord.TextChannel,
        reviewers: discord.Role | None = None,
        starters: str | None = None,
        editors: discord.Role | None = None,
        appeal: app_commands.Range[str, 1, MAX_APPEAL_LENGTH] | None = None,
        language: str | None = None,
    ) -> None:
        """Check what was chosen; save it only where cards can be posted."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        trouble = _trouble(channel, reviewers, editors, starters)
        if trouble:
            await send(interaction, Reply(text=f"{trouble} Nothing was saved."))
            return
        await defer(interaction)
        done = await self._setup.set_up(
            interaction.guild_id,
            SetupChoices(
                review_channel_id=channel.id,
                reviewer_role_id=reviewers.id if reviewers else None,
                policy_editor_role_id=editors.id if editors else None,
                appeal=appeal,
                language=chosen_language(language),
                starters=_chosen(starters),
            ),
            actor_id=interaction.user.id,
            at_id=interaction.id,
        )
        await send(interaction, Reply(text=_summary(done, channel)))

    @setup.autocomplete("starters")
    async def _starters(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """The basics, none, or one template."""
        del interaction
        options = (BASICS, NONE, *templates.names())
        return [app_commands.Choice(name=each, value=each) for each in options if current.lower() in each.lower()][:25]


def _trouble(
    channel: discord.TextChannel, reviewers: discord.Role | None, editors: discord.Role | None, starters: str | None
) -> str:
    missing = missing_permissions(channel)
    if missing:
        return say_missing(channel, missing)
    if reviewers is not None and reviewers.is_default():
        return "With @everyone as reviewers every member could decide on cases. Choose a role of your moderators."
    if editors is not None and editors.is_default():
        return "With @everyone as policy editors every member could change your rules. Choose a role."
    if starters is not None and starters.lower() not in {*_GROUPS, *templates.names()}:
        return f"There is no starter policy of that name. There are: {', '.join(templates.names())}."
    return ""


def _chosen(starters: str | None) -> tuple[str, ...] | None:
    if starters is None:
        return None
    chosen = starters.lower()
    return _GROUPS[chosen]() if chosen in _GROUPS else (chosen,)


def _summary(done: SetUp, channel: discord.TextChannel) -> str:
    role = done.settings.reviewer_role_id
    only = (
        f". By itself it acts on {acting_rules(done.acting)}; on everything else it only reports."
        if done.acting
        else ", and only reports."
    )
    lines = [
        f"**Bylaw is set up.** It reads new messages in every channel that it can see{only}",
        f"- Cards go to {channel.mention}.",
        "- Reviewers: " + (f"<@&{role}> and everybody" if role else "everybody") + " with Manage Messages.",
    ]
    editors = done.settings.policy_editor_role_id
    if editors:
        lines.append(f"- Policy editors: <@&{editors}> and everybody with Manage Server.")
    if done.settings.appeal:
        lines.append(f"- Members read in /rules how to appeal: {on_one_line(done.settings.appeal, APPEAL_SHOWN)}")
    if done.started:
        lines.append(f"- In force now: {', '.join(name(each) for each in done.started)}.")
    if done.kept:
        lines.append(f"- Left as they are, for you have them already: {', '.join(name(each) for each in done.kept)}.")
    lines += [f"- A draft for now: {why}" for why in done.refused]  # the names in it are those of our templates
    if done.cards_posted:
        lines.append(f"- {how_many(done.cards_posted, 'card that was', 'cards that were')} waiting went there.")
    lines += _permissions(channel)
    lines.append("\nNext: /policy list shows your policies, /policy new writes one.")
    if role:
        lines.append(
            "-# Discord shows /case and “Check against policy” to those with Manage Messages. To show them to the role "
            "as well: Server Settings, Integrations, Bylaw."
        )
    if editors:
        lines.append("-# Discord shows /policy to those with Manage Server. To show it to the editors: the same place.")
    return "\n".join(lines)


def _permissions(channel: discord.TextChannel) -> list[str]:
    """What Bylaw and others may do, as far as an admin should know it."""
    guild = channel.guild
    has, hidden = guild.me.guild_permissions, len(hidden_channels(guild))
    lines = _buttons(has)
    if hidden:
        lines.append(f"- {say_hidden(hidden)}")
    if not has.view_audit_log:
        lines.append(
            "- Kicks, bans and timeouts done by hand get no case, and Undo ban cannot tell who set a ban: for that, "
            "give Bylaw View Audit Log."
        )
    if channel.permissions_for(guild.default_role).view_channel:
        lines.append(f"- ⚠️ Every member can read {channel.mention}. Make it private, unless you mean that.")
    return lines


def _buttons(has: discord.Permissions) -> list[str]:
    """What each button on a card needs, and what is missing."""
    needs = [f"{label} needs {NEEDED[kind][1]}" for kind, label in _BUTTONS.items()]
    missing = [NEEDED[kind][1] for kind in _BUTTONS if not getattr(has, NEEDED[kind][0])]
    lines = [f"- Buttons on cards: {', '.join(needs)}."]
    if missing:
        lines.append(f"- ⚠️ Bylaw lacks {', '.join(missing)}: give it to Bylaw's role in Server Settings, Roles.")
    return lines
