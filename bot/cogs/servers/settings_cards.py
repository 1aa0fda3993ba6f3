"""``/settings cards`` and ``/settings route``: how many cards, where they go, and who they ping."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Literal

import discord
from discord import app_commands

from bot.cogs.cards.board import missing_permissions, say_missing
from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.servers.base import SettingsCommands, open_to_all
from bot.languages.translation import _, marked, ngettext
from bot.moderation.cards.route import SEVERITIES
from bot.moderation.servers.options import CardOptions

MOST_PER_HOUR = 3_600
NOT_HOURS = marked("Quiet hours are two hours of UTC from 0 to 23, such as 22-7. Write none for no quiet hours.")
EVERYBODY = marked("Choose a role of your team: @everyone cannot be pinged.")

_CARDS_OF = {
    "low": marked("- Low severity: {channel}"),
    "medium": marked("- Medium severity: {channel}"),
    "high": marked("- High severity: {channel}"),
}
_PINGED_FROM = {
    "low": marked("- Pinged: {role}, for cards of every severity"),
    "medium": marked("- Pinged: {role}, for cards of medium and high severity"),
    "high": marked("- Pinged: {role}, for cards of high severity"),
}

_HOURS = re.compile(r"\s*([0-9]{1,2})\s*-\s*([0-9]{1,2})\s*")

Severity = Literal["low", "medium", "high"]


class CardChannel(app_commands.Transformer):
    """A channel for cards. The types are listed here because discord.py counts media channels as forums."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """A channel."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Text channels, announcements and forums."""
        return [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]

    async def transform(
        self,
        interaction: discord.Interaction[Any],  # the base class passes it
        value: Any,
        /,
    ) -> discord.TextChannel | discord.ForumChannel:
        """The channel from Bylaw's cache.

        Raises:
            app_commands.TransformerError: Bylaw can't see it.
        """
        del interaction
        channel = value.resolve()
        if not isinstance(channel, discord.TextChannel | discord.ForumChannel):
            raise app_commands.TransformerError(value, self.type, self)
        return channel


class CardSettings(SettingsCommands):
    """The commands about cards."""

    @app_commands.command(description="How many cards an hour, and who gets pinged")
    @app_commands.describe(
        per_hour="Cards an hour before more are held back and counted; high severity never is",
        ping="Role to ping for high-severity cards",
        no_ping="Ping nobody",
        ping_from="Lowest severity that pings",
        quiet="Hours (UTC) in which only high-severity cases ping or ring, such as 22-7, or none",
    )
    async def cards(
        self,
        interaction: discord.Interaction[Any],
        per_hour: app_commands.Range[int, 1, MOST_PER_HOUR] | None = None,
        ping: discord.Role | None = None,
        no_ping: bool = False,
        ping_from: Severity | None = None,
        quiet: app_commands.Range[str, 1, 20] | None = None,
    ) -> None:
        """Change the given options; show all."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        if ping is not None and ping.is_default():
            await send(interaction, Reply(text=_(EVERYBODY)))
            return
        before = await self.options.get(interaction.guild_id, CardOptions)
        hours = (before.quiet_from_hour, before.quiet_to_hour) if quiet is None else _hours(quiet)
        if hours is None:
            await send(interaction, Reply(text=_(NOT_HOURS)))
            return
        now = replace(
            before,
            cards_per_hour=per_hour or before.cards_per_hour,
            ping_role_id=None if no_ping else ping.id if ping else before.ping_role_id,
            ping_from=ping_from or before.ping_from,
            quiet_from_hour=hours[0],
            quiet_to_hour=hours[1],
        )
        if now == before:
            await send(interaction, Reply(text=shown(now)))
        else:
            await self.save(interaction, now, shown(now))

    @app_commands.command(description="Where cards of a severity go: another channel, or a forum with a post per case")
    @app_commands.describe(
        severity="Cards of this severity",
        channel="A text channel or a forum; leave it out for the review channel of /setup",
    )
    async def route(
        self,
        interaction: discord.Interaction[Any],
        severity: Severity,
        channel: app_commands.Transform[discord.TextChannel | discord.ForumChannel, CardChannel] | None = None,
    ) -> None:
        """Change the route of one severity."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        missing = missing_permissions(channel) if channel is not None else ()
        if channel is not None and missing:
            await send(interaction, Reply(text=say_missing(channel, missing)))
            return
        before = await self.options.get(interaction.guild_id, CardOptions)
        routes = {each: where for each, where in before.channel_by_severity if each != severity}
        if channel is not None:
            routes[severity] = channel.id
        now = replace(before, channel_by_severity=tuple((each, routes[each]) for each in SEVERITIES if each in routes))
        warning = open_to_all(channel) if channel is not None else []
        await self.save(interaction, now, "\n".join([shown(now), *warning]))


def _hours(text: str) -> tuple[int | None, int | None] | None:
    """Parse the quiet hours: (from, to); (None, None) for no quiet hours; None if invalid."""
    if text.strip().casefold() == "none":
        return None, None
    match = _HOURS.fullmatch(text)
    start, end = (int(match[1]), int(match[2])) if match else (24, 24)
    return (start, end) if start < 24 and end < 24 and start != end else None


def shown(options: CardOptions) -> str:
    """The options in words. Mentions in an ephemeral reply ping nobody."""
    routes = dict(options.channel_by_severity)
    start, end = options.quiet_from_hour, options.quiet_to_hour
    return "\n".join(
        [
            ngettext(
                "- At most {n} card an hour; others are held back and counted",
                "- At most {n} cards an hour; others are held back and counted",
                options.cards_per_hour,
            ),
            *(_(_CARDS_OF[each], channel=f"<#{routes[each]}>") for each in SEVERITIES if each in routes),
            _("- Other cards: the review channel") if routes else _("- All cards: the review channel"),
            _(_PINGED_FROM[options.ping_from], role=f"<@&{options.ping_role_id}>")
            if options.ping_role_id
            else _("- Pinged: nobody"),
            _("- Quiet hours: none")
            if start is None or end is None
            else _("- Quiet hours: from {start}:00 to {end}:00 UTC", start=start, end=end),
        ]
    )
