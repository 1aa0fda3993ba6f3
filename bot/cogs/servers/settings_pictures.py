"""``/settings pictures``: bursts of pictures, the same picture again, and small copies. All off by default."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import discord
from discord import app_commands

from bot.cogs.interactions.permission import admits_admin
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.servers.base import SettingsCommands, on_or_off
from bot.languages.translation import _, marked, ngettext
from bot.moderation.servers.options import PictureOptions

FEWEST_CHANNELS, MOST_CHANNELS = 2, 10
CANNOT_COMPARE = marked(
    "Pictures cannot be compared: Bylaw was installed without what that needs. Whoever runs it can add it with "
    '`pip install "bylaw[pictures]"` and start the bot again. Nothing was changed.'
)
_TOO_FEW = marked("A burst takes at least {n} channels; 0 turns it off. Nothing was changed.")
_KEEPS = marked(
    "⚠️ Copies are made of whatever members post, before anybody has looked. Turn this off if your members may post "
    "pictures that are illegal to own, above all sexual pictures of children: having a copy can be a crime, whatever "
    "for. Don't save or pass on such a picture. Report it to the police or the hotline of your country and to Discord."
)
_HOW = marked("-# Bylaw judges no pictures and does nothing to anybody: it posts a card about what it finds.")


class PictureSettings(SettingsCommands):
    """The command about pictures."""

    can_compare: bool

    @app_commands.command(description="Cards about bursts of pictures and known pictures, and small copies of them")
    @app_commands.describe(
        burst_channels="Channels with nothing but pictures by one member in a minute that make a card; 0 for off",
        compare="Make a card where a picture looks like one that your team decided as a violation",
        keep_copies="Keep small copies of the pictures of cases, for as long as the words of cases",
    )
    async def pictures(
        self,
        interaction: discord.Interaction[Any],
        burst_channels: app_commands.Range[int, 0, MOST_CHANNELS] | None = None,
        compare: bool | None = None,
        keep_copies: bool | None = None,
    ) -> None:
        """Change the given options; show all."""
        if not await admits_admin(interaction) or interaction.guild_id is None:
            return
        before = await self.options.get(interaction.guild_id, PictureOptions)
        now = replace(
            before,
            burst_channels=before.burst_channels if burst_channels is None else burst_channels,
            compare=before.compare if compare is None else compare,
            keep_copies=before.keep_copies if keep_copies is None else keep_copies,
        )
        if compare and not self.can_compare:
            await send(interaction, Reply(text=_(CANNOT_COMPARE)))
        elif 0 < now.burst_channels < FEWEST_CHANNELS:
            await send(interaction, Reply(text=_(_TOO_FEW, n=FEWEST_CHANNELS)))
        elif now == before:
            await send(interaction, Reply(text=_shown(now, can_compare=self.can_compare)))
        else:
            await self.save(interaction, now, _shown(now, can_compare=self.can_compare))


def _shown(options: PictureOptions, *, can_compare: bool) -> str:
    count = options.burst_channels
    compare = _("- Pictures that look like those of decided violations: {state}", state=on_or_off(options.compare))
    if options.compare and not can_compare:
        compare = _("- Pictures that look like those of decided violations: off, because what that needs is missing")
    lines = [
        ngettext(
            "- Bursts of nothing but pictures by one member: from {n} channel in a minute on",
            "- Bursts of nothing but pictures by one member: from {n} channels in a minute on",
            count,
        )
        if count
        else _("- Bursts of nothing but pictures by one member: off"),
        compare,
        _("- Small copies of the pictures of cases: kept")
        if options.keep_copies
        else _("- Small copies of the pictures of cases: not kept"),
        _(_HOW),
    ]
    return "\n".join([*lines, *([_(_KEEPS)] if options.keep_copies else [])])
