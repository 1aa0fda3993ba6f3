"""``/privacy``: a member's own data as a file, and their words erased. Also: the bot leaves a server, or comes back."""

from __future__ import annotations

import re
from typing import Any, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.errors import answering, surviving
from bot.cogs.in_hand import InHand
from bot.cogs.replies import Document, Reply, defer, replace, send
from bot.cogs.wording import how_many
from bot.moderation.departures import Departures
from bot.moderation.privacy import Erased, Privacy

_WHAT_GOES = (
    "This erases, in this server: the texts of your cases, of your appeals and of what you reported, and what you said "
    "where it was kept beside a case of somebody else.\n"
    "What stays are the facts: number, rule, decision and what was done, so that the server can say later why it did "
    "something. What somebody still has to decide keeps its texts until then, because nobody could decide it without "
    "them; they go by themselves afterwards. Messages that you posted stay on Discord.\n"
    "Nothing of this can be taken back. A later appeal would have to do without the texts."
)
_NOT_YOURS = "This button is for somebody else. Run /privacy erase yourself."


class EraseButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"bylaw:erase:(?P<guild>[0-9]{1,20}):(?P<member>[0-9]{1,20})",
):
    """Confirms that a member's words are to be erased. Works for that member only."""

    def __init__(self, guild_id: int, member_id: int) -> None:
        custom_id = f"bylaw:erase:{guild_id}:{member_id}"
        super().__init__(
            discord.ui.Button(label="Erase my words", style=discord.ButtonStyle.danger, custom_id=custom_id)
        )
        self.guild_id = guild_id
        self.member_id = member_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was clicked."""
        del interaction, item
        return cls(int(match["guild"]), int(match["member"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click on."""
        interaction.client.dispatch("erase_click", interaction, self.guild_id, self.member_id)


class PrivacyCog(
    commands.GroupCog,
    group_name="privacy",
    group_description="What Bylaw keeps of you: take it away, have it erased",
):
    """The commands that everybody has."""

    def __init__(self, *, privacy: Privacy, in_hand: InHand) -> None:
        super().__init__()
        self._privacy = privacy
        self._in_hand = in_hand

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
            button = EraseButton(interaction.guild_id, interaction.user.id)
            await send(interaction, Reply(text=_WHAT_GOES, buttons=(button,)))

    @commands.Cog.listener()
    async def on_erase_click(self, interaction: discord.Interaction[Any], guild_id: int, member_id: int) -> None:
        """The member is sure."""
        async with answering("an erasure", interaction):
            if interaction.guild_id != guild_id or interaction.user.id != member_id:
                await send(interaction, Reply(text=_NOT_YOURS))
                return
            await interaction.response.defer()
            with self._in_hand.dealing():
                erased = await self._privacy.erase(guild_id, member_id)
            await replace(interaction, Reply(text=_done(erased)))


class ComingAndGoing(commands.Cog):
    """Notices that the bot was removed from a server, or added again. An outage of Discord's is neither."""

    def __init__(self, bot: commands.AutoShardedBot, *, departures: Departures, in_hand: InHand) -> None:
        self._bot = bot
        self._departures = departures
        self._in_hand = in_hand

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Removed, or the server was deleted."""
        if self._in_hand.closing:
            return
        with self._in_hand.dealing():
            async with surviving("leaving a server"):
                await self._departures.left(guild.id)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Added, perhaps again."""
        if self._in_hand.closing:
            return
        with self._in_hand.dealing():
            async with surviving("coming back to a server"):
                await self._departures.back(guild.id)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Every server that the bot is in is known now, those with an outage included."""
        async with surviving("looking for servers that were left"):
            present = frozenset(guild.id for guild in self._bot.guilds)
            await self._departures.compare(present, is_ours=self._is_ours)

    def _is_ours(self, guild_id: int) -> bool:
        """Another process may have other shards."""
        return (guild_id >> 22) % (self._bot.shard_count or 1) in self._bot.shards


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
