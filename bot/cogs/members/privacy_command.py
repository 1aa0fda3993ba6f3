"""``/privacy``: a member's own data as a file, and their words erased."""

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
from bot.cogs.interactions.wording import how_many
from bot.moderation.members.privacy import Erased, Privacy

_WHAT_GOES = (
    "This erases, in this server: the texts of your cases, of your appeals and of what you reported, what is kept of "
    "your pictures, and what you said where it was kept beside a case of somebody else. Mentions of you in what others "
    "wrote are replaced.\n"
    "What stays are the facts: number, rule, decision and what was done, so that the server can say later why it did "
    "something. What somebody still has to decide keeps its texts until then, because nobody could decide it without "
    "them; they go by themselves afterwards. Messages that you posted stay on Discord.\n"
    "Nothing of this can be taken back. A later appeal would have to do without the texts."
)
_NOT_YOURS = "This button is for somebody else. Run /privacy erase yourself."


@dataclass(frozen=True, slots=True)
class EraseClick:
    """A member confirmed that their words are to be erased. Dispatched as ``erase_click``."""

    guild_id: int
    member_id: int


class EraseButton(
    ClickButton[EraseClick],
    template=r"bylaw:erase:(?P<guild>[0-9]{1,20}):(?P<member>[0-9]{1,20})",
):
    """Confirms that a member's words are to be erased. Works for that member only."""

    event = "erase_click"

    @staticmethod
    def look(click: EraseClick) -> Look:
        """The button for a click."""
        custom_id = f"bylaw:erase:{click.guild_id}:{click.member_id}"
        return Look(custom_id, "Erase my words", discord.ButtonStyle.danger)

    @staticmethod
    def read(ids: re.Match[str]) -> EraseClick:
        """The click that a custom_id describes."""
        return EraseClick(int(ids["guild"]), int(ids["member"]))


class PrivacyCommand(
    commands.GroupCog,
    group_name="privacy",
    group_description="What Bylaw keeps of you: take it away, have it erased",
):
    """The commands that everybody has."""

    def __init__(self, *, privacy: Privacy, open_tasks: OpenTasks) -> None:
        super().__init__()
        self._privacy = privacy
        self._open_tasks = open_tasks

    @app_commands.command(description="What is kept of you in this server, as a file. Only you see it")
    async def export(self, interaction: discord.Interaction[Any]) -> None:
        """Send a member their data."""
        await defer(interaction)
        if interaction.guild_id is None:
            return
        text = await self._privacy.export(interaction.guild_id, interaction.user.id)
        told = "This is what Bylaw keeps of you in this server. The file says what is left out."
        await send(interaction, Reply(text=told, files=(Document(name="my-data.json", text=text),)))

    @app_commands.command(description="Have what you wrote erased. You are asked once more before anything happens")
    async def erase(self, interaction: discord.Interaction[Any]) -> None:
        """Say what goes and what stays, and ask."""
        await defer(interaction)
        if interaction.guild_id is not None:
            button = EraseButton(EraseClick(interaction.guild_id, interaction.user.id))
            await send(interaction, Reply(text=_WHAT_GOES, buttons=(button,)))

    @commands.Cog.listener()
    async def on_erase_click(self, interaction: discord.Interaction[Any], click: EraseClick) -> None:
        """The member is sure."""
        async with answering("an erasure", interaction):
            if (interaction.guild_id, interaction.user.id) != (click.guild_id, click.member_id):
                await send(interaction, Reply(text=_NOT_YOURS))
                return
            await interaction.response.defer()
            with self._open_tasks.tracking():
                erased = await self._privacy.erase(click.guild_id, click.member_id)
            await replace(interaction, Reply(text=_done(erased)))


def _done(erased: Erased) -> str:
    """What was done, without saying whether somebody is looking at something of the member's at this moment."""
    counts = (
        how_many(erased.cases, "case", "cases"), how_many(erased.appeals, "appeal", "appeals"),
        how_many(erased.reports, "report", "reports"),
    )  # fmt: skip
    return (
        f"Erased: the texts of {', '.join(counts[:2])} and {counts[2]}. Whatever of yours is still to be decided is "
        "kept until then, and goes by itself afterwards."
    )
