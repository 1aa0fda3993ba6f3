"""``/privacy``: export a member's own data, and erase their words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.interactions.click_button import ClickButton, Look
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.open_tasks import OpenTasks
from bot.cogs.interactions.reply import Document, Reply, defer, replace, send
from bot.languages.translation import _, marked, number
from bot.moderation.members.privacy import Erased, Privacy

_WHAT_GOES = marked(
    "This erases your words in this server: the texts of your cases, appeals and reports, what is kept of your "
    "pictures, and anything you said that was kept with somebody else's case. Mentions of you in other people's texts "
    "are replaced.\n"
    "The facts stay: case numbers, rules, decisions and actions, so that the server can still explain what it did. "
    "Whatever is still waiting for a decision keeps its texts until then, and loses them afterwards. Messages that you "
    "posted stay on Discord.\n"
    "**You cannot undo this.** If you appeal later, moderators decide without the texts."
)
_NOT_YOURS = marked("This button is for somebody else. Use /privacy erase yourself.")
_ERASED = marked(
    "Your words were erased. Texts that are gone now:\n- cases: {cases}\n- appeals: {appeals}\n- reports: {reports}\n"
    "Whatever is still waiting for a decision keeps its texts until then."
)


@dataclass(frozen=True, slots=True)
class EraseClick:
    """A member confirmed the erasure of their words. Dispatched as ``erase_click``."""

    guild_id: int
    member_id: int


class EraseButton(
    ClickButton[EraseClick],
    template=r"bylaw:erase:(?P<guild>[0-9]{1,20}):(?P<member>[0-9]{1,20})",
):
    """Confirms the erasure of a member's words. Only works for that member."""

    event = "erase_click"

    @staticmethod
    def look(click: EraseClick) -> Look:
        """The button for a click."""
        custom_id = f"bylaw:erase:{click.guild_id}:{click.member_id}"
        # Translators: a button, at most 80 characters.
        return Look(custom_id, _("Erase my words"), discord.ButtonStyle.danger)

    @staticmethod
    def read(ids: re.Match[str]) -> EraseClick:
        """The click that a custom_id describes."""
        return EraseClick(int(ids["guild"]), int(ids["member"]))


class PrivacyCommand(
    commands.GroupCog,
    group_name="privacy",
    group_description="What Bylaw keeps about you: get a copy, or erase your words",
):
    """The commands that everybody has."""

    def __init__(self, *, privacy: Privacy, open_tasks: OpenTasks) -> None:
        super().__init__()
        self._privacy = privacy
        self._open_tasks = open_tasks

    @app_commands.command(description="Get what Bylaw keeps about you in this server as a file. Only you can see it")
    async def export(self, interaction: discord.Interaction[Any]) -> None:
        """Send a member their data."""
        await defer(interaction)
        if interaction.guild_id is None:
            return
        text = await self._privacy.export(interaction.guild_id, interaction.user.id)
        told = _("This is what Bylaw keeps about you in this server. The file says what is left out.")
        await send(interaction, Reply(text=told, files=(Document(name="my-data.json", text=text),)))

    @app_commands.command(description="Erase what you wrote. You are asked once more before anything happens")
    async def erase(self, interaction: discord.Interaction[Any]) -> None:
        """Say what is erased and what stays, and ask for confirmation."""
        await defer(interaction)
        if interaction.guild_id is not None:
            button = EraseButton(EraseClick(interaction.guild_id, interaction.user.id))
            await send(interaction, Reply(text=_(_WHAT_GOES), buttons=(button,)))

    @commands.Cog.listener()
    async def on_erase_click(self, interaction: discord.Interaction[Any], click: EraseClick) -> None:
        """The member confirmed."""
        async with answering("an erasure", interaction):
            if (interaction.guild_id, interaction.user.id) != (click.guild_id, click.member_id):
                await send(interaction, Reply(text=_(_NOT_YOURS)))
                return
            await interaction.response.defer()
            with self._open_tasks.tracking():
                erased = await self._privacy.erase(click.guild_id, click.member_id)
            await replace(interaction, Reply(text=_done(erased)))


def _done(erased: Erased) -> str:
    """The result, without revealing whether something about the member is under review."""
    cases, appeals, reports = (number(each) for each in (erased.cases, erased.appeals, erased.reports))
    return _(_ERASED, cases=cases, appeals=appeals, reports=reports)
