"""``/settings review``: aids for moderators, and hidden words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.servers.base import SettingsCommands, on_or_off
from bot.languages.translation import _, ngettext
from bot.moderation.servers.options import ReviewOptions

MOST = 200  #: most cases before a handover is offered


class ReviewSettings(SettingsCommands):
    """The command about deciding."""

    @app_commands.command(description="Similar decided cases on cards, hidden words, and offers to hand over")
    @app_commands.describe(
        precedents="Show similar cases that your team decided; off unless you turn it on",
        shield="Hide the words of high-severity cases behind a button; off unless you turn it on",
        hand_over="After how many high-severity decisions in a shift Bylaw offers to hand over; 0 for never",
    )
    async def review(
        self,
        interaction: discord.Interaction[Any],
        precedents: bool | None = None,
        shield: bool | None = None,
        hand_over: app_commands.Range[int, 0, MOST] | None = None,
    ) -> None:
        """Change the given options; show all."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        before = await self.options.get(interaction.guild_id, ReviewOptions)
        given = {"precedents": precedents, "shield": shield, "hand_over_after": hand_over}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        now = replace(before, **changes)
        if now == before:
            await send(interaction, Reply(text=shown(now)))
        else:
            await self.save(interaction, now, shown(now))


def shown(options: ReviewOptions) -> str:
    """The options in words."""
    after = options.hand_over_after
    offered = (
        ngettext(
            "- Offer to hand over: after {n} high-severity decision in a shift",
            "- Offer to hand over: after {n} high-severity decisions in a shift",
            after,
        )
        if after
        else _("- Offer to hand over: never")
    )
    return "\n".join(
        [
            _("- Similar decided cases on cards: {state}", state=on_or_off(options.precedents)),
            _("- Words of high-severity cases hidden behind a button: {state}", state=on_or_off(options.shield)),
            offered,
            _("-# A card changes when its case does. For their own look-ups, moderators choose with /mod shield."),
        ]
    )
