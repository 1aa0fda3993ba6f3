"""Asks members to edit, and closes what they mended.

The card is posted at once and says that the author was asked: moderators see every violation, and may decide at any
time. The database stores what is due, so a restart loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.log_context import logged_with
from bot.moderation.cards.face import CardFace, OfferLine
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.case import Case, CaseReader
from bot.moderation.mending.offer import (
    EditOffer,
    NewOffer,
    OfferLetters,
    OfferState,
    OfferStore,
    could_be_offered,
    may_be_offered,
)
from bot.moderation.messages.message_seen import MessageSeen
from bot.moderation.servers.options import MendingOptions, OptionStore


@dataclass(frozen=True, slots=True, kw_only=True)
class MendingStores:
    """The stores that offers read and write."""

    offers: OfferStore
    cases: CaseReader
    options: OptionStore


class EditOffers:
    """Makes offers, and closes or ends them."""

    def __init__(
        self, stores: MendingStores, *, letters: OfferLetters, cards: CardPosting, now: Callable[[], datetime]
    ) -> None:
        """`now` goes by Discord's clock, because edits do."""
        self._offers = stores.offers
        self._cases = stores.cases
        self._options = stores.options
        self._letters = letters
        self._cards = cards
        self._now = now

    async def offer(self, case: Case, seen: MessageSeen) -> None:
        """Ask the author to edit, if the server wants that and the case allows it."""
        options = await self._options.get(case.guild_id, MendingOptions)
        if not may_be_offered(case, seen, up_to=options.up_to, now=self._now()):
            return
        evidence = case.evidence
        new = NewOffer(
            guild_id=case.guild_id,
            case_number=case.number,
            message_id=evidence.message_id,
            member_id=evidence.author_id,
            edit=evidence.edit,
        )
        offer = await self._offers.add(new, at=self._now())
        if offer is None:
            return
        with logged_with(case=case.number):
            told = await self._letters.offer(case, until=offer.due_at)
            await self._offers.note_told(offer, told)
            await self._cards.refresh(case)

    async def edited(self, seen: MessageSeen) -> Case | None:
        """This version of a message was judged. Returns the case if that closed it."""
        return await self._mended(seen.guild_id, seen.message_id)

    async def look(self, serves: Callable[[int], bool]) -> int:
        """Scheduled work: end offers whose time is over. Returns how many there were.

        Args:
            serves: is this process responsible for this server?
        """
        due = [offer for offer in await self._offers.due(at=self._now()) if serves(offer.new.guild_id)]
        for offer in due:
            await self._close(offer)
        return len(due)

    async def _close(self, offer: EditOffer) -> None:
        """Close the case if an edit was judged just before the process stopped; otherwise the card says that there was
        none."""
        new = offer.new
        with logged_with(guild=new.guild_id, case=new.case_number):
            if await self._mended(new.guild_id, new.message_id) is None:
                await self._offers.lapse(offer)
                case = await self._cases.get(new.guild_id, new.case_number)
                if case is not None:
                    await self._cards.refresh(case)

    async def _mended(self, guild_id: int, message_id: int) -> Case | None:
        case = await self._offers.mend(guild_id, message_id)
        if case is not None:
            await self._cards.refresh(case)
        return case


class OfferFaceSource:
    """The face source of offers to edit."""

    def __init__(self, offers: OfferStore) -> None:
        self._offers = offers

    async def put_on(self, faces: tuple[CardFace, ...]) -> tuple[CardFace, ...]:
        """Return the same faces with offers on them, using one query for all."""
        numbers = tuple(face.case.number for face in faces if could_be_offered(face.case))
        if not numbers:
            return faces
        offers = await self._offers.of_cases(faces[0].case.guild_id, numbers)
        return tuple(replace(face, offer=_line(offers.get(face.case.number))) for face in faces)


def _line(offer: EditOffer | None) -> OfferLine | None:
    if offer is None:
        return None
    return OfferLine(until=offer.due_at, told=offer.told, is_over=offer.state is not OfferState.OFFERED)
