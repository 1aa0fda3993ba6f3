"""``/mod``: numbers for reviewers, and for admins the setting of the weekly sample."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.permission import admits_admin, admits_reviewer
from bot.cogs.interactions.reply import Document, Reply, clipped, defer, send
from bot.cogs.lookups.numbers.stats_page import COMPARISONS_SHOWN, comparison_text, stats_text
from bot.cogs.lookups.numbers.stats_plot import plot
from bot.cogs.lookups.numbers.transparency_page import as_html, as_markdown, file_stem, summary
from bot.languages.translation import _, marked, ngettext
from bot.moderation.cascade.cascade import Cascade
from bot.moderation.cascade.words import described
from bot.moderation.lookups.numbers.fairness import Fairness
from bot.moderation.lookups.numbers.stats import StatsLookup
from bot.moderation.lookups.numbers.transparency import BadMonth, Transparency, month_of
from bot.moderation.lookups.samples import MOST_A_WEEK, Samples
from bot.moderation.review.shield import Shield, ShieldLevel
from bot.moderation.servers.permissions import Access

DEFAULT_DAYS, MOST_DAYS = 30, 365

_LEVELS = {
    # Translators: a choice of a command, at most 100 characters.
    ShieldLevel.SERVER: marked("as on the server's cards"),
    # Translators: a choice of a command, at most 100 characters.
    ShieldLevel.OFF: marked("hide nothing"),
    # Translators: a choice of a command, at most 100 characters.
    ShieldLevel.HIGH: marked("hide the words of high-severity cases"),
    # Translators: a choice of a command, at most 100 characters.
    ShieldLevel.ALL: marked("hide the words of all cases"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModTools:
    """The services that the commands call."""

    stats: StatsLookup
    samples: Samples
    transparency: Transparency
    fairness: Fairness
    cascade: Cascade
    shield: Shield


@app_commands.default_permissions(manage_messages=True)
class ModCommand(commands.GroupCog, group_name="mod", group_description="Numbers that help to write better rules"):
    """The commands."""

    def __init__(
        self, tools: ModTools, *, access: Access, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__()
        self._tools = tools
        self._access = access
        self._now = now

    @app_commands.command(description="How often moderators agree with the judge, how fast cases close, appeals")
    @app_commands.describe(days="How far back; 30 days if left out")
    async def stats(
        self, interaction: discord.Interaction[Any], days: app_commands.Range[int, 1, MOST_DAYS] = DEFAULT_DAYS
    ) -> None:
        """Show statistics with a chart."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        stats = await self._tools.stats.of(interaction.guild_id, days=days)
        looks = await self._tools.cascade.of_server(interaction.guild_id)
        compared = await self._tools.fairness.of(interaction.guild_id, days=days)
        text = clipped(
            "\n".join(
                (
                    stats_text(stats),
                    *(
                        _("**First look:** {state}", state=described(known, policies=len(ids)))
                        for ids, known in looks[:1]
                    ),
                    *map(comparison_text, compared[:COMPARISONS_SHOWN]),
                )
            )
        )
        if not stats.rules:
            await send(interaction, Reply(text=text))
            return
        picture = await asyncio.to_thread(plot, stats.rules)
        file = discord.File(io.BytesIO(picture), filename="agreement.png", description=_("The same numbers as bars"))
        await interaction.followup.send(content=text, file=file, ephemeral=True)

    @app_commands.command(description="A month of moderation as a page to publish: no member can be recognised in it")
    @app_commands.describe(month="Such as 2026-11; the last whole month if left out")
    async def report(
        self, interaction: discord.Interaction[Any], month: app_commands.Range[str, 1, 10] | None = None
    ) -> None:
        """Send a report as two files with the same numbers."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild is None:
            return
        try:
            wanted = month_of(month or "", now=self._now())
        except BadMonth as error:
            await send(interaction, Reply(text=str(error)))
            return
        report = await self._tools.transparency.of(interaction.guild.id, wanted)
        server, stem = interaction.guild.name, file_stem(report)
        files = (
            Document(name=f"{stem}.html", text=as_html(report, server)),
            Document(name=f"{stem}.md", text=as_markdown(report, server)),
        )
        await send(interaction, Reply(text=summary(report), files=files))

    @app_commands.command(description="Which words you want hidden when you look cases up")
    @app_commands.describe(level="Leave it out to read what is set")
    @app_commands.choices(level=[app_commands.Choice(name=text, value=level) for level, text in _LEVELS.items()])
    async def shield(self, interaction: discord.Interaction[Any], level: str | None = None) -> None:
        """Set the moderator's own shield."""
        await defer(interaction)
        if not await admits_reviewer(interaction, self._access) or interaction.guild_id is None:
            return
        guild_id, me = interaction.guild_id, interaction.user.id
        if level is not None:
            await self._tools.shield.choose(guild_id, me, ShieldLevel(level))
        now = await self._tools.shield.level(guild_id, me)
        said = _("When you use /case show: **{level}**.", level=_(_LEVELS[now]))
        if level is not None:
            said = f"{_('Saved.')} {said}"
        for_all = _("The cards in the channel are the same for everybody: admins set them with /settings review.")
        await send(interaction, Reply(text=f"{said}\n-# {for_all}"))

    @app_commands.command(description="Show moderators a few quiet messages each week, to learn what is missed")
    @app_commands.describe(weekly="How many messages a week; 0 for none")
    async def sample(
        self, interaction: discord.Interaction[Any], weekly: app_commands.Range[int, 0, MOST_A_WEEK]
    ) -> None:
        """Set the weekly sample, for an admin."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        await defer(interaction)
        await self._tools.samples.set(interaction.guild_id, weekly, actor_id=interaction.user.id)
        if not weekly:
            said = _("Bylaw no longer draws messages.")
        else:
            said = ngettext(
                "Bylaw draws {n} message a week at random from those that have no case. It tells moderators in their "
                "channel, the first time within the hour. It keeps only ids: it reads the text from Discord when a "
                "moderator looks at it.",
                "Bylaw draws {n} messages a week at random from those that have no case. It tells moderators in their "
                "channel, the first time within the hour. It keeps only ids: it reads the text from Discord when a "
                "moderator looks at it.",
                weekly,
            )
        await send(interaction, Reply(text=said))
