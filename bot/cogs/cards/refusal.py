"""Explains Discord's refusal of a card in a sentence for an admin. Error texts aren't used, because they may quote the
card."""

from __future__ import annotations

import discord

from bot.languages.translation import _
from bot.moderation.cards import refusals
from bot.moderation.cards.board import CardRefused

NEEDS_TAG = 40067  #: the forum requires a tag on every post
FULL = 160006  #: as many open threads as Discord allows
_ARCHIVED, _LOCKED = 50083, 160005

_OF_CHANNEL = {
    NEEDS_TAG: refusals.NEEDS_TAG,
    FULL: refusals.FULL,
    _ARCHIVED: refusals.ARCHIVED,
    _LOCKED: refusals.LOCKED,
}
_OF_CARD = {
    200000: refusals.CARD_BLOCKED,
    200001: refusals.TITLE_BLOCKED,
    240000: refusals.LINKS_BLOCKED,
}


def refusal_of(error: Exception, channel: discord.abc.GuildChannel, *, gone: str) -> CardRefused:
    """Why a card was not posted.

    A 4xx other than a rate limit is permanent: waiting doesn't help.

    Args:
        gone: the sentence for a channel that was deleted.
    """
    if not isinstance(error, discord.HTTPException):
        return CardRefused(why=_(refusals.NO_CONNECTION), permanent=False)
    if error.status == 429 or not 400 <= error.status < 500:
        return CardRefused(why=_(refusals.DOWN, status=error.status), permanent=False)
    of_channel = _OF_CHANNEL.get(error.code)
    if of_channel:
        return CardRefused(why=_(of_channel, channel=channel.mention), permanent=True)
    of_card = _OF_CARD.get(error.code)
    if of_card is None and isinstance(error, discord.Forbidden):
        return CardRefused(why=_(refusals.NOT_ALLOWED, channel=channel.mention), permanent=True)
    if of_card is None and isinstance(error, discord.NotFound):
        return CardRefused(why=gone, permanent=True)
    why = _(of_card or refusals.REFUSED_FOR_GOOD, channel=channel.mention, status=error.status, code=error.code)
    return CardRefused(why=why, permanent=True, only_this_card=True)
