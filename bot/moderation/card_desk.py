"""Gets the card of every case into the moderators' channel, sooner or later, once."""

from __future__ import annotations

import logging

from bot.moderation.cards import CardBoard, CardPosted, CardRefused
from bot.moderation.cases import CardState, Case, CaseStore
from bot.moderation.faces import Faces
from bot.moderation.servers import ServerSettings, ServerStore
from bot.moderation.tally import Tally

_log = logging.getLogger(__name__)


class CardDesk:
    """Posts, refreshes and catches up on cards.

    A case is kept whatever Discord says; its card stays pending until it is posted. An administrator is told of
    trouble once, and again only after cards went through in between.
    """

    def __init__(self, *, board: CardBoard, cases: CaseStore, faces: Faces, servers: ServerStore, tally: Tally) -> None:
        self._board = board
        self._faces = faces
        self._cases = cases
        self._servers = servers
        self._tally = tally
        self._posting: set[tuple[int, int]] = set()
        self._in_trouble: set[int] = set()

    def in_trouble(self, guild_id: int) -> bool:
        """Was the last card of this server refused? Known since the start of this process only."""
        return guild_id in self._in_trouble

    async def show(self, case: Case) -> Case:
        """Post the card, or leave it pending. The case comes back as it stands then."""
        settings = await self._servers.get(case.guild_id)
        key = (case.guild_id, case.number)
        if settings is None or case.card_state is not CardState.PENDING or key in self._posting:
            return case
        self._posting.add(key)
        try:
            answer = await self._board.post(await self._faces.of(case), settings)
            if isinstance(answer, CardPosted):
                return await self._posted(case, settings, answer)
            await self._refused(case, answer)
            return case
        finally:
            self._posting.discard(key)

    async def refresh(self, case: Case) -> None:
        """Show the case as it is now. A card that was deleted is posted anew while its case is open.

        Discord may have taken a pending card before without our hearing of it, and shows that one then: so a card that
        was pending is posted and brought up to date.
        """
        if case.card_state is CardState.PENDING:
            case = await self.show(case)
        if case.card_state is CardState.POSTED and not await self._board.refresh(await self._faces.of(case)):
            await self.show(await self._cases.card_lost(case.guild_id, case.number))

    async def catch_up(self, guild_id: int) -> int:
        """Post what is pending in a server, oldest first; how many cards went through. It ends at the first refusal, so
        that a closed channel costs one request and not a hundred."""
        posted = 0
        for case in await self._cases.pending_cards(guild_id):
            shown = await self.show(case)
            if shown.card_state is not CardState.POSTED:
                break
            posted += 1
            await self.refresh(shown)
        return posted

    async def servers_to_catch_up(self) -> frozenset[int]:
        """The servers in which cards are pending: one question for all of them."""
        return await self._cases.servers_with_pending_cards()

    async def _posted(self, case: Case, settings: ServerSettings, card: CardPosted) -> Case:
        self._tally.cards += 1
        self._in_trouble.discard(case.guild_id)
        shown = await self._cases.card_posted(
            case.guild_id, case.number, channel_id=card.channel_id, message_id=card.message_id
        )
        if settings.card_trouble_told:
            await self._servers.trouble_over(case.guild_id)
        return shown

    async def _refused(self, case: Case, refusal: CardRefused) -> None:
        self._in_trouble.add(case.guild_id)
        _log.warning("card not posted guild=%d case=%d why=%s", case.guild_id, case.number, refusal.why)
        if refusal.permanent and await self._servers.tell_once(case.guild_id):
            await self._board.tell_admin(
                case.guild_id,
                f"Bylaw cannot post its cards: {refusal.why} Cases are kept and posted when it works again.",
            )
