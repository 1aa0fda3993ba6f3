"""**Show the pictures** on a card: shows the small copies stored with a case to one reviewer, as spoilers."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.cogs.cards.buttons import CaseClick, CaseVerb
from bot.cogs.interactions.errors import answering
from bot.cogs.interactions.reply import PictureFile, Reply, defer, send
from bot.cogs.review.case_clicks import NO_SUCH_CASE, admits_to_case
from bot.languages.translation import _, marked
from bot.moderation.pictures.picture import PictureStore
from bot.moderation.review.decisions import Review
from bot.moderation.servers.permissions import Access

_NONE = marked(
    "No pictures of case {number} are kept. They were deleted: their retention time was over, they were erased on "
    "request, or the case was not a violation."
)


class PictureClicks(commands.Cog):
    """Answers clicks on that button."""

    def __init__(self, *, review: Review, pictures: PictureStore, access: Access) -> None:
        self._review = review
        self._pictures = pictures
        self._access = access

    @commands.Cog.listener()
    async def on_case_click(self, interaction: discord.Interaction[Any], click: CaseClick) -> None:
        """Somebody asked for the pictures of a case."""
        if click.verb is not CaseVerb.PICTURES:
            return  # another cog's
        async with answering("a click on a card", interaction):
            if await admits_to_case(interaction, click.guild_id, self._access):
                await defer(interaction)
                await send(interaction, await self._shown(click))

    async def _shown(self, click: CaseClick) -> Reply:
        if await self._review.find(click.guild_id, click.number) is None:
            return Reply(text=_(NO_SUCH_CASE))
        copies = await self._pictures.copies(click.guild_id, click.number)
        if not copies:
            return Reply(text=_(_NONE, number=click.number))
        pictures = tuple(
            PictureFile(name=f"case-{click.number}-{place}.webp", data=data) for place, data in enumerate(copies, 1)
        )
        text = _("**Pictures of case {number}**, made smaller. Only you see this.", number=click.number)
        return Reply(text=text, pictures=pictures)
