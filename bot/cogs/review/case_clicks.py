"""What every click on a case begins and ends with: may this person, and does the place where they clicked keep up?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord

from bot.cogs.cards.card import render_card
from bot.cogs.interactions.action_words import NEEDED
from bot.cogs.interactions.permission import admits_reviewer
from bot.cogs.interactions.reply import Reply, send
from bot.languages.translation import _, marked, speaking, spoken
from bot.moderation.cards.face import CardFace
from bot.moderation.cards.faces import Faces
from bot.moderation.cases.action import ActionKind
from bot.moderation.cases.case import Case
from bot.moderation.review.decisions import OWN_CASE, is_own
from bot.moderation.servers.interface_language import InterfaceLanguages
from bot.moderation.servers.permissions import Access

#: In English until it is shown.
NO_SUCH_CASE = marked("There is no such case in this server.")


async def admits_to_case(interaction: discord.Interaction[Any], guild_id: int, access: Access) -> bool:
    """May this person do something about a case of this server, here and now? Whoever may not is told so."""
    if interaction.guild_id != guild_id:
        await send(interaction, Reply(text=_(NO_SUCH_CASE)))
        return False
    return await admits_reviewer(interaction, access)


async def is_anothers_case(interaction: discord.Interaction[Any], case: Case) -> bool:
    """Is the case about somebody else than this person? Whose own it is is told that somebody else decides."""
    if not is_own(case, interaction.user.id):
        return True
    await send(interaction, Reply(text=_(OWN_CASE)))
    return False


def permissions_of(interaction: discord.Interaction[Any]) -> discord.Permissions:
    """This person's permissions for the whole server, as everywhere in Bylaw."""
    user = interaction.user
    return user.guild_permissions if isinstance(user, discord.Member) else discord.Permissions.none()


async def may_by_hand(interaction: discord.Interaction[Any], kind: ActionKind) -> bool:
    """May this person do that by hand? Somebody who may not is told so."""
    permission, label = NEEDED.get(kind, ("", ""))
    if not permission or getattr(permissions_of(interaction), permission):
        return True
    needs = _("You need {permission} to do that, as you would without Bylaw. Nothing was done.", permission=_(label))
    await send(interaction, Reply(text=needs))
    return False


def is_behind(interaction: discord.Interaction[Any], case: Case) -> bool:
    """Was the click on a picture of the case that nobody refreshes: the answer to ``/case show``?"""
    message = interaction.message
    return message is not None and message.flags.components_v2 and message.id != case.card_message_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCases:
    """What it takes to show a case: its face, and the language of those who see it."""

    faces: Faces
    languages: InterfaceLanguages

    async def bring_up_to_date(self, interaction: discord.Interaction[Any], case: Case) -> None:
        """Show the case as it is now in the message that was clicked, after a plain defer. Its card is in the server's
        language, an answer to a command in that of whoever asked."""
        face, message = await self.faces.of(case), interaction.message
        is_card = message is not None and message.id == case.card_message_id
        with speaking(await self.languages.of_server(case.guild_id) if is_card else spoken()):
            view = render_card(face)
        await interaction.edit_original_response(view=view)


async def bring_up_to_date(interaction: discord.Interaction[Any], face: CardFace) -> None:
    """Show the case as it is now in the message that was clicked, after a plain defer."""
    await interaction.edit_original_response(view=render_card(face))
