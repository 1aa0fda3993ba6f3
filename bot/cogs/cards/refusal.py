"""What Discord's refusal of a card means, in a sentence for an admin. The texts of its errors may quote the card."""

from __future__ import annotations

import discord

from bot.languages.translation import _, marked
from bot.moderation.cards.board import CardRefused

NEEDS_TAG = 40067  #: a forum that demands a tag on every post
FULL = 160006  #: as many open threads as Discord allows
_ARCHIVED, _LOCKED = 50083, 160005

_NOT_ALLOWED = marked(
    "Discord does not let Bylaw post in {channel}. Check Bylaw's permissions there, or choose another channel with "
    "/setup."
)
_DOWN = marked("Discord did not accept the card (error {status}).")
_NO_CONNECTION = marked("Discord could not be reached.")
_OF_CHANNEL = {
    NEEDS_TAG: marked(
        "{channel} requires a tag on every post and has none that Bylaw can use. Add a tag that everyone can use, or "
        "stop requiring one."
    ),
    FULL: marked("{channel} has as many open posts as Discord allows. Close or delete some."),
    _ARCHIVED: marked("{channel} is archived. Reopen it, or choose another channel."),
    _LOCKED: marked("{channel} is locked. Unlock it, or choose another channel."),
}
_OF_CARD = {
    200000: marked("AutoMod blocked the card in {channel}. Exempt Bylaw's role from AutoMod's rules."),
    200001: marked("AutoMod blocked the title of the card in {channel}. Exempt Bylaw's role from AutoMod's rules."),
    240000: marked("Discord's filter of harmful links blocked the card in {channel}."),
}
_REFUSED_FOR_GOOD = marked("Discord refuses the card in {channel} (error {status}, code {code}).")


#: All of them, in English.
REFUSALS = (_NOT_ALLOWED, _DOWN, _NO_CONNECTION, *_OF_CHANNEL.values(), *_OF_CARD.values(), _REFUSED_FOR_GOOD)


def refusal_of(error: Exception, channel: discord.abc.GuildChannel, *, gone: str) -> CardRefused:
    """Why a card was not posted.

    Whatever is refused with a 4xx other than a rate limit is refused for good: waiting changes nothing.

    Args:
        gone: the sentence for a channel that was deleted.
    """
    if not isinstance(error, discord.HTTPException):
        return CardRefused(why=_(_NO_CONNECTION), permanent=False)
    if error.status == 429 or not 400 <= error.status < 500:
        return CardRefused(why=_(_DOWN, status=error.status), permanent=False)
    of_channel = _OF_CHANNEL.get(error.code)
    if of_channel:
        return CardRefused(why=_(of_channel, channel=channel.mention), permanent=True)
    of_card = _OF_CARD.get(error.code)
    if of_card is None and isinstance(error, discord.Forbidden):
        return CardRefused(why=_(_NOT_ALLOWED, channel=channel.mention), permanent=True)
    if of_card is None and isinstance(error, discord.NotFound):
        return CardRefused(why=gone, permanent=True)
    why = _(of_card or _REFUSED_FOR_GOOD, channel=channel.mention, status=error.status, code=error.code)
    return CardRefused(why=why, permanent=True, only_this_card=True)
