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
from bot.cogs.interactions.wording import acting_rules, name
from bot.cogs.servers.base import open_to_all
from bot.cogs.servers.settings_language import LANGUAGE_CHOICES, chosen_language
from bot.languages.translation import _, listing, marked, ngettext
from bot.moderation.cases.action import ActionKind
from bot.moderation.servers.server import MAX_APPEAL_LENGTH
from bot.moderation.setup import SetUp, Setup, SetupChoices
from guild_policies import templates

ALL, BASICS, NONE = "all", "basics", "none"
#: Buttons on cards, with Discord's name for the permission that each needs.
_BUTTONS = {
    ActionKind.DELETE: (marked("Delete"), marked("Manage Messages")),
    ActionKind.TIMEOUT: (marked("Time out"), marked("Time out members")),
    ActionKind.KICK: (marked("Kick"), marked("Kick Members")),
    ActionKind.BAN: (marked("Ban"), marked("Ban Members")),
}
APPEAL_SHOWN = 300
_GROUPS: dict[str, Callable[[], tuple[str, ...]]] = {
    BASICS: lambda: templates.BASICS,
    ALL: lambda: templates.BASICS,  # its name before there were others
    NONE: tuple,
}


class SetupCommand(commands.Cog):
    """The command that sets up a server."""

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
        """Check the choices, and only save them if cards can be posted."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        trouble = _trouble(channel, reviewers, editors, starters)
        if trouble:
            await send(interaction, Reply(text=f"{trouble} {_('Nothing was saved.')}"))
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
        return _("With @everyone as reviewers, every member could decide cases. Choose a role of your moderators.")
    if editors is not None and editors.is_default():
        return _("With @everyone as policy editors, every member could change your rules. Choose another role.")
    if starters is not None and starters.lower() not in {*_GROUPS, *templates.names()}:
        return no_such_starter()
    return ""


def _chosen(starters: str | None) -> tuple[str, ...] | None:
    if starters is None:
        return None
    chosen = starters.lower()
    return _GROUPS[chosen]() if chosen in _GROUPS else (chosen,)


def no_such_starter() -> str:
    """Says which starter policies there are."""
    return _(
        "There is no starter policy with that name. Choose one of these: {names}.", names=", ".join(templates.names())
    )


def _summary(done: SetUp, channel: discord.TextChannel) -> str:
    lines = [
        _("**Bylaw is set up.** It reads new messages in every channel that it can see."),
        _("- Automatic actions: {rules}. Everything else is only reported.", rules=acting_rules(done.acting))
        if done.acting
        else _("- Automatic actions: none. Bylaw only reports."),
        _("- Cards go to {channel}.", channel=channel.mention),
        *_people(done),
    ]
    if done.settings.appeal:
        how = on_one_line(done.settings.appeal, APPEAL_SHOWN)
        lines.append(_("- How to appeal, as members read it in /rules: {how}", how=how))
    if done.started:
        lines.append(_("- In force now: {policies}.", policies=", ".join(name(each) for each in done.started)))
    if done.kept:
        kept = ", ".join(name(each) for each in done.kept)
        lines.append(_("- Not changed, because you have them already: {policies}.", policies=kept))
    # the names in it are our templates'
    lines += [_("- Still a draft: {why}", why=why) for why in done.refused]
    if done.cards_posted:
        waited = done.cards_posted
        lines.append(ngettext("- {n} waiting card was posted there.", "- {n} waiting cards were posted there.", waited))
    lines += _permissions(channel)
    lines.append(f"\n{_('Next: /policy list shows your policies, /policy new writes one.')}")
    return "\n".join([*lines, *_who_sees_commands(done)])


def _people(done: SetUp) -> list[str]:
    """Who decides, and who writes policies."""
    reviewers, editors = done.settings.reviewer_role_id, done.settings.policy_editor_role_id
    lines = [
        _("- Reviewers: {role} and everybody with Manage Messages.", role=f"<@&{reviewers}>")
        if reviewers
        else _("- Reviewers: everybody with Manage Messages.")
    ]
    if editors:
        lines.append(_("- Policy editors: {role} and everybody with Manage Server.", role=f"<@&{editors}>"))
    return lines


def _who_sees_commands(done: SetUp) -> list[str]:
    lines = []
    if done.settings.reviewer_role_id:
        lines.append(
            _(
                "-# Discord shows /case and “Check against policy” to members with Manage Messages. To show them to "
                "the role too, open Server Settings, Integrations, Bylaw."
            )
        )
    if done.settings.policy_editor_role_id:
        lines.append(
            _(
                "-# Discord shows /policy to members with Manage Server. To show it to the editors too, open Server "
                "Settings, Integrations, Bylaw."
            )
        )
    return lines


def _permissions(channel: discord.TextChannel) -> list[str]:
    """The permissions of Bylaw and others that an admin should know about."""
    guild = channel.guild
    has, hidden = guild.me.guild_permissions, len(hidden_channels(guild))
    lines = _buttons(has)
    if hidden:
        lines.append(
            ngettext(
                "- Bylaw cannot see {n} channel and judges nothing there. If it should, give it View Channel.",
                "- Bylaw cannot see {n} channels and judges nothing there. Where it should, give it View Channel.",
                hidden,
            )
        )
    if not has.view_audit_log:
        lines.append(
            _(
                "- Kicks, bans and timeouts done by hand get no case, and Undo ban cannot tell who set a ban. To "
                "change that, give Bylaw View Audit Log."
            )
        )
    return lines + open_to_all(channel)


def _buttons(has: discord.Permissions) -> list[str]:
    """What each button on a card needs, and what is missing."""
    needs = ", ".join(f"{_(label)} ({_(permission)})" for label, permission in _BUTTONS.values())
    missing = [_(each) for kind, (_label, each) in _BUTTONS.items() if not getattr(has, NEEDED[kind][0])]
    lines = [_("- Buttons on cards, with the permission that Bylaw needs for each: {buttons}.", buttons=needs)]
    if missing:
        lines.append(
            _(
                "- ⚠️ Bylaw lacks {permissions}. Add this to Bylaw's role in Server Settings, Roles.",
                permissions=listing(missing),
            )
        )
    return lines
