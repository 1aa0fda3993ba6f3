"""What a card says about an offer to edit the message."""

from __future__ import annotations

from bot.cogs.interactions.wording import at
from bot.languages.translation import _
from bot.moderation.cards.face import NoticeState, OfferLine


def offer_lines(offer: OfferLine) -> list[str]:
    """Says that the author may edit the message, or didn't in time."""
    if offer.told is None:
        return []
    if offer.told not in (NoticeState.DELIVERED, NoticeState.UNKNOWN):
        return [_("✏️ The author could not be asked to edit the message.")]
    time = at(offer.until, "t")
    if offer.is_over:
        return [_("✏️ The author was asked to edit the message by {time} and did not fix it in time.", time=time)]
    return [
        _(
            "✏️ The author was asked to edit the message by {time}. If the edit breaks no rule, this case closes by "
            "itself. You can decide before then.",
            time=time,
        )
    ]
