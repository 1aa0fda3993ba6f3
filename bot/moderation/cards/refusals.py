"""Which cards Discord refused and why, as far as this process knows. Kept in memory only, because every case is retried
anyway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from bot.languages.translation import marked
from bot.moderation.cards.board import CardRefused

NOT_HERE = marked("Bylaw is not connected to this server at the moment.")
CHANNEL_GONE = marked("The moderators' channel was deleted. Choose another one with /setup.")
ROUTE_GONE = marked("That channel was deleted.")
LACKS = marked(
    "Bylaw lacks {permissions} in {channel}. Open that channel's settings, Permissions, add Bylaw and allow it."
)
NOT_ALLOWED = marked(
    "Discord does not let Bylaw post in {channel}. Check Bylaw's permissions there, or choose another channel with "
    "/setup."
)
DOWN = marked("Discord did not accept the card (error {status}).")
NO_CONNECTION = marked("Discord could not be reached.")
NEEDS_TAG = marked(
    "{channel} requires a tag on every post and has none that Bylaw can use. Add a tag that everyone can use, or stop "
    "requiring one."
)
FULL = marked("{channel} has as many open posts as Discord allows. Close or delete some.")
ARCHIVED = marked("{channel} is archived. Reopen it, or choose another channel.")
LOCKED = marked("{channel} is locked. Unlock it, or choose another channel.")
CARD_BLOCKED = marked("AutoMod blocked the card in {channel}. Exempt Bylaw's role from AutoMod's rules.")
TITLE_BLOCKED = marked("AutoMod blocked the title of the card in {channel}. Exempt Bylaw's role from AutoMod's rules.")
LINKS_BLOCKED = marked("Discord's filter of harmful links blocked the card in {channel}.")
REFUSED_FOR_GOOD = marked("Discord refuses the card in {channel} (error {status}, code {code}).")

#: All that a card can be refused for. It is kept in English, see `bot.languages.kept_sentences`; the longest first.
CARD_REFUSALS = tuple(
    sorted(
        (value for name, value in vars().copy().items() if name.isupper() and isinstance(value, str)),
        key=len,
        reverse=True,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    refusal: CardRefused
    times: int
    of_its_own: int  #: refusals of an open channel: they may be about this card


class Refusals:
    """Remembers refusals until the card is posted, and which reasons an administrator was told."""

    def __init__(self) -> None:
        self._cards: defaultdict[int, dict[str, _Refused]] = defaultdict(dict)  # by server and card
        self._detours: defaultdict[int, dict[int, str]] = defaultdict(dict)  # by server and channel
        self._told: set[tuple[int, str]] = set()

    def note(self, guild_id: int, card: str, refusal: CardRefused) -> None:
        """Discord refused this card."""
        known = self._cards[guild_id].get(card) or _Refused(refusal=refusal, times=0, of_its_own=0)
        of_channel = refusal.permanent and not refusal.only_this_card
        self._cards[guild_id][card] = _Refused(
            refusal=refusal, times=known.times + 1, of_its_own=known.of_its_own + (not of_channel)
        )

    def posted(self, guild_id: int, card: str) -> None:
        """The card was posted."""
        self._cards[guild_id].pop(card, None)
        if not self._cards[guild_id]:
            del self._cards[guild_id]

    def times(self, guild_id: int, card: str) -> int:
        """How often Discord refused this card."""
        known = self._cards.get(guild_id, {}).get(card)
        return known.times if known else 0

    def of_its_own(self, guild_id: int, card: str) -> int:
        """How often Discord refused this card although its channel is open."""
        known = self._cards.get(guild_id, {}).get(card)
        return known.of_its_own if known else 0

    def last(self, guild_id: int, card: str) -> CardRefused | None:
        """The last refusal of this card."""
        known = self._cards.get(guild_id, {}).get(card)
        return known.refusal if known else None

    def keep_only(self, guild_id: int, kind: str, cards: Collection[str]) -> None:
        """Forget cards of this kind that are no longer waiting, such as those of erased cases."""
        for card in [card for card in self._cards.get(guild_id, {}) if card.startswith(kind) and card not in cards]:
            self.posted(guild_id, card)

    def detour(self, guild_id: int, channel_id: int, why: str) -> bool:
        """Cards of this channel go to the review channel. True if nobody was told this reason yet."""
        self._detours[guild_id][channel_id] = why
        return self.tell(guild_id, f"{channel_id}: {why}")

    def detour_over(self, guild_id: int, channel_id: int) -> None:
        """The channel takes cards again."""
        why = self._detours.get(guild_id, {}).pop(channel_id, None)
        self._told.discard((guild_id, f"{channel_id}: {why}"))

    def tell(self, guild_id: int, why: str) -> bool:
        """True for the first caller with this reason, who then tells an administrator."""
        if (guild_id, why) in self._told:
            return False
        self._told.add((guild_id, why))
        return True

    def is_any(self, guild_id: int) -> bool:
        """Is a card waiting because Discord refused it?"""
        return bool(self._cards.get(guild_id))

    def reasons(self, guild_id: int) -> tuple[str, ...]:
        """Why cards are waiting in this server, each reason once."""
        return tuple(dict.fromkeys(each.refusal.why for each in self._cards.get(guild_id, {}).values()))

    def detours(self, guild_id: int) -> tuple[tuple[int, str], ...]:
        """The channels whose cards go to the review channel, and why."""
        return tuple(self._detours.get(guild_id, {}).items())
