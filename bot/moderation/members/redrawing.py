"""Edits cards that still quote a deleted text: after an erasure, or once the retention time is over.

It works slowly, because there may be thousands and the channel is in use. The database stores which cards are left, so
that all of them get done in spite of restarts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.moderation.appeals.appeal import AppealReader
from bot.moderation.appeals.cards import AppealCards
from bot.moderation.cards.posting import CardPosting
from bot.moderation.cards.stale_card import StaleCard, StaleCardStore
from bot.moderation.cases.case import CaseReader

_log = logging.getLogger(__name__)

AT_A_TIME = 4  #: cases of a server in one turn: a channel takes five edits in five seconds, one is left for others
FIRST_PAUSE = timedelta(minutes=1)  #: delay after a refusal; doubles with each further one
LONGEST_PAUSE = timedelta(days=1)


class CardRedrawing:
    """Brings stale cards up to date. A card that was deleted stays deleted."""

    def __init__(
        self,
        *,
        stale: StaleCardStore,
        cases: CaseReader,
        appeals: AppealReader,
        case_cards: CardPosting,
        appeal_cards: AppealCards,
        now: Callable[[], datetime],
    ) -> None:
        self._stale = stale
        self._cases = cases
        self._appeals = appeals
        self._case_cards = case_cards
        self._appeal_cards = appeal_cards
        self._now = now

    async def run(self, serves: Callable[[int], bool]) -> int:
        """Give every server one turn. Returns how many cases are done.

        Args:
            serves: is this process responsible for this server?
        """
        return sum([await self.redraw_some(guild) for guild in await self._stale.servers() if serves(guild)])

    async def redraw_some(self, guild_id: int) -> int:
        """Edit the next few cards of a server. Returns how many cases are done."""
        done = 0
        for card in await self._stale.due(guild_id, limit=AT_A_TIME):
            if await self._redraw(card):
                await self._stale.done(card)
                done += 1
            else:
                pause = min(FIRST_PAUSE * 2 ** min(card.tries, 20), LONGEST_PAUSE)
                await self._stale.put_off(card, until=self._now() + pause)
                _log.warning("card still quotes a deleted text", extra={"guild": guild_id, "case": card.case_number})
        return done

    async def _redraw(self, card: StaleCard) -> bool:
        case = await self._cases.get(card.guild_id, card.case_number)
        done = case is None or await self._case_cards.redraw(case)
        for appeal in await self._appeals.of_case(card.guild_id, card.case_number):
            done = await self._appeal_cards.redraw(appeal) and done
        return done
