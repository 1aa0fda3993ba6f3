"""Offers a moderator to hand over after many severe cases in a shift."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.interactions.click_button import ClickButton, Look
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.reply import Reply, send
from bot.cogs.review.case_clicks import admits_to_case
from bot.languages.translation import _, marked, ngettext
from bot.moderation.cases.case import Case
from bot.moderation.review.shifts import Shifts
from bot.moderation.servers.permissions import Access

# English, translated when shown.
HANDED_OVER = marked("Posted in the moderators' channel. Take your time.")
BEFORE = marked("You handed over a moment ago, or Bylaw is not set up here. Nothing was posted.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverClick:
    """A moderator hands over. Dispatched as ``hand_over_click`` behind the interaction."""

    guild_id: int


class HandOverButton(ClickButton[HandOverClick], template=r"bylaw:hand_over:(?P<guild>[0-9]{1,20})"):
    """Tells the team about the handover."""

    event = "hand_over_click"

    @staticmethod
    def look(click: HandOverClick) -> Look:
        """The button for a click."""
        return Look(f"bylaw:hand_over:{click.guild_id}", _("Hand over"))

    @staticmethod
    def read(ids: re.Match[str]) -> HandOverClick:
        """The click that a custom_id describes."""
        return HandOverClick(guild_id=int(ids["guild"]))


class HandOverClicks(commands.Cog):
    """Offers a handover, and carries it out."""

    def __init__(self, *, shifts: Shifts, access: Access) -> None:
        self._shifts = shifts
        self._access = access

    @commands.Cog.listener()
    async def on_case_decided(self, interaction: discord.Interaction[Any], case: Case) -> None:
        """This person has just decided a case."""
        async with answering("an offer to hand over", interaction):
            count = await self._shifts.decided(case, interaction.user.id)
            if count is not None:
                text = ngettext(
                    "You have decided {n} high-severity case in this shift. Somebody else can take the next ones.",
                    "You have decided {n} high-severity cases in this shift. Somebody else can take the next ones.",
                    count,
                )
                await send(
                    interaction, Reply(text=text, buttons=(HandOverButton(HandOverClick(guild_id=case.guild_id)),))
                )

    @commands.Cog.listener()
    async def on_hand_over_click(self, interaction: discord.Interaction[Any], click: HandOverClick) -> None:
        """Somebody hands over. Permission is checked now."""
        async with answering("handing over", interaction):
            if await admits_to_case(interaction, click.guild_id, self._access):
                told = await self._shifts.hand_over(click.guild_id, interaction.user.id)
                await send(interaction, Reply(text=_(HANDED_OVER if told else BEFORE)))
