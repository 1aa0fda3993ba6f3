"""Shared by all clicks on cases: checks permission first, and refreshes the message clicked on."""

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

#: English, translated when shown.
NO_SUCH_CASE = marked("There is no such case in this server.")


async def admits_to_case(interaction: discord.Interaction[Any], guild_id: int, access: Access) -> bool:
    """May this person work on a case of this server now? If not, they are told."""
    if interaction.guild_id != guild_id:
        await send(interaction, Reply(text=_(NO_SUCH_CASE)))
        return False
    return await admits_reviewer(interaction, access)


async def is_anothers_case(interaction: discord.Interaction[Any], case: Case) -> bool:
    """Is the case about somebody else? If it is about this person, they are told that somebody else decides."""
    if not is_own(case, interaction.user.id):
        return True
    await send(interaction, Reply(text=_(OWN_CASE)))
    return False


def permissions_of(interaction: discord.Interaction[Any]) -> discord.Permissions:
    """This person's server-wide permissions, as everywhere in Bylaw."""
    user = interaction.user
    return user.guild_permissions if isinstance(user, discord.Member) else discord.Permissions.none()


async def may_by_hand(interaction: discord.Interaction[Any], kind: ActionKind) -> bool:
    """May this person do that by hand? If not, they are told."""
    permission, label = NEEDED.get(kind, ("", ""))
    if not permission or getattr(permissions_of(interaction), permission):
        return True
    needs = _("You need {permission} to do that, as you would without Bylaw. Nothing was done.", permission=_(label))
    await send(interaction, Reply(text=needs))
    return False


def is_behind(interaction: discord.Interaction[Any], case: Case) -> bool:
    """Was the click on a copy of the card that isn't refreshed, the reply to ``/case show``?"""
    message = interaction.message
    return message is not None and message.flags.components_v2 and message.id != case.card_message_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCases:
    """Renders cases: gets the face, and the language of the readers."""

    faces: Faces
    languages: InterfaceLanguages

    async def bring_up_to_date(self, interaction: discord.Interaction[Any], case: Case) -> None:
        """Refresh the case in the message that was clicked, after a plain defer. A card is in the server's language, a
        reply to a command in that of the person who asked."""
        face, message = await self.faces.of(case), interaction.message
        is_card = message is not None and message.id == case.card_message_id
        with speaking(await self.languages.of_server(case.guild_id) if is_card else spoken()):
            view = render_card(face)
        await interaction.edit_original_response(view=view)


async def bring_up_to_date(interaction: discord.Interaction[Any], face: CardFace) -> None:
    """Refresh the case in the message that was clicked, after a plain defer."""
    await interaction.edit_original_response(view=render_card(face))
