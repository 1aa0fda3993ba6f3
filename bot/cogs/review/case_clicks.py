"""What every click on a case begins and ends with: may this person, and does the place where they clicked keep up?"""

from __future__ import annotations

from typing import Any

import discord

from bot.cogs.cards.card import render_card
from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.reply import Reply, send
from bot.moderation.cards.face import CardFace
from bot.moderation.cases.case import Case
from bot.moderation.servers.permissions import Access

NO_SUCH_CASE = "There is no such case in this server."


async def admits_to_case(interaction: discord.Interaction[Any], guild_id: int, access: Access) -> bool:
    """May this person do something about a case of this server, here and now? Whoever may not is told so."""
    if interaction.guild_id != guild_id:
        await send(interaction, Reply(text=NO_SUCH_CASE))
        return False
    return await admits_reviewer(interaction, access)


def is_behind(interaction: discord.Interaction[Any], case: Case) -> bool:
    """Was the click on a picture of the case that nobody refreshes: the answer to ``/case show``?"""
    message = interaction.message
    return message is not None and message.flags.components_v2 and message.id != case.card_message_id


async def bring_up_to_date(interaction: discord.Interaction[Any], face: CardFace) -> None:
    """Show the case as it is now in the message that was clicked, after a plain defer."""
    await interaction.edit_original_response(view=render_card(face))
